package cachedstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks random interleavings of clients of one session against what
// the database has held: a read must answer something that was current after
// the last change that was acknowledged before the read began.

var (
	seeds   = flag.Int("seeds", 300, "random interleavings of each kind")
	oneSeed = flag.Uint64("seed", 0, "the only interleaving to run")
)

// model is one interleaving.
type model struct {
	clock          *sessiontest.Clock
	random         *rand.Rand
	cache, durable sessions.Store
	stores         []sessions.Store // one for each client

	// states is all that the database has held under the key, "" for nothing.
	// acked is the last of them whose change was acknowledged.
	states []string
	acked  int
	made   int // texts so far; none is used twice
	found  []string
}

// kind is what the world does beside the clients.
type kind struct {
	evicts, hurries bool                               // entries and time pass away
	fails           bool                               // the cache does at times
	bug             func(cache sessions.Store) *tapped // seeded
}

func newModel(seed uint64, k kind) *model {
	m := &model{clock: sessiontest.NewClock(time.Now()), random: rand.New(rand.NewPCG(seed, 0)), states: []string{""}}
	m.cache = newCache(m.clock.Now)
	m.durable = memstore.New(memstore.Config{Now: m.clock.Now})
	cache := m.cache
	if k.bug != nil {
		cache = k.bug(cache)
	}
	cache = &tapped{cache, func(ctx context.Context, _ call, next func(context.Context) error) error {
		step(ctx)
		if k.fails && m.random.IntN(4) == 0 {
			if m.random.IntN(2) == 0 {
				_ = next(ctx)
			}
			return errBroken
		}
		return next(ctx)
	}}
	for range 3 {
		store, err := cachedstore.New(cache, &tapped{m.durable, m.observe}, cachedstore.Config{
			Now: m.clock.Now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), CacheTimeout: time.Hour,
		})
		if err != nil {
			panic(err)
		}
		m.stores = append(m.stores, store)
	}
	return m
}

// observe notes what the database holds, in the order in which it does.
func (m *model) observe(ctx context.Context, c call, next func(context.Context) error) error {
	step(ctx)
	err := next(ctx)
	if err == nil && c.method != "Load" && c.method != "Touch" {
		m.states = append(m.states, string(c.rec.Data))
		if at, ok := ctx.Value(changed{}).(*int); ok {
			*at = len(m.states) - 1
		}
	}
	step(ctx) // the answer is on its way
	return err
}

// changed is the context's key for the index of the state that a call made.
type changed struct{}

// run runs the interleaving, and answers what was wrong.
func (m *model) run(ctx context.Context, k kind) []string {
	s := schedule{random: m.random}
	for _, store := range m.stores {
		s.add(ctx, func(ctx context.Context) {
			for range 8 {
				m.act(ctx, store, k)
			}
		})
	}
	s.run(func() {
		if k.evicts && m.random.IntN(12) == 0 {
			_ = m.cache.Delete(ctx, key)
		}
		if k.hurries && m.random.IntN(12) == 0 {
			m.clock.Advance(time.Duration(m.random.IntN(40)) * time.Second)
		}
	})
	for _, store := range m.stores {
		m.load(ctx, store)
	}
	return m.found
}

// act is what a client does: a read, and perhaps a change of what it read.
func (m *model) act(ctx context.Context, store sessions.Store, k kind) {
	var at int
	ctx = context.WithValue(ctx, changed{}, &at)
	old, err := m.load(ctx, store)
	m.made++
	rec := sessions.Record{Data: fmt.Appendf(nil, `{"n":%d}`, m.made), Expires: m.clock.Now().Add(24 * time.Hour)}
	ends := false
	switch n := m.random.IntN(8); {
	case n < 3 && err == nil:
		err = store.Replace(ctx, key, old, rec)
		if err == nil && m.states[at-1] != string(old.Data) {
			m.wrong("a change of what is not current was stored")
		}
	case n < 3:
		err = store.Create(ctx, key, rec)
	case n == 3:
		ends = true
		err = store.Delete(ctx, key)
	case n == 4 && err == nil:
		err = touch(ctx, store, key, rec.Expires)
	}
	m.answered(err, ends, k)
	if err == nil && (ends || !k.fails) {
		m.acked = max(m.acked, at)
	}
}

