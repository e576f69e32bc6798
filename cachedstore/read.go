package cachedstore

import (
	"context"
	"errors"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file reads: from the cache, or from the database into the cache.

// A Revision says where Load found a record, since only what the database
// answered can be compared there.
const (
	fromCache   = "cache"
	fromDurable = "durable:" // and the durable store's own Revision
)

// Load implements [sessions.Store].
func (s *store) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := s.look(ctx, key)
	if err == nil && len(rec.Foreign) == 0 {
		rec.Revision = fromCache
		if s.entryLife > 0 {
			rec.Expires = time.Time{} // the entry's, not the session's
		}
		return rec, nil
	}
	var m mark
	switch {
	case err == nil:
		// Django caches values as they are and stores them as JSON, where a tuple
		// is a list: the database says what can be written.
	case failed(err):
		s.note(ctx, "session cache could not be read", err)
	default:
		m = s.stake(ctx, key, rec, err)
	}
	rec, err = s.durable.Load(ctx, key)
	if m != "" {
		s.fill(ctx, key, m, rec)
	}
	if err == nil || errors.Is(err, sessions.ErrCorrupt) {
		rec.Revision = fromDurable + rec.Revision
	}
	return rec, err
}

// look asks the cache, for no longer than it may take.
func (s *store) look(ctx context.Context, key string) (sessions.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.cache.Load(ctx, key)
}
