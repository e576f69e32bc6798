package sessiontest

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is a museum of wrong stores: each makes one mistake, and the suite
// must say which promise it breaks.

// wrong is a right store but for the methods that are set.
type wrong struct {
	*memstore.Store
	load      func(ctx context.Context, key string) (sessions.Record, error)
	create    func(ctx context.Context, key string, rec sessions.Record) error
	replace   func(ctx context.Context, key string, old, rec sessions.Record) error
	delete    func(ctx context.Context, key string) error
	touch     func(ctx context.Context, key string, expires time.Time) error
	sweep     func(ctx context.Context, limit int) (int, error)
	list      func(ctx context.Context) iter.Seq2[sessions.Listed, error]
	listOwner func(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error]
}

func newWrong(now func() time.Time) *wrong {
	m := memstore.New(memstore.Config{Now: now})
	return &wrong{m, m.Load, m.Create, m.Replace, m.Delete, m.Touch, m.Sweep, m.List, m.ListOwner}
}

func (w *wrong) Load(ctx context.Context, key string) (sessions.Record, error) {
	return w.load(ctx, key)
}
func (w *wrong) Create(ctx context.Context, key string, rec sessions.Record) error {
	return w.create(ctx, key, rec)
}
func (w *wrong) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	return w.replace(ctx, key, old, rec)
}
func (w *wrong) Delete(ctx context.Context, key string) error { return w.delete(ctx, key) }
func (w *wrong) Touch(ctx context.Context, key string, expires time.Time) error {
	return w.touch(ctx, key, expires)
}
func (w *wrong) Sweep(ctx context.Context, limit int) (int, error) { return w.sweep(ctx, limit) }
func (w *wrong) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return w.list(ctx)
}
func (w *wrong) ListOwner(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
	return w.listOwner(ctx, owner)
}

// pause lets every other goroutine come to the same place.
func pause() {
	for range 100 {
		runtime.Gosched()
	}
}

// mistake is one wrong store.
type mistake struct {
	name   string
	make   func(w *wrong)
	breaks string

	// only is the check to run, for mistakes that are data races as well.
	only string
}

var mistakes = slices.Concat(wrongReads, wrongWrites, wrongExpiry, wrongTouches, wrongSweeps, wrongLists, wrongKeys, wrongContexts)

func TestWrongStores(t *testing.T) {
	defer func(usual time.Duration) { hangs = usual }(hangs)
	hangs = time.Second
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			clock := NewClock(time.Now().Truncate(time.Second).Add(123457 * time.Microsecond))
			h := Harness{Clock: clock, Names: true, Open: func(testing.TB) sessions.Store {
				w := newWrong(clock.Now)
				m.make(w)
				return w
			}}
			var broken []Broken
			for _, c := range checks {
				if m.only != "" && m.only != c.name {
					continue
				}
				found, _ := c.of(t, h)
				if promised(found, m.breaks) {
					return
				}
				broken = append(broken, found...)
			}
			t.Errorf("no check found that this promise is broken: %s\nfound instead: %v", m.breaks, broken)
		})
	}
}

func promised(broken []Broken, promise string) bool {
	return slices.ContainsFunc(broken, func(b Broken) bool { return b.Promise == promise })
}