func (m *model) load(ctx context.Context, store sessions.Store) (sessions.Record, error) {
	from := m.acked
	rec, err := store.Load(ctx, key)
	if err != nil && !errors.Is(err, sessions.ErrNotFound) {
		m.wrong("Load answered %v", err)
	}
	for _, state := range m.states[from:] {
		if state == string(rec.Data) {
			return rec, err
		}
	}
	m.wrong("Load answered %q, but since the last acknowledged change there were %q", rec.Data, m.states[from:])
	return rec, err
}

// answered checks the error of a change.
func (m *model) answered(err error, ends bool, k kind) {
	switch {
	case err == nil, errors.Is(err, sessions.ErrConflict), errors.Is(err, sessions.ErrNotFound):
	case ends && k.fails && errors.Is(err, cachedstore.ErrStale):
	default:
		m.wrong("a change was answered %v", err)
	}
}

func (m *model) wrong(format string, args ...any) {
	m.found = append(m.found, fmt.Sprintf(format, args...))
}

// interleave runs many interleavings and answers the first seed that found
// something wrong, and what.
func interleave(t *testing.T, k kind) (seed uint64, found []string) {
	first, last := uint64(1), uint64(*seeds)
	if *oneSeed > 0 {
		first, last = *oneSeed, *oneSeed
	}
	for seed := first; seed <= last; seed++ {
		if found := newModel(seed, k).run(t.Context(), k); len(found) > 0 {
			return seed, found
		}
	}
	return 0, nil
}

func TestInterleavings(t *testing.T) {
	for name, k := range map[string]kind{
		"of a good cache":                  {},
		"of a cache that evicts":           {evicts: true},
		"while tombstones end":             {hurries: true},
		"of a cache that evicts, in time":  {evicts: true, hurries: true},
		"of a cache that fails":            {fails: true},
		"of a cache that fails and evicts": {fails: true, evicts: true, hurries: true},
	} {
		t.Run(name, func(t *testing.T) {
			if seed, found := interleave(t, k); seed > 0 {
				t.Errorf("with -seed %d: %s", seed, found[0])
			}
		})
	}
}

// The model must find what it is there for: each bug is what the cache would do
// if the protocol had left something out.
func TestInterleavingsFindBugs(t *testing.T) {
	for name, k := range map[string]kind{
		"values overwrite what is there":     {bug: overwriting},
		"values are only added":              {bug: addOnly, hurries: true},
		"values are only added, to evictors": {bug: addOnly, evicts: true},
		"nothing is removed after a change":  {bug: deaf},
	} {
		t.Run(name, func(t *testing.T) {
			if seed, _ := interleave(t, k); seed == 0 && *oneSeed == 0 {
				t.Errorf("%d interleavings found nothing wrong", *seeds)
			}
		})
	}
}

// overwriting sets a value that should replace only its own tombstone.
func overwriting(cache sessions.Store) *tapped {
	return &tapped{cache, func(ctx context.Context, c call, next func(context.Context) error) error {
		if c.method == "Replace" && len(c.old.Data) == 0 && len(c.rec.Data) > 0 {
			_ = cache.Delete(ctx, c.key)
			return cache.Create(ctx, c.key, c.rec)
		}
		return next(ctx)
	}}
}

// addOnly lets a value in when there is nothing, as after a tombstone's end.
func addOnly(cache sessions.Store) *tapped {
	return &tapped{cache, func(ctx context.Context, c call, next func(context.Context) error) error {
		err := next(ctx)
		if c.method == "Replace" && len(c.old.Data) == 0 && len(c.rec.Data) > 0 && err != nil {
			return cache.Create(ctx, c.key, c.rec)
		}
		return err
	}}
}

// deaf never removes.
func deaf(cache sessions.Store) *tapped {
	return &tapped{cache, func(ctx context.Context, c call, next func(context.Context) error) error {
		if c.method == "Delete" {
			return nil
		}
		return next(ctx)
	}}
}
