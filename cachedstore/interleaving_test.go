package cachedstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
)

// This file stops one call in the middle of its work, lets others happen, and
// looks at what is read afterwards.

// uncached makes a session that is in the database only.
func (w *world) uncached(text string) sessions.Record {
	w.t.Helper()
	w.ok(w.durable.Create(w.t.Context(), key, w.record(text)))
	rec, err := w.durable.Load(w.t.Context(), key)
	w.ok(err)
	rec.Revision = "durable:" + rec.Revision
	return rec
}

func (w *world) reads() error {
	_, err := w.store.Load(w.t.Context(), key)
	return err
}

func (w *world) replaces(old sessions.Record, text string) error {
	return w.store.Replace(w.t.Context(), key, old, w.record(text))
}

func (w *world) deletes() error { return w.store.Delete(w.t.Context(), key) }

// evict loses the cache's entry, as a cache may at any time.
func (w *world) evict() {
	w.t.Helper()
	w.ok(w.cache.Store.Delete(w.t.Context(), key))
}

// Where a read may be stopped after it has read the database.
var lateReads = map[string]func(*world) halt{
	"after the database answered": func(w *world) halt { return after(w.durable, "Load") },
	"before it fills the cache":   func(w *world) halt { return before(w.cache, "Replace") },
}

func TestLateReadBringsNoLogoutBack(t *testing.T) {
	for name, stop := range lateReads {
		for _, pause := range []time.Duration{0, 20 * time.Second, time.Hour} {
			t.Run(name+", by "+pause.String(), func(t *testing.T) {
				w := newWorld(t, cachedstore.Config{})
				w.uncached("v1")
				w.ok(stop(w).during(w.reads, func() {
					w.ok(w.deletes())
					w.clock.Advance(pause) // tombstones end; nothing depends on them
				}))
				w.gone(w.cache)
				w.gone(w.store)
			})
		}
	}
}

func TestLateReadHidesNoNewValue(t *testing.T) {
	for name, stop := range lateReads {
		for _, pause := range []time.Duration{0, 20 * time.Second, time.Hour} {
			t.Run(name+", by "+pause.String(), func(t *testing.T) {
				w := newWorld(t, cachedstore.Config{})
				old := w.uncached("v1")
				w.ok(stop(w).during(w.reads, func() {
					w.ok(w.replaces(old, "v2"))
					w.clock.Advance(pause)
				}))
				w.holds(w.cache, "v2")
				w.holds(w.store, "v2")
			})
		}
	}
}

// The new value's life is over before the late read comes.
func TestLateReadOutlivesNoExpiry(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.uncached("v1")
	w.ok(after(w.durable, "Load").during(w.reads, func() {
		brief := w.record("v2")
		brief.Expires = w.clock.Now().Add(time.Second)
		w.ok(w.store.Replace(t.Context(), key, old, brief))
		w.clock.Advance(time.Second)
	}))
	w.gone(w.cache)
	w.gone(w.store)
}

// A change has marked the cache, and the cache loses the mark: a read comes in
// between, and is late as well.
func TestEvictedTombstone(t *testing.T) {
	for _, ending := range []bool{true, false} {
		w := newWorld(t, cachedstore.Config{})
		old := w.uncached("v1")
		change := func() error { return w.replaces(old, "v2") }
		method := "Replace"
		if ending {
			change, method = w.deletes, "Delete"
		}
		late := make(chan error, 1)
		resume := make(chan struct{})
		w.ok(before(w.durable, method).during(change, func() {
			w.evict()
			h := after(w.durable, "Load")
			go func() { late <- w.reads() }()
			<-h.reached
			resume = h.resume
		}))
		close(resume)
		w.ok(<-late)
		if ending {
			w.gone(w.cache)
			w.gone(w.store)
		} else {
			w.holds(w.store, "v2")
		}
	}
}

// The database has made a change, but the process dies before it can say so.
func TestChangeThatDies(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	w.durable.tap = losesAnswer("Replace")
	w.is(w.replaces(old, "v2"), errBroken)
	w.gone(w.cache)
	w.holds(w.store, "v2")
	w.gone(w.cache) // the tombstone keeps it out
	w.clock.Advance(time.Minute)
	w.holds(w.store, "v2")
	w.holds(w.cache, "v2")

	w.durable.tap = losesAnswer("Delete")
	w.is(w.deletes(), errBroken)
	w.gone(w.cache)
	w.gone(w.store)
}

