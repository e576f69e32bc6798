package django

import (
	"bytes"
	"errors"
	"math"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file is the layout of Django's cache engines, for packages redisstore
// and memcachestore.

// A CacheFormat lays a session down in a cache's entry as Django's cache and
// cached_db engines do: pickled. Nothing is signed, and nothing that the pickle
// asks for is executed. Keys whose values JSON cannot hold, such as dates, are
// the record's Foreign.
//
// The entry does not say when it ends; the cache does.
type CacheFormat struct{}

// Encode answers the entry for rec. A tombstone is a pickled None, which Django
// takes for a miss; its name, of at most 255 bytes, is pushed and popped before
// that. For a session beyond the limits of package pickle the error is
// [pickle.ErrTooBig].
func (CacheFormat) Encode(rec sessions.Record) ([]byte, error) {
	if len(rec.Data) > 0 {
		return pickle.Encode(rec.Data)
	}
	name := rec.Revision
	if len(name) > math.MaxUint8 {
		return nil, errors.New("django: a tombstone's name is at most 255 bytes")
	}
	entry := append([]byte(tombstoneHead), byte(len(name)))
	return append(append(entry, name...), tombstoneTail...), nil
}

// The opcodes are PROTO 5, SHORT_BINUNICODE with its length; and POP, NONE, STOP.
const (
	tombstoneHead = "\x80\x05\x8c"
	tombstoneTail = "0N."
)

// tombstoneName answers the name of a tombstone that Encode wrote.
func tombstoneName(entry []byte) (name string, ok bool) {
	rest, ok := bytes.CutPrefix(entry, []byte(tombstoneHead))
	if !ok || len(rest) == 0 {
		return "", false
	}
	text, ok := bytes.CutSuffix(rest[1:], []byte(tombstoneTail))
	return string(text), ok && len(text) == int(rest[0])
}

// Decode answers the session in an entry, the name of a tombstone with
// [sessions.ErrEnded], or [sessions.ErrCorrupt].
func (CacheFormat) Decode(entry []byte) (sessions.Record, error) {
	if name, ok := tombstoneName(entry); ok {
		return sessions.Record{Revision: name}, sessions.ErrEnded
	}
	data, foreign, err := pickle.Decode(entry)
	if err != nil {
		return sessions.Record{}, err
	}
	return sessions.Record{Data: data, Foreign: foreign}, nil
}

// EntryPrefix answers what stands before the session key in the full name of a
// session's cache entry, by CACHE_KEY_PREFIX, CACHE_VERSION and SESSION_ENGINE.
// Engines without a cache have none.
func (s Settings) EntryPrefix() string {
	switch s.Engine {
	case EngineCache:
		return cachelayout.Key(s.CacheKeyPrefix, s.CacheVersion, cachelayout.CachePrefix)
	case EngineCachedDB:
		return cachelayout.Key(s.CacheKeyPrefix, s.CacheVersion, cachelayout.CachedDBPrefix)
	}
	return ""
}
