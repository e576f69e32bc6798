package cachedstore_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file checks what a cached store costs, what it can, and what it caches.

func TestRoundTrips(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	var cache, durable atomic.Int64
	w.cache.tap, w.durable.tap = counting(&cache), counting(&durable)
	costs := func(call string, err error, c, d int64) {
		t.Helper()
		w.ok(err)
		if cache.Load() != c || durable.Load() != d {
			t.Errorf("%s calls the cache %d times and the database %d times, want %d and %d",
				call, cache.Load(), durable.Load(), c, d)
		}
		cache.Store(0)
		durable.Store(0)
	}
	costs("Create", w.store.Create(t.Context(), key, w.record("v1")), 2, 1)
	cached, err := w.store.Load(t.Context(), key)
	costs("Load, cached", err, 1, 0)
	costs("Replace of what the cache answered", w.replaces(cached, "v2"), 3, 2)
	costs("Touch", touch(t.Context(), w.store, key, w.clock.Now().Add(time.Hour)), 3, 1)
	costs("Load after Touch", w.reads(), 1, 0)
	w.evict()
	read, err := w.store.Load(t.Context(), key)
	costs("Load, not cached", err, 3, 1)
	costs("Replace", w.replaces(read, "v3"), 3, 1)
	costs("Load after Replace", w.reads(), 1, 0)
	h := before(w.durable, "Delete")
	w.ok(h.during(w.deletes, func() {
		cache.Store(0)
		w.durable.tap = counting(&durable)
		costs("Load, during a change", w.reads(), 1, 1)
	}))
	w.ok(w.store.Create(t.Context(), key, w.record("v4")))
	cache.Store(0)
	durable.Store(0)
	costs("Delete", w.deletes(), 3, 1)
}

func counting(n *atomic.Int64) func(context.Context, call, func(context.Context) error) error {
	return func(ctx context.Context, _ call, next func(context.Context) error) error {
		n.Add(1)
		return next(ctx)
	}
}

// plain has the four methods of a store, and nothing else.
type plain struct{ sessions.Store }

// sweepable is plain and a Sweeper.
type sweepable struct {
	sessions.Store
	sessions.Sweeper
}

func TestCapabilitiesAreTheDurableStores(t *testing.T) {
	cache, memory := newCache(time.Now), memstore.New(memstore.Config{})
	for _, c := range []struct {
		name                          string
		durable                       sessions.Store
		touches, sweeps, lists, owner bool
	}{
		{"all", memory, true, true, true, true},
		{"none", plain{memory}, false, false, false, false},
		{"one", sweepable{plain{memory}, memory}, false, true, false, false},
		{"all, behind a wrapper", &tapped{Store: memory}, true, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := open(t, cache, c.durable, cachedstore.Config{})
			_, touches := sessions.Capability[sessions.Toucher](store)
			_, sweeps := sessions.Capability[sessions.Sweeper](store)
			_, lists := sessions.Capability[sessions.Lister](store)
			_, owner := sessions.Capability[sessions.OwnerLister](store)
			if touches != c.touches || sweeps != c.sweeps || lists != c.lists || owner != c.owner {
				t.Errorf("Toucher %v, Sweeper %v, Lister %v, OwnerLister %v", touches, sweeps, lists, owner)
			}
			if _, past := sessions.Capability[*memstore.Store](store); past {
				t.Error("the durable store can be had past the cache")
			}
		})
	}
}

// What a listing shows can be replaced as what Load answers can.
func TestListedRecordsCanBeReplaced(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	w.created("v1")
	lister, _ := sessions.Capability[sessions.Lister](w.store)
	for l, err := range lister.List(t.Context()) {
		w.ok(err)
		w.ok(w.replaces(l.Record, "v2"))
	}
	w.holds(w.store, "v2")
}