// losesAnswer has the calls of a method done, but not answered.
func losesAnswer(method string) func(context.Context, call, func(context.Context) error) error {
	return func(ctx context.Context, c call, next func(context.Context) error) error {
		if err := next(ctx); c.method != method {
			return err
		}
		return errBroken
	}
}

// One change ends the session between another's change of the database and of
// the cache.
func TestNewValueReplacesOnlyItsOwnTombstone(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.uncached("v1")
	err := after(w.durable, "Replace").during(func() error { return w.replaces(old, "v2") }, func() {
		w.ok(w.deletes())
	})
	w.ok(err)
	w.gone(w.cache)
	w.gone(w.store)
}

// A logout has marked the cache; a save takes the mark over and is done with the
// database first, but not with the cache.
func TestTombstoneTakenOver(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.uncached("v1")
	saved := make(chan error, 1)
	var save halt
	w.ok(before(w.durable, "Delete").during(w.deletes, func() {
		save = after(w.durable, "Replace")
		go func() { saved <- w.replaces(old, "v2") }()
		<-save.reached
	}))
	close(save.resume)
	w.ok(<-saved)
	w.gone(w.cache)
	w.gone(w.store)
}

func TestTouchKeepsTheNewerValue(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	later := w.clock.Now().Add(48 * time.Hour)
	touched := func() error { return touch(t.Context(), w.store, key, later) }
	w.ok(before(w.durable, "Touch").during(touched, func() { w.ok(w.replaces(old, "v2")) }))
	w.holds(w.store, "v2")

	old = w.load()
	w.ok(after(w.durable, "Touch").during(touched, func() { w.ok(w.replaces(old, "v3")) }))
	w.holds(w.store, "v3")

	w.ok(after(w.durable, "Touch").during(touched, func() { w.ok(w.deletes()) }))
	w.gone(w.store)
}

// Another program set the cache without looking, as Django does.
func TestStaleCacheCostsARetry(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	first := w.created("v1")
	w.ok(w.replaces(first, "v2"))
	stale := w.record("v1")
	w.ok(w.cache.Delete(t.Context(), key))
	w.ok(w.cache.Create(t.Context(), key, stale))
	old := w.load()
	w.is(w.replaces(old, "v3"), sessions.ErrConflict)
	w.holds(w.durable, "v2")
	w.holds(w.store, "v2") // the retry reads the database
	w.ok(w.replaces(w.load(), "v3"))
	w.holds(w.store, "v3")
}

func TestStaleCacheRevivesNothing(t *testing.T) {
	for name, change := range map[string]func(*world, sessions.Record) error{
		"Replace": func(w *world, old sessions.Record) error { return w.replaces(old, "late") },
		"Replace without Data": func(w *world, old sessions.Record) error {
			return w.store.Replace(w.t.Context(), key, old, sessions.Record{Expires: w.clock.Now().Add(time.Hour)})
		},
		"Touch": func(w *world, _ sessions.Record) error {
			return touch(w.t.Context(), w.store, key, w.clock.Now().Add(time.Hour))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, cachedstore.Config{})
			w.ok(w.cache.Create(t.Context(), key, w.record("ended")))
			old := w.load()
			err := change(w, old)
			if !errors.Is(err, sessions.ErrConflict) && !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("answered %v, want ErrConflict or ErrNotFound", err)
			}
			w.gone(w.durable)
			w.gone(w.cache)
			w.gone(w.store)
		})
	}
}

// The visitor's browser goes away when the database has been changed.
func TestCallerThatGoesAway(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	w.cache.tap = func(ctx context.Context, _ call, next func(context.Context) error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return next(ctx)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := after(w.durable, "Replace").during(func() error {
		return w.store.Replace(ctx, key, old, w.record("v2"))
	}, cancel)
	w.ok(err)
	w.holds(w.cache, "v2")
}
