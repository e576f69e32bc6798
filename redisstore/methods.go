package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/cacheentry"
)

// This file is the methods of the contract, each one command to the server.

// Load implements [sessions.Store].
func (s *Store) Load(ctx context.Context, key string) (sessions.Record, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.read(s.client.Do(ctx, s.client.B().Get().Key(s.prefix+key).Build()))
}

// read answers the live record that a GET has found. Its Data and its Revision,
// which is the whole value, share their memory.
func (s *Store) read(reply rueidis.RedisResult) (sessions.Record, error) {
	message, err := reply.ToMessage()
	switch {
	case rueidis.IsRedisNil(err):
		return sessions.Record{}, sessions.ErrNotFound
	case isWrongType(err):
		return sessions.Record{}, fmt.Errorf("redisstore: %w: it is no string", sessions.ErrCorrupt)
	case err != nil:
		return sessions.Record{}, problem("cannot load the session", err)
	}
	value, err := message.AsBytes()
	if err != nil {
		return sessions.Record{}, problem("cannot load the session", err)
	}
	rec, err := s.format.Decode(value)
	ended := errors.Is(err, sessions.ErrEnded)
	switch {
	case err != nil && !ended:
		corrupt := sessions.Record{Revision: rueidis.BinaryString(value)}
		return corrupt, fmt.Errorf("redisstore: %w: %w", sessions.ErrCorrupt, err)
	case !rec.Expires.IsZero() && !rec.Expires.After(s.now()):
		return sessions.Record{}, sessions.ErrNotFound
	case ended:
		return sessions.Record{Revision: rec.Revision}, sessions.ErrEnded
	}
	rec.Revision = rueidis.BinaryString(value)
	return rec, nil
}

// Create implements [sessions.Store].
func (s *Store) Create(ctx context.Context, key string, rec sessions.Record) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	ttl := s.ttl(rec.Expires)
	if ttl == 0 { // over before it began: only the answer remains to be known
		taken, err := s.client.Do(ctx, s.client.B().Exists().Key(s.prefix+key).Build()).AsInt64()
		return outcome(taken == 0, sessions.ErrConflict, "cannot create the session", err)
	}
	value, err := s.format.Encode(rec)
	if err != nil {
		return fmt.Errorf("redisstore: cannot create the session: %w", err)
	}
	set := s.client.B().Set().Key(s.prefix + key).Value(rueidis.BinaryString(value)).Nx().PxMilliseconds(ttl).Build()
	err = s.client.Do(ctx, set).Error()
	if rueidis.IsRedisNil(err) {
		return sessions.ErrConflict
	}
	return problem("cannot create the session", err)
}

// Replace implements [sessions.Store]. It compares old by its Revision.
func (s *Store) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	value, ttl, err := s.successor(rec)
	if err != nil {
		return fmt.Errorf("redisstore: cannot save the session: %w", err)
	}
	head := s.head
	if len(old.Data) == 0 || !cacheentry.HasHead(old.Revision) {
		head = 0 // it could not be decoded, so all of it counts
	}
	replaced, err := replaceScript.Exec(ctx, s.client, []string{s.prefix + key}, []string{
		old.Revision[head:], strconv.Itoa(head), s.micros(),
		rueidis.BinaryString(value), strconv.FormatInt(ttl, 10),
		s.tombstoneBody(old), strconv.Itoa(s.head),
	}).AsInt64()
	return outcome(replaced == 1, sessions.ErrConflict, "cannot save the session", err)
}

// tombstoneBody answers the body of the tombstone that old may be the record of,
// if it has a name.
func (s *Store) tombstoneBody(old sessions.Record) string {
	if len(old.Data) > 0 || old.Revision == "" {
		return ""
	}
	value, err := s.format.Encode(sessions.Record{Expires: s.now(), Revision: old.Revision})
	if err != nil {
		return ""
	}
	return rueidis.BinaryString(value[s.head:])
}

// successor answers the value that Replace shall store and for how many
// milliseconds; none if the session shall be removed.
func (s *Store) successor(rec sessions.Record) ([]byte, int64, error) {
	ttl := s.ttl(rec.Expires)
	if ttl == 0 {
		return nil, 0, nil
	}
	value, err := s.format.Encode(rec)
	if len(rec.Data) == 0 && errors.Is(err, errors.ErrUnsupported) {
		return nil, 0, nil
	}
	return value, ttl, err
}

// Delete implements [sessions.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return problem("cannot delete the session", s.client.Do(ctx, s.client.B().Del().Key(s.prefix+key).Build()).Error())
}

// Touch implements [sessions.Toucher]. For what cannot be decoded it may answer
// [sessions.ErrNotFound].
func (s *Store) Touch(ctx context.Context, key string, expires time.Time) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	touched, err := touchScript.Exec(ctx, s.client, []string{s.prefix + key}, []string{
		s.tombstone, strconv.Itoa(s.head), s.micros(),
		string(cacheentry.AppendExpiry(nil, expires)), strconv.FormatInt(s.ttl(expires), 10),
	}).AsInt64()
	return outcome(touched == 1, sessions.ErrNotFound, "cannot touch the session", err)
}

func (s *Store) micros() string { return strconv.FormatInt(s.now().UnixMicro(), 10) }
