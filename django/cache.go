package django

import (
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

// Encode answers the entry for rec. For a tombstone, which Django does not know,
// the error is [errors.ErrUnsupported]; for a session beyond the limits of
// package pickle it is [pickle.ErrTooBig].
func (CacheFormat) Encode(rec sessions.Record) ([]byte, error) {
	if len(rec.Data) == 0 {
		return nil, errTombstone
	}
	return pickle.Encode(rec.Data)
}

// Decode answers the session in an entry, or [sessions.ErrCorrupt].
func (CacheFormat) Decode(entry []byte) (sessions.Record, error) {
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
