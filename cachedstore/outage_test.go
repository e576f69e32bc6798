package cachedstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
)

// This file takes the cache away.

// fails makes every call of the methods fail, or of all with none named.
func fails(methods ...string) func(context.Context, call, func(context.Context) error) error {
	return func(ctx context.Context, c call, next func(context.Context) error) error {
		if len(methods) == 0 || strings.Contains(strings.Join(methods, " "), c.method) {
			return errBroken
		}
		return next(ctx)
	}
}

func (w *world) ends(old sessions.Record) error {
	return w.store.Replace(w.t.Context(), key, old, sessions.Record{Expires: w.clock.Now().Add(time.Minute)})
}

func TestDeadCacheFailsNoReadAndNoSave(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, cachedstore.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	w.cache.tap = fails()
	for name, call := range map[string]func() error{
		"Create":  func() error { return w.store.Create(t.Context(), key, w.record("v1")) },
		"Load":    w.reads,
		"Replace": func() error { return w.replaces(w.load(), "v2") },
		"Touch":   func() error { return touch(t.Context(), w.store, key, w.clock.Now().Add(time.Hour)) },
	} {
		if name != "Create" {
			_ = w.store.Create(t.Context(), key, w.record("v1"))
		}
		log.Reset()
		w.ok(call())
		if !strings.Contains(log.String(), errBroken.Error()) {
			t.Errorf("%s says nothing of the cache in the log: %q", name, log.String())
		}
		if strings.Contains(log.String(), key) || strings.Contains(log.String(), "v1") {
			t.Errorf("%s has a key or data in the log: %q", name, log.String())
		}
		w.ok(w.durable.Delete(t.Context(), key))
	}
}

func TestLogoutSaysThatTheCacheIsDead(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	w.cache.tap = fails()
	w.is(w.ends(old), cachedstore.ErrStale)
	w.holds(w.durable, "v1") // nothing was changed
	err := w.deletes()
	w.is(err, cachedstore.ErrStale)
	w.is(err, errBroken)
	w.gone(w.durable)

	w.cache.tap = nil
	w.holds(w.store, "v1") // which is what was said
	w.ok(w.deletes())
	w.gone(w.store)
}

func TestLogoutWhileTheCacheDies(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	w.cache.tap = fails("Delete")
	w.is(w.ends(old), cachedstore.ErrStale)
	w.is(w.durable.Create(t.Context(), key, w.record("v2")), sessions.ErrConflict) // its tombstone
	w.gone(w.store)
	w.is(w.deletes(), cachedstore.ErrStale)
	w.gone(w.store)

	// It comes back in time.
	w.cache.tap = nil
	w.ok(w.store.Delete(t.Context(), key))
	w.created("v3")
	w.cache.tap = fails("Load", "Create", "Replace")
	w.ok(w.deletes())
	w.cache.tap = nil
	w.gone(w.cache)
	w.gone(w.store)
}

func TestEntryLifeBoundsWhatADeadCacheShows(t *testing.T) {
	const life = time.Minute
	w := newWorld(t, cachedstore.Config{EntryLife: life})
	old := w.created("v1")
	if !old.Expires.IsZero() {
		t.Errorf("Expires is %v, which is the entry's", old.Expires)
	}
	w.cache.tap = fails()
	w.ok(w.ends(old))
	w.ok(w.durable.Delete(t.Context(), key))
	w.ok(w.deletes())
	w.cache.tap = nil
	w.clock.Advance(life - time.Microsecond)
	w.holds(w.cache, "v1")
	w.clock.Advance(time.Microsecond)
	w.gone(w.store)
}

// Otherwise a session that is used all the time would never be asked for.
func TestTouchDoesNotProlongEntryLife(t *testing.T) {
	const life = time.Minute
	w := newWorld(t, cachedstore.Config{EntryLife: life})
	w.created("v1")
	w.clock.Advance(life / 2)
	w.ok(touch(t.Context(), w.store, key, w.clock.Now().Add(time.Hour)))
	w.holds(w.cache, "v1")
	w.clock.Advance(life / 2)
	w.gone(w.cache)
	w.holds(w.store, "v1")
}

// An answer that is lost is not a failure to mark the cache.
func TestLostAnswers(t *testing.T) {
	for _, lost := range []string{"Create", "Replace", "Delete"} {
		t.Run(lost, func(t *testing.T) {
			w := newWorld(t, cachedstore.Config{})
			w.created("v1")
			if lost == "Create" {
				w.evict()
			}
			used := false
			w.cache.tap = func(ctx context.Context, c call, next func(context.Context) error) error {
				err := next(ctx)
				if c.method == lost && !used {
					used = true
					return errBroken
				}
				return err
			}
			w.ok(w.deletes())
			w.gone(w.cache)
			w.gone(w.store)
			if !used {
				t.Errorf("%s was not called", lost)
			}
		})
	}
}

// Some caches count what has expired as taken until it is removed.
func TestExpiredEntryInTheWay(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	w.uncached("v1")
	inTheWay := true
	w.cache.tap = func(ctx context.Context, c call, next func(context.Context) error) error {
		switch {
		case c.method == "Create" && inTheWay:
			return sessions.ErrConflict
		case c.method == "Delete":
			inTheWay = false
		}
		return next(ctx)
	}
	w.ok(before(w.durable, "Delete").during(w.deletes, func() {
		_, err := w.cache.Store.Load(t.Context(), key)
		w.is(err, sessions.ErrEnded) // it could be marked
	}))
	w.gone(w.store)
}

// A cache that hangs holds nothing up for longer than CacheTimeout, once before
// and once after a change.
func TestHangingCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, cachedstore.Config{CacheTimeout: time.Second})
		w.ok(w.durable.Create(t.Context(), key, w.record("v1")))
		w.cache.tap = func(ctx context.Context, _ call, _ func(context.Context) error) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		lasts := func(d time.Duration, call string) {
			t.Helper()
			if got := time.Since(began); got != d {
				t.Errorf("%s took %v, want %v", call, got, d)
			}
			began = time.Now()
		}
		old := w.load()
		lasts(time.Second, "Load")
		w.ok(w.replaces(old, "v2"))
		lasts(2*time.Second, "Replace")
		w.is(w.deletes(), cachedstore.ErrStale)
		lasts(2*time.Second, "Delete")
		w.gone(w.durable)
	})
}

// A dead database is its own error, and nothing is said that only it can know.
func TestDeadDatabase(t *testing.T) {
	w := newWorld(t, cachedstore.Config{})
	old := w.created("v1")
	w.durable.tap = fails()
	w.holds(w.store, "v1") // what is cached can be read
	for name, err := range map[string]error{
		"Create":  w.store.Create(t.Context(), "another0", w.record("v1")),
		"Replace": w.replaces(old, "v2"),
		"Touch":   touch(t.Context(), w.store, key, w.clock.Now()),
		"Delete":  w.deletes(),
		"Load":    w.reads(),
	} {
		if !errors.Is(err, errBroken) || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, cachedstore.ErrStale) {
			t.Errorf("%s answered %v, want what the database did", name, err)
		}
	}
	w.durable.tap = nil
	w.holds(w.store, "v1")
}
