package cachedstore_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file runs the conformance suite over good caches and bad ones. Each time
// two cached stores, as of two processes, share one cache and one database.

// as is how a cached store is put together.
type as struct {
	durable func(testing.TB, func() time.Time) func() sessions.Store // opens the same again and again
	cache   func(sessions.Store) sessions.Store
	outside func(sessions.Store) sessions.Store
	damage  func(key string) error
	cfg     cachedstore.Config
}

func (a as) harness() sessiontest.Harness {
	clock := sessiontest.NewClock(time.Now())
	a.cfg.Now = clock.Now
	a.cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	var shared sessions.Store
	var durable func() sessions.Store
	again := func(tb testing.TB) sessions.Store {
		cache := shared
		if a.cache != nil {
			cache = a.cache(cache)
		}
		store := open(tb, cache, durable(), a.cfg)
		if a.outside != nil {
			store = a.outside(store)
		}
		return store
	}
	h := sessiontest.Harness{
		Open: func(tb testing.TB) sessions.Store {
			shared, durable = newCache(clock.Now), a.durable(tb, clock.Now)
			return again(tb)
		},
		Reopen: func(tb testing.TB, _ sessions.Store) sessions.Store { return again(tb) },
		Clock:  clock,
	}
	if a.damage != nil {
		h.Corrupt = func(tb testing.TB, _ sessions.Store, key string) {
			// It is seen once the cache no longer holds what it was.
			if err := errors.Join(a.damage(key), shared.Delete(tb.Context(), key)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return h
}

func inMemory(_ testing.TB, now func() time.Time) func() sessions.Store {
	store := memstore.New(memstore.Config{Now: now})
	return func() sessions.Store { return store }
}

func inFiles(tb testing.TB, dir string, now func() time.Time) func() sessions.Store {
	return func() sessions.Store {
		store, err := filestore.Open(dir, filestore.Config{Now: now, NoSync: true})
		if err != nil {
			tb.Fatal(err)
		}
		return store
	}
}

func TestConformance(t *testing.T) {
	sessiontest.Run(t, as{durable: inMemory}.harness())
}

func TestConformanceInFrontOfFiles(t *testing.T) {
	var dir string
	sessiontest.Run(t, as{
		durable: func(tb testing.TB, now func() time.Time) func() sessions.Store {
			dir = tb.TempDir()
			return inFiles(tb, dir, now)
		},
		damage: func(key string) error {
			return os.WriteFile(filepath.Join(dir, "session-"+key), []byte("damaged"), 0o600)
		},
	}.harness())
}

func TestConformanceWithForgetfulCache(t *testing.T) {
	for _, oneIn := range []int{2, 10} {
		lossy := func(cache sessions.Store) sessions.Store { return forgetful(cache, oneIn) }
		sessiontest.Run(t, as{durable: inMemory, cache: lossy}.harness())
	}
}

func TestConformanceWithFailingCache(t *testing.T) {
	sessiontest.Run(t, as{durable: inMemory, cache: alternating, outside: operations}.harness())
}

// With a dead cache only ErrStale tells that there is one.
func TestConformanceWithDeadCache(t *testing.T) {
	sessiontest.Run(t, as{
		durable: inMemory, cache: dead, outside: withoutExpires, cfg: cachedstore.Config{EntryLife: time.Hour},
	}.timeless())
}

func TestConformanceWithEntryLife(t *testing.T) {
	sessiontest.Run(t, as{
		durable: inMemory, outside: withoutExpires, cfg: cachedstore.Config{EntryLife: time.Hour},
	}.timeless())
}

// A cache in Django's layout keeps nothing but data.
func TestConformanceWithCacheOfDataOnly(t *testing.T) {
	for _, life := range []time.Duration{0, time.Hour} {
		h := as{
			durable: inMemory, cache: dataOnly, outside: dataOnly, cfg: cachedstore.Config{EntryLife: life},
		}.timeless()
		h.NoCreated, h.NoOwner = true, true
		sessiontest.Run(t, h)
	}
}

func (a as) timeless() sessiontest.Harness {
	h := a.harness()
	h.NoExpires = true
	return h
}

// partial answers records without what a layout cannot tell.
type partial struct {
	*tapped
	cut func(*sessions.Record)
}

func withoutExpires(store sessions.Store) sessions.Store {
	return partial{&tapped{Store: store}, func(rec *sessions.Record) { rec.Expires = time.Time{} }}
}

func dataOnly(store sessions.Store) sessions.Store {
	return partial{&tapped{Store: store}, func(rec *sessions.Record) {
		*rec = sessions.Record{Data: rec.Data, Revision: rec.Revision}
	}}
}

func (p partial) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := p.tapped.Load(ctx, key)
	p.cut(&rec)
	return rec, err
}

func (p partial) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	lister, _ := sessions.Capability[sessions.Lister](p.Store)
	return p.cutAll(lister.List(ctx))
}

func (p partial) ListOwner(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
	lister, _ := sessions.Capability[sessions.OwnerLister](p.Store)
	return p.cutAll(lister.ListOwner(ctx, owner))
}

func (p partial) cutAll(seq iter.Seq2[sessions.Listed, error]) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for l, err := range seq {
			p.cut(&l.Record)
			if !yield(l, err) {
				return
			}
		}
	}
}
