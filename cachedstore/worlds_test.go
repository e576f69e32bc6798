package cachedstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file is what the tests put between a cached store and the stores that it
// is made of: pauses, losses and failures.

// tapped is a store each call of which passes through tap, which makes it by
// calling next. Without a tap it is the store itself.
type tapped struct {
	sessions.Store
	tap func(ctx context.Context, c call, next func(context.Context) error) error
}

// call is one call of a store. What it does not have is zero.
type call struct {
	method   string
	key      string
	old, rec sessions.Record
}

func (t *tapped) via(ctx context.Context, c call, next func(context.Context) error) error {
	if t.tap == nil {
		return next(ctx)
	}
	return t.tap(ctx, c, next)
}

func (t *tapped) Load(ctx context.Context, key string) (rec sessions.Record, err error) {
	err = t.via(ctx, call{method: "Load", key: key}, func(ctx context.Context) error {
		var err error
		rec, err = t.Store.Load(ctx, key)
		return err
	})
	return rec, err
}

func (t *tapped) Create(ctx context.Context, key string, rec sessions.Record) error {
	return t.via(ctx, call{method: "Create", key: key, rec: rec}, func(ctx context.Context) error {
		return t.Store.Create(ctx, key, rec)
	})
}

func (t *tapped) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	return t.via(ctx, call{"Replace", key, old, rec}, func(ctx context.Context) error {
		return t.Store.Replace(ctx, key, old, rec)
	})
}

func (t *tapped) Delete(ctx context.Context, key string) error {
	return t.via(ctx, call{method: "Delete", key: key}, func(ctx context.Context) error {
		return t.Store.Delete(ctx, key)
	})
}

func (t *tapped) Touch(ctx context.Context, key string, expires time.Time) error {
	return t.via(ctx, call{method: "Touch", key: key}, func(ctx context.Context) error {
		return touch(ctx, t.Store, key, expires)
	})
}

// Unwrap shows what else the store can.
func (t *tapped) Unwrap() sessions.Store { return t.Store }

func touch(ctx context.Context, store sessions.Store, key string, expires time.Time) error {
	toucher, ok := sessions.Capability[sessions.Toucher](store)
	if !ok {
		return errors.ErrUnsupported
	}
	return toucher.Touch(ctx, key, expires)
}

// forgetful is a cache that loses what it holds under a key in one of so many
// calls, before or after it.
func forgetful(cache sessions.Store, oneIn int) sessions.Store {
	return &tapped{cache, func(ctx context.Context, c call, next func(context.Context) error) error {
		if rand.N(oneIn) == 0 {
			_ = cache.Delete(ctx, c.key)
		}
		err := next(ctx)
		if rand.N(oneIn) == 0 {
			_ = cache.Delete(ctx, c.key)
		}
		return err
	}}
}

var errBroken = errors.New("the connection broke")

// dead is a store that fails.
func dead(store sessions.Store) sessions.Store {
	return &tapped{store, func(context.Context, call, func(context.Context) error) error { return errBroken }}
}

// alternating is a cache that fails every second call made for one operation:
// half of those before anything was done, half afterwards, when only the answer
// is lost.
func alternating(cache sessions.Store) sessions.Store {
	return &tapped{cache, func(ctx context.Context, _ call, next func(context.Context) error) error {
		switch ctx.Value(operation{}).(*atomic.Int64).Add(1) % 4 {
		case 1:
			return errBroken
		case 3:
			_ = next(ctx)
			return errBroken
		}
		return next(ctx)
	}}
}

// operation is the context's key for a counter of one operation's calls.
type operation struct{}

// operations gives each call of a cached store a counter for alternating.
func operations(store sessions.Store) sessions.Store {
	return &tapped{store, func(ctx context.Context, _ call, next func(context.Context) error) error {
		n := new(atomic.Int64)
		n.Store(rand.Int64N(4))
		return next(context.WithValue(ctx, operation{}, n))
	}}
}

// world is a cached store on two stores, all by one clock.
type world struct {
	t              *testing.T
	clock          *sessiontest.Clock
	cache, durable *tapped
	store          sessions.Store
}

func newWorld(t *testing.T, cfg cachedstore.Config) *world {
	w := &world{t: t, clock: sessiontest.NewClock(time.Now())}
	cfg.Now = w.clock.Now
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	w.cache = &tapped{Store: newCache(w.clock.Now)}
	w.durable = &tapped{Store: memstore.New(memstore.Config{Now: w.clock.Now})}
	w.store = open(t, w.cache, w.durable, cfg)
	return w
}

func open(tb testing.TB, cache, durable sessions.Store, cfg cachedstore.Config) sessions.Store {
	tb.Helper()
	store, err := cachedstore.New(cache, durable, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

const key = "0fc4977dc9af9133cb7d25eadc74ed1c"

// record holds text, and lives for a day.
func (w *world) record(text string) sessions.Record {
	return sessions.Record{Data: []byte(`{"text":"` + text + `"}`), Expires: w.clock.Now().Add(24 * time.Hour)}
}

// created makes a session, which is in the cache as well, and loads it.
func (w *world) created(text string) sessions.Record {
	w.t.Helper()
	w.ok(w.store.Create(w.t.Context(), key, w.record(text)))
	return w.load()
}

func (w *world) load() sessions.Record {
	w.t.Helper()
	rec, err := w.store.Load(w.t.Context(), key)
	w.ok(err)
	return rec
}

func (w *world) ok(err error) {
	w.t.Helper()
	w.is(err, nil)
}

func (w *world) is(err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Fatalf("answered %v, want %v", err, want)
	}
}

// holds expects text to be read from any of the stores.
func (w *world) holds(store sessions.Store, text string) {
	w.t.Helper()
	rec, err := store.Load(w.t.Context(), key)
	w.ok(err)
	if want := w.record(text).Data; string(rec.Data) != string(want) {
		w.t.Fatalf("%s is read, want %s", rec.Data, want)
	}
}

// gone expects that nothing is read from any of the stores.
func (w *world) gone(store sessions.Store) {
	w.t.Helper()
	rec, err := store.Load(w.t.Context(), key)
	if !errors.Is(err, sessions.ErrNotFound) {
		w.t.Fatalf("%s is read (%v), want nothing", rec.Data, err)
	}
}

// halt stops a call: the first of a method on a store, before or after its work.
type halt struct{ reached, resume chan struct{} }

func before(store *tapped, method string) halt { return haltAt(store, method, true) }
func after(store *tapped, method string) halt  { return haltAt(store, method, false) }

func haltAt(store *tapped, method string, early bool) halt {
	h := halt{make(chan struct{}), make(chan struct{})}
	var used atomic.Bool
	store.tap = func(ctx context.Context, c call, next func(context.Context) error) error {
		if c.method != method || !used.CompareAndSwap(false, true) {
			return next(ctx)
		}
		var err error
		if !early {
			err = next(ctx)
		}
		close(h.reached)
		<-h.resume
		if early {
			err = next(ctx)
		}
		return err
	}
	return h
}

// during runs f in another goroutine until it is halted, then meanwhile, and
// then lets it end. It answers what f did.
func (h halt) during(f func() error, meanwhile func()) error {
	answer := make(chan error, 1)
	go func() { answer <- f() }()
	select {
	case <-h.reached:
	case err := <-answer:
		return fmt.Errorf("a call ended, with %v, before it came to where it should be stopped", err)
	}
	meanwhile()
	close(h.resume)
	return <-answer
}
