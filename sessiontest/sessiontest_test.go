package sessiontest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file runs the suite on right stores, of which it must not complain: ones
// that can do everything, and ones that can do the least.

func TestRightStore(t *testing.T) {
	for name, resolution := range map[string]time.Duration{"exact": 0, "coarse": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			Run(t, Harness{
				Open:       func(testing.TB) sessions.Store { return memstore.New(memstore.Config{}) },
				Reopen:     func(_ testing.TB, store sessions.Store) sessions.Store { return store },
				Resolution: resolution,
			})
		})
	}
}

// TestCheckInBubble waits for real time that is none.
func TestCheckInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, b := range Check(t, Harness{
			Open: func(testing.TB) sessions.Store { return memstore.New(memstore.Config{}) },
		}) {
			t.Error(b)
		}
	})
}

// plain is a store of four methods, in a layout that knows no more than what
// Django's cache entries do.
type plain struct{ s *memstore.Store }

func (p plain) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := p.s.Load(ctx, key)
	return sessions.Record{Data: rec.Data}, err
}

func (p plain) Create(ctx context.Context, key string, rec sessions.Record) error {
	if len(key) > 40 {
		return errors.New("the key is too long")
	}
	if len(rec.Data) > 1<<16 {
		return sessions.ErrFull
	}
	return p.s.Create(ctx, key, rec)
}

func (p plain) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	if len(rec.Data) == 0 {
		rec.Expires = time.Time{}
	}
	return p.s.Replace(ctx, key, old, rec)
}

func (p plain) Delete(ctx context.Context, key string) error { return p.s.Delete(ctx, key) }

func plainHarness() Harness {
	clock := NewClock(time.Now())
	return Harness{
		Open:    func(testing.TB) sessions.Store { return plain{memstore.New(memstore.Config{Now: clock.Now})} },
		Clock:   clock,
		MaxData: 1 << 16, MaxKey: 40,
		NoExpires: true, NoCreated: true, NoOwner: true, NoTombstones: true,
	}
}

func TestLeastStore(t *testing.T) {
	Run(t, plainHarness())
}

// TestHarnessIsBelieved: a store that lacks what its harness does not admit is
// found wrong.
func TestHarnessIsBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		claim  func(h *Harness)
		breaks string
	}{
		"expires":    {func(h *Harness) { h.NoExpires = false }, loadAll},
		"created":    {func(h *Harness) { h.NoCreated = false }, loadAll},
		"owner":      {func(h *Harness) { h.NoOwner = false }, loadAll},
		"tombstones": {func(h *Harness) { h.NoTombstones = false }, tombstoneEnds},
		"data":       {func(h *Harness) { h.MaxData = 0 }, createFree},
		"keys":       {func(h *Harness) { h.MaxKey = 0 }, keysAreNames},
	} {
		t.Run(name, func(t *testing.T) {
			h := plainHarness()
			c.claim(&h)
			expectBroken(t, Check(t, h), c.breaks)
		})
	}
	t.Run("a second handle on other data", func(t *testing.T) {
		h := plainHarness()
		h.Reopen = func(tb testing.TB, _ sessions.Store) sessions.Store { return h.Open(tb) }
		expectBroken(t, Check(t, h), sharedData)
	})
	t.Run("tombstones that are there", func(t *testing.T) {
		expectBroken(t, Check(t, Harness{
			Open:         func(testing.TB) sessions.Store { return memstore.New(memstore.Config{}) },
			NoTombstones: true,
		}), tombstoneNone)
	})
}

func expectBroken(t *testing.T, broken []Broken, promise string) {
	t.Helper()
	if !promised(broken, promise) {
		t.Errorf("no check found that this promise is broken: %s\nfound instead: %v", promise, broken)
	}
}

func TestBrokenSaysWhat(t *testing.T) {
	b := Broken{Check: "delete/is final", Promise: endedForEver, Seen: "Load answered no error"}
	if got := b.Error(); !strings.HasPrefix(got, "promise broken: a deleted session never comes back: Load") {
		t.Error(got)
	}
}
