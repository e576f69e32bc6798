// Package memstore keeps sessions in the memory of one process: the store for
// tests, for small sites of one process, and for development.
//
// What it holds is gone when the process ends, and no other process sees it.
// It never drops a living session to make room: a store that is full says so.
package memstore

import (
	"context"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// Config holds what is optional about a [Store]. The zero value is ready to use.
type Config struct {
	// MaxSessions is the most records, tombstones included, that the store
	// holds. Create answers [sessions.ErrFull] beyond it. 0, the default, is no
	// limit.
	MaxSessions int

	// Now tells the time that expiry is judged by. nil, the default, is
	// [time.Now].
	Now func() time.Time
}

// Store is a [sessions.Store] that also implements [sessions.Toucher],
// [sessions.Sweeper], [sessions.Lister] and [sessions.OwnerLister]. It is safe
// for concurrent use by many goroutines. No method but the listings ever waits,
// so only they look at their context.
//
// An expired record is removed by the first call that meets it, and each Create
// looks at a few others, so that a busy store stays within about 4/3 of its
// living records even if nobody calls [Store.Sweep]. A store that should give
// back memory while no sessions begin needs Sweep called now and then.
type Store struct {
	now    func() time.Time
	shards [shardCount]shard
	next   nextShard
	room   room
	owners owners
}

var (
	_ sessions.Store       = (*Store)(nil)
	_ sessions.Toucher     = (*Store)(nil)
	_ sessions.Sweeper     = (*Store)(nil)
	_ sessions.Lister      = (*Store)(nil)
	_ sessions.OwnerLister = (*Store)(nil)
)

// New returns an empty store. It starts no goroutine and needs no closing.
func New(cfg Config) *Store {
	s := &Store{now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.room.max = int64(cfg.MaxSessions)
	return s
}

// Load implements [sessions.Store]. It allocates nothing: the record's Data is
// the stored slice itself.
func (s *Store) Load(_ context.Context, key string) (sessions.Record, error) {
	sh, now := s.shard(key), s.now().UnixMicro()
	sh.Lock()
	e := s.meet(sh, key, now)
	if e == nil {
		sh.Unlock()
		return sessions.Record{}, sessions.ErrNotFound
	}
	found := *e
	sh.Unlock()
	if found.tombstone() {
		return sessions.Record{Revision: string(found.data)}, sessions.ErrEnded
	}
	return found.record(), nil
}

// Create implements [sessions.Store]. An expired record does not count as
// taken. In a full store it first looks for expired records to remove, in a
// bounded part of the store, before it answers [sessions.ErrFull].
func (s *Store) Create(_ context.Context, key string, rec sessions.Record) error {
	sh, now := s.shard(key), s.now().UnixMicro()
	if !s.room.take() && (s.sweep(now, reclaimed, inspected) == 0 || !s.room.take()) {
		return sessions.ErrFull
	}
	sh.Lock()
	defer sh.Unlock()
	if s.meet(sh, key, now) != nil {
		s.room.leave()
		return sessions.ErrConflict
	}
	// A key may be cut from a header, which it must not keep alive.
	key = strings.Clone(key)
	e := &entry{}
	s.put(key, e, rec)
	sh.entries.set(key, e)
	s.sample(sh, now)
	return nil
}

// Replace implements [sessions.Store]. It compares old by its Data, a tombstone
// by its name.
func (s *Store) Replace(_ context.Context, key string, old, rec sessions.Record) error {
	sh, now := s.shard(key), s.now().UnixMicro()
	sh.Lock()
	defer sh.Unlock()
	e := s.meet(sh, key, now)
	if e == nil || !e.is(old) {
		return sessions.ErrConflict
	}
	if rec.Expires.UnixMicro() <= now {
		s.remove(sh, key, e)
		return nil
	}
	s.put(key, e, rec)
	return nil
}

// Delete implements [sessions.Store].
func (s *Store) Delete(_ context.Context, key string) error {
	sh := s.shard(key)
	sh.Lock()
	defer sh.Unlock()
	if e := sh.entries.all[key]; e != nil {
		s.remove(sh, key, e)
	}
	return nil
}

// Touch implements [sessions.Toucher].
func (s *Store) Touch(_ context.Context, key string, expires time.Time) error {
	sh, now := s.shard(key), s.now().UnixMicro()
	sh.Lock()
	defer sh.Unlock()
	e := s.meet(sh, key, now)
	if e == nil || e.tombstone() {
		return sessions.ErrNotFound
	}
	e.expires = expires.UnixMicro()
	return nil
}