// A record with values that JSON cannot hold would come back from the cache
// without word of them, and could then be overwritten.
func TestForeignValuesAreNotCached(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	w.uncached("v1")
	foreign := open(t, w.cache, foreignStore{w.durable}, cachedstore.Config{Now: w.clock.Now})
	rec, err := foreign.Load(t.Context(), key)
	w.ok(err)
	if len(rec.Foreign) == 0 {
		t.Fatal("Load does not name the foreign values")
	}
	w.gone(w.cache)

	// Another program, which can hold them, has cached it.
	w.ok(w.cache.Create(t.Context(), key, w.record("v1")))
	old, err := foreign.Load(t.Context(), key)
	w.ok(err)
	w.is(foreign.Replace(t.Context(), key, old, w.record("v2")), sessions.ErrConflict)
	w.holds(w.durable, "v1")
}

type foreignStore struct{ sessions.Store }

func (f foreignStore) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := f.Store.Load(ctx, key)
	rec.Foreign = []string{"money"}
	return rec, err
}

// What the cache cannot decode is read from the database, and replaced.
func TestCorruptEntryIsReplaced(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	w.created("v1")
	damaged := true
	cache := corruptStore{w.cache, &damaged}
	store := open(t, cache, w.durable, cachedstore.Config{Now: w.clock.Now})
	w.holds(store, "v1")
	damaged = false
	w.holds(w.cache, "v1")

	damaged = true
	w.ok(store.Delete(t.Context(), key))
	w.gone(w.cache)
}

// corruptStore cannot decode the values that it holds.
type corruptStore struct {
	sessions.Store
	damaged *bool
}

func (c corruptStore) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := c.Store.Load(ctx, key)
	if err == nil && *c.damaged {
		return sessions.Record{Revision: "corrupt"}, sessions.ErrCorrupt
	}
	return rec, err
}

func (c corruptStore) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	if old.Revision == "corrupt" {
		var err error
		if old, err = c.Store.Load(ctx, key); err != nil {
			return err
		}
	}
	return c.Store.Replace(ctx, key, old, rec)
}

// Keys that were never stored leave nothing in the cache, so that whoever sends
// many of them displaces nobody's session.
func TestUnknownKeysLeaveNothing(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	w.gone(w.store)
	w.ok(w.cache.Create(t.Context(), key, w.record("free")))
}

// A cache whose tombstones have no names serves nothing, but harms nothing.
func TestCacheWithoutNames(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	var log bytes.Buffer
	store := open(t, unnamed{w.cache}, w.durable, cachedstore.Config{
		Now: w.clock.Now, Logger: slog.New(slog.NewTextHandler(io.MultiWriter(&log, t.Output()), nil)),
	})
	w.ok(store.Create(t.Context(), key, w.record("v1")))
	w.holds(store, "v1")
	old, err := store.Load(t.Context(), key)
	w.ok(err)
	w.ok(store.Replace(t.Context(), key, old, w.record("v2")))
	w.holds(store, "v2")
	w.ok(store.Delete(t.Context(), key))
	w.gone(store)
	if log.Len() == 0 {
		t.Error("nothing is said of it in the log")
	}
}

type unnamed struct{ sessions.Store }

func (u unnamed) Create(ctx context.Context, key string, rec sessions.Record) error {
	rec.Revision = ""
	return u.Store.Create(ctx, key, rec)
}

func (u unnamed) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	rec.Revision = ""
	return u.Store.Replace(ctx, key, old, rec)
}

func TestNewRefuses(t *testing.T) {
	store := memstore.New(memstore.Config{})
	for name, open := range map[string]func() (sessions.Store, error){
		"no cache":         func() (sessions.Store, error) { return cachedstore.New(nil, store, cachedstore.Config{}) },
		"no durable store": func() (sessions.Store, error) { return cachedstore.New(store, nil, cachedstore.Config{}) },
		"negative EntryLife": func() (sessions.Store, error) {
			return cachedstore.New(store, store, cachedstore.Config{EntryLife: -1})
		},
		"negative CacheTimeout": func() (sessions.Store, error) {
			return cachedstore.New(store, store, cachedstore.Config{CacheTimeout: -1})
		},
	} {
		if _, err := open(); err == nil {
			t.Errorf("New accepts %s", name)
		}
	}
}
