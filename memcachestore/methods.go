package memcachestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/cacheentry"
)

// This file is the methods of the contract.

// Load implements [sessions.Store].
func (s *Store) Load(ctx context.Context, key string) (sessions.Record, error) {
	_, rec, err := s.get(ctx, key)
	return rec, err
}

// get answers the item under key, and the live record in it; of a tombstone the
// item, too.
func (s *Store) get(ctx context.Context, key string) (*memcache.Item, sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, sessions.Record{}, err
	}
	if !sessions.ValidKey(key) {
		return nil, sessions.Record{}, sessions.ErrNotFound
	}
	item, err := s.client.Get(s.prefix + key)
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, sessions.Record{}, sessions.ErrNotFound
	}
	if err != nil {
		return nil, sessions.Record{}, problem("cannot load the session", err)
	}
	if item.CasID == 0 {
		return nil, sessions.Record{}, errNoCAS
	}
	rec, err := s.format.Decode(item.Value)
	ended := errors.Is(err, sessions.ErrEnded)
	switch {
	case err != nil && !ended:
		corrupt := sessions.Record{Revision: version{cas: item.CasID}.String()}
		return nil, corrupt, fmt.Errorf("memcachestore: %w: %w", sessions.ErrCorrupt, err)
	case !rec.Expires.IsZero() && !rec.Expires.After(s.now()):
		return nil, sessions.Record{}, sessions.ErrNotFound
	case ended:
		return item, sessions.Record{Revision: rec.Revision}, sessions.ErrEnded
	}
	rec.Revision = version{item.CasID, rec.Expires}.String()
	return item, rec, nil
}

// Create implements [sessions.Store]. A session larger than the server takes
// answers [ErrTooLarge].
func (s *Store) Create(ctx context.Context, key string, rec sessions.Record) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	var value []byte
	if rec.Expires.After(s.now()) { // or else nobody will ever read it
		var err error
		if value, err = s.format.Encode(rec); err != nil {
			return fmt.Errorf("memcachestore: cannot create the session: %w", err)
		}
	}
	err := s.client.Add(s.item(key, value, rec.Expires))
	if errors.Is(err, memcache.ErrNotStored) {
		return sessions.ErrConflict
	}
	return problem("cannot create the session", err)
}

// Replace implements [sessions.Store]. It compares old by its Revision and, if a
// Touch may have come between, by its Data. A session larger than the server
// takes answers [ErrTooLarge].
func (s *Store) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	item, err := s.successor(key, rec)
	if err != nil {
		return fmt.Errorf("memcachestore: cannot save the session: %w", err)
	}
	for {
		seen, ok := parseVersion(old.Revision)
		if !ok {
			if seen, err = s.tombstone(ctx, key, old); err != nil {
				return err
			}
		}
		if seen.lives(s.now()) {
			item.CasID = seen.cas
			if err := s.client.CompareAndSwap(item); !errors.Is(err, memcache.ErrCASConflict) {
				return swapped(err, sessions.ErrConflict, "cannot save the session")
			}
		}
		if old, err = s.untouched(ctx, key, old); err != nil {
			return err
		}
	}
}

// tombstone answers the version of the tombstone that old is the record of.
func (s *Store) tombstone(ctx context.Context, key string, old sessions.Record) (version, error) {
	if len(old.Data) > 0 || old.Revision == "" {
		return version{}, sessions.ErrConflict
	}
	item, rec, err := s.get(ctx, key)
	switch {
	case errors.Is(err, sessions.ErrEnded) && rec.Revision == old.Revision:
		return version{cas: item.CasID}, nil
	case err == nil, errors.Is(err, sessions.ErrNotFound), errors.Is(err, sessions.ErrCorrupt):
		return version{}, sessions.ErrConflict
	}
	return version{}, err
}

// untouched answers what is stored under key if nothing but touches has changed
// it since old was loaded. What was corrupt cannot have been touched.
func (s *Store) untouched(ctx context.Context, key string, old sessions.Record) (sessions.Record, error) {
	stored, err := s.Load(ctx, key)
	switch {
	case errors.Is(err, sessions.ErrNotFound), errors.Is(err, sessions.ErrCorrupt):
		return stored, sessions.ErrConflict
	case err != nil:
		return stored, err
	case len(old.Data) == 0, !bytes.Equal(stored.Data, old.Data), len(stored.Foreign) > 0:
		return stored, sessions.ErrConflict
	}
	return stored, nil
}

// successor is the item that Replace shall store; one that expires at once if
// the session shall be removed.
func (s *Store) successor(key string, rec sessions.Record) (*memcache.Item, error) {
	if !rec.Expires.After(s.now()) {
		return s.item(key, nil, time.Time{}), nil
	}
	value, err := s.format.Encode(rec)
	if len(rec.Data) == 0 && errors.Is(err, errors.ErrUnsupported) {
		return s.item(key, nil, time.Time{}), nil
	}
	return s.item(key, value, rec.Expires), err
}

// Delete implements [sessions.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil || !sessions.ValidKey(key) {
		return err
	}
	err := s.client.Delete(s.prefix + key)
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil
	}
	return problem("cannot delete the session", err)
}

// Touch implements [sessions.Toucher]. memcached's own command of that name
// would prolong a tombstone, too, so the item is stored once more, as it is.
func (s *Store) Touch(ctx context.Context, key string, expires time.Time) error {
	item, _, err := s.get(ctx, key)
	if err != nil {
		return err
	}
	if s.native {
		item.Value = cacheentry.Touched(item.Value, expires)
	}
	item.Expiration = s.exptime(expires)
	if err = ctx.Err(); err != nil {
		return err
	}
	err = s.client.CompareAndSwap(item)
	if errors.Is(err, memcache.ErrCASConflict) {
		return nil // who wrote meanwhile has also set an expiry, as if after this
	}
	return swapped(err, sessions.ErrNotFound, "cannot touch the session")
}
