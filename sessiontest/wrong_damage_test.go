package sessiontest

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is a store whose records can be damaged, and the wrong ones that do
// not see it.

// fragile is a store whose records can be damaged, and can be foreign.
type fragile struct {
	*wrong
	mu      sync.Mutex
	damaged map[string]string // the revision, by key
	foreign map[string][]string
}

func newFragile() *fragile {
	return &fragile{wrong: newWrong(nil), damaged: map[string]string{}, foreign: map[string][]string{}}
}

func (f *fragile) Load(ctx context.Context, key string) (sessions.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rec, err := f.wrong.Load(ctx, key)
	if _, bad := f.damaged[key]; bad && err == nil {
		return sessions.Record{Revision: "damaged"}, sessions.ErrCorrupt
	}
	rec.Foreign = f.foreign[key]
	return rec, err
}

func (f *fragile) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, bad := f.damaged[key]; bad && old.Revision == "damaged" {
		delete(f.damaged, key)
		old, _ = f.wrong.Load(ctx, key)
	}
	return f.wrong.Replace(ctx, key, old, rec)
}

func (f *fragile) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for l, err := range f.wrong.List(ctx) {
			f.mu.Lock()
			if _, bad := f.damaged[l.Key]; bad {
				l.Record.Data = nil
			}
			f.mu.Unlock()
			if !yield(l, err) {
				return
			}
		}
	}
}

func fragileHarness(make func() sessions.Store, of func(sessions.Store) *fragile) Harness {
	return Harness{
		Open: func(testing.TB) sessions.Store { return make() },
		Corrupt: func(_ testing.TB, store sessions.Store, key string) {
			of(store).damaged[key] = "damaged"
		},
		Foreign: func(tb testing.TB, store sessions.Store, key string) []string {
			rec := sessions.Record{Data: []byte(`{"a":1}`), Expires: time.Now().Add(time.Hour)}
			if err := store.Create(tb.Context(), key, rec); err != nil {
				tb.Fatal(err)
			}
			of(store).foreign[key] = []string{"set", "date"}
			return []string{"date", "set"}
		},
	}
}

func TestFragileStore(t *testing.T) {
	Run(t, fragileHarness(
		func() sessions.Store { return newFragile() },
		func(s sessions.Store) *fragile { return s.(*fragile) }))
}

// blind overrides one method of a fragile store.
type blind struct {
	*fragile
	load    func(ctx context.Context, key string) (sessions.Record, error)
	replace func(ctx context.Context, key string, old, rec sessions.Record) error
	list    func(ctx context.Context) iter.Seq2[sessions.Listed, error]
}

func (b *blind) Load(ctx context.Context, key string) (sessions.Record, error) {
	return b.load(ctx, key)
}
func (b *blind) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	return b.replace(ctx, key, old, rec)
}
func (b *blind) List(ctx context.Context) iter.Seq2[sessions.Listed, error] { return b.list(ctx) }

var wrongFragiles = []struct {
	name   string
	breaks string
	make   func(b *blind)
}{
	{name: "damage is nothing", breaks: corruptKnown, make: func(b *blind) {
		b.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := b.fragile.Load(ctx, key)
			if err == sessions.ErrCorrupt {
				err = sessions.ErrNotFound
			}
			return rec, err
		}
	}},
	{name: "damage stays", breaks: corruptKnown, make: func(b *blind) {
		b.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := b.fragile.Load(ctx, key)
			rec.Revision = ""
			return rec, err
		}
	}},
	{name: "repaired twice", breaks: replaceStale, make: func(b *blind) {
		b.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if old.Revision == "damaged" && b.fragile.Replace(ctx, key, old, rec) != nil {
				return overwrite(b.wrong, ctx, key, rec)
			}
			return nil
		}
	}},
	{name: "damage is listed as it lies", breaks: corruptListed, make: func(b *blind) { b.list = b.wrong.List }},
	{name: "foreign values are dropped", breaks: foreignNamed, make: func(b *blind) {
		b.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := b.fragile.Load(ctx, key)
			rec.Foreign = nil
			return rec, err
		}
	}},
	{name: "foreign values become text", breaks: foreignNamed, make: func(b *blind) {
		b.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := b.fragile.Load(ctx, key)
			if len(rec.Foreign) > 0 {
				rec.Data, _ = json.Marshal(map[string]any{"a": 1, "date": "2026-11-22"})
			}
			return rec, err
		}
	}},
}

func TestWrongFragileStores(t *testing.T) {
	for _, c := range wrongFragiles {
		t.Run(c.name, func(t *testing.T) {
			h := fragileHarness(
				func() sessions.Store {
					f := newFragile()
					b := &blind{f, f.Load, f.Replace, f.List}
					c.make(b)
					return b
				},
				func(s sessions.Store) *fragile { return s.(*blind).fragile })
			var broken []Broken
			for _, check := range damageChecks {
				found, _ := check.of(t, h)
				broken = append(broken, found...)
			}
			expectBroken(t, broken, c.breaks)
		})
	}
}
