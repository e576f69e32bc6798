package cachedstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file changes sessions: the cache is marked, the database changed, and
// the cache settled. If the database refuses, or does not answer, the mark
// stays until it expires, as nobody knows what the database will hold.

// Create implements [sessions.Store].
func (s *store) Create(ctx context.Context, key string, rec sessions.Record) error {
	m := s.stake(ctx, key, sessions.Record{}, sessions.ErrNotFound)
	if err := s.durable.Create(ctx, key, rec); err != nil {
		return err
	}
	return s.told(ctx, s.settle(ctx, key, m, rec), false)
}

// Replace implements [sessions.Store].
func (s *store) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	ends := s.ends(rec)
	m, _, err := s.bury(ctx, key)
	if err != nil && ends && s.strict() {
		return fmt.Errorf("%w, so nothing was changed: %w", ErrStale, err)
	}
	s.note(ctx, "session is saved without its cache", err)
	if err := s.replaceDurable(ctx, key, old, rec); err != nil {
		return err
	}
	return s.told(ctx, s.settle(ctx, key, m, rec), ends)
}

// replaceDurable replaces old in the database. If it did not come from there,
// the database's own is loaded first, and must hold the same.
func (s *store) replaceDurable(ctx context.Context, key string, old, rec sessions.Record) error {
	revision, found := strings.CutPrefix(old.Revision, fromDurable)
	if found || len(old.Data) == 0 { // or a tombstone, which only the database names
		old.Revision = revision
		return s.durable.Replace(ctx, key, old, rec)
	}
	current, err := s.durable.Load(ctx, key)
	switch {
	case errors.Is(err, sessions.ErrNotFound), errors.Is(err, sessions.ErrCorrupt):
		return fmt.Errorf("cachedstore: %w", sessions.ErrConflict)
	case err != nil:
		return err
	case !bytes.Equal(current.Data, old.Data), len(current.Foreign) > 0:
		return fmt.Errorf("cachedstore: %w", sessions.ErrConflict)
	}
	return s.durable.Replace(ctx, key, current, rec)
}

// Delete implements [sessions.Store].
func (s *store) Delete(ctx context.Context, key string) error {
	_, _, err := s.bury(ctx, key)
	s.note(ctx, "session is ended without its cache", err)
	if err := s.durable.Delete(ctx, key); err != nil {
		return err
	}
	return s.told(ctx, s.settle(ctx, key, "", sessions.Record{}), true)
}

// touch moves the expiry in the database, then in the cache.
func (s *store) touch(ctx context.Context, durable sessions.Toucher, key string, expires time.Time) error {
	m, was, err := s.bury(ctx, key)
	s.note(ctx, "session's life is extended without its cache", err)
	if err := durable.Touch(ctx, key, expires); err != nil {
		return err
	}
	return s.told(ctx, s.settle(ctx, key, m, s.touched(was, expires)), false)
}

// touched is the entry that was in the cache with a new expiry. EntryLife still
// counts from when the database was read; where the cache cannot tell, there is
// no entry any more.
func (s *store) touched(was sessions.Record, expires time.Time) sessions.Record {
	if s.entryLife > 0 && was.Expires.Before(expires) {
		expires = was.Expires
	}
	if expires.IsZero() {
		return sessions.Record{}
	}
	was.Expires = expires
	return was
}

// strict reports whether an ended session must not be read for any time at all.
func (s *store) strict() bool { return s.entryLife == 0 }

// told answers a change that the database has made when the cache, which is then
// settled, has answered err.
func (s *store) told(ctx context.Context, err error, ends bool) error {
	if err != nil && ends && s.strict() {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	s.note(context.WithoutCancel(ctx), "session cache may hold an older session", err)
	return nil
}
