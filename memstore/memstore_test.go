package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks what memstore promises beyond the contract: its limit, its
// memory and its allocations.

func TestConformance(t *testing.T) {
	clock := sessiontest.NewClock(time.Now())
	sessiontest.Run(t, sessiontest.Harness{
		Names: true,
		Open:  func(testing.TB) sessions.Store { return memstore.New(memstore.Config{Now: clock.Now}) },
		Clock: clock,
	})
}

func TestConformanceWithLimit(t *testing.T) {
	sessiontest.Run(t, sessiontest.Harness{
		Names: true,
		Open:  func(testing.TB) sessions.Store { return memstore.New(memstore.Config{MaxSessions: 1000}) },
	})
}

func key(n int) string { return fmt.Sprintf("key%029d", n) }

func record(expires time.Time) sessions.Record {
	return sessions.Record{Data: []byte(`{"sname":"irfan"}`), Expires: expires}
}

func create(t testing.TB, s *memstore.Store, key string, rec sessions.Record) {
	t.Helper()
	if err := s.Create(t.Context(), key, rec); err != nil {
		t.Fatal(err)
	}
}

func TestFullStoreDropsNothing(t *testing.T) {
	const limit = 50
	s := memstore.New(memstore.Config{MaxSessions: limit})
	later := time.Now().Add(time.Hour)
	for n := range limit {
		create(t, s, key(n), record(later))
	}
	for n := limit; n < 2*limit; n++ {
		if err := s.Create(t.Context(), key(n), record(later)); !errors.Is(err, sessions.ErrFull) {
			t.Fatalf("Create in a full store answered %v, want ErrFull", err)
		}
	}
	for n := range limit {
		if _, err := s.Load(t.Context(), key(n)); err != nil {
			t.Errorf("a full store lost session %d: %v", n, err)
		}
	}
}

// endings are the ways to end session 0, a second before its expiry, whose
// place is then free.
var endings = map[string]func(ctx context.Context, s *memstore.Store, clock *sessiontest.Clock, old sessions.Record) error{
	"delete": func(ctx context.Context, s *memstore.Store, _ *sessiontest.Clock, _ sessions.Record) error {
		return s.Delete(ctx, key(0))
	},
	"delete twice": func(ctx context.Context, s *memstore.Store, _ *sessiontest.Clock, _ sessions.Record) error {
		return errors.Join(s.Delete(ctx, key(0)), s.Delete(ctx, key(0)))
	},
	"replace": func(ctx context.Context, s *memstore.Store, clock *sessiontest.Clock, old sessions.Record) error {
		return s.Replace(ctx, key(0), old, record(clock.Now()))
	},
	"touch": func(ctx context.Context, s *memstore.Store, clock *sessiontest.Clock, _ sessions.Record) error {
		return s.Touch(ctx, key(0), clock.Now())
	},
	"expiry": func(_ context.Context, _ *memstore.Store, clock *sessiontest.Clock, _ sessions.Record) error {
		clock.Advance(time.Second)
		return nil
	},
	"sweep": func(ctx context.Context, s *memstore.Store, clock *sessiontest.Clock, _ sessions.Record) error {
		clock.Advance(time.Second)
		_, err := s.Sweep(ctx, 10)
		return err
	},
	"tombstone": func(ctx context.Context, s *memstore.Store, clock *sessiontest.Clock, old sessions.Record) error {
		err := s.Replace(ctx, key(0), old, sessions.Record{Expires: clock.Now().Add(time.Second)})
		if full := s.Create(ctx, key(9), record(clock.Now().Add(time.Hour))); !errors.Is(full, sessions.ErrFull) {
			return fmt.Errorf("a tombstone does not count: Create answered %v", full)
		}
		clock.Advance(time.Second)
		return err
	},
}

// TestFullStoreMakesRoom: each way to end a session gives its place back, once.
func TestFullStoreMakesRoom(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			clock := sessiontest.NewClock(time.Now())
			later := clock.Now().Add(time.Hour)
			s := memstore.New(memstore.Config{MaxSessions: 2, Now: clock.Now})
			create(t, s, key(0), record(clock.Now().Add(time.Second)))
			create(t, s, key(1), record(later))
			old, err := s.Load(t.Context(), key(0))
			if err = errors.Join(err, end(t.Context(), s, clock, old)); err != nil {
				t.Fatal(err)
			}
			for range 3 { // a refused Create takes no place either
				if err := s.Create(t.Context(), key(1), record(later)); !errors.Is(err, sessions.ErrConflict) {
					t.Fatalf("Create under a key that is taken answered %v, want ErrConflict", err)
				}
			}
			create(t, s, key(2), record(later))
			if err := s.Create(t.Context(), key(3), record(later)); !errors.Is(err, sessions.ErrFull) {
				t.Errorf("one session ended, one began, and the store is not full: %v", err)
			}
		})
	}
}

func TestLimitIsExactInARace(t *testing.T) {
	const limit, racers, each = 100, 8, 50
	s := memstore.New(memstore.Config{MaxSessions: limit})
	later := time.Now().Add(time.Hour)
	var begun atomic.Int64
	var wg sync.WaitGroup
	for r := range racers {
		wg.Go(func() {
			for n := range each {
				switch err := s.Create(t.Context(), key(r*each+n), record(later)); {
				case err == nil:
					begun.Add(1)
				case !errors.Is(err, sessions.ErrFull):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if begun.Load() != limit {
		t.Errorf("%d sessions began in a store with room for %d", begun.Load(), limit)
	}
}

// TestExpiredDoNotPileUp: without Sweep, a store that sessions keep beginning in
// stays in proportion to the living.
func TestExpiredDoNotPileUp(t *testing.T) {
	const living, all = 5000, 60000
	clock := sessiontest.NewClock(time.Now())
	s := memstore.New(memstore.Config{Now: clock.Now})
	for n := range all {
		create(t, s, key(n), record(clock.Now().Add(living*time.Second)))
		clock.Advance(time.Second)
	}
	expired, err := s.Sweep(t.Context(), all)
	if err != nil || expired > living/2 {
		t.Errorf("%d expired records lay in a store of %d living ones (%v)", expired, living, err)
	}
}

// heap answers how much memory f leaves in use.
func heap(f func()) int64 {
	use := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := use()
	f()
	return use() - before
}

// TestKeysAreNotKept: a key cut from a request's header must not keep it alive.
func TestKeysAreNotKept(t *testing.T) {
	const count, header = 500, 64 << 10
	s := memstore.New(memstore.Config{})
	later := time.Now().Add(time.Hour)
	cutKey := func(n int) string { return (key(n) + strings.Repeat(" ", header))[:32] }
	used := heap(func() {
		for n := range count {
			create(t, s, cutKey(n), record(later))
			old, err := s.Load(t.Context(), cutKey(n))
			rec := record(later)
			rec.Owner = "1"
			if err = errors.Join(err, s.Replace(t.Context(), cutKey(n), old, rec), s.Touch(t.Context(), cutKey(n), later)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if used > count*header/4 {
		t.Errorf("%d sessions keep %d bytes of memory", count, used)
	}
	runtime.KeepAlive(s)
}

// TestMemoryComesBack: what ended leaves nothing behind, nor do its owners.
func TestMemoryComesBack(t *testing.T) {
	const count = 50000
	s := memstore.New(memstore.Config{})
	used := heap(func() {
		for n := range count {
			rec := record(time.Now().Add(time.Hour))
			rec.Owner = fmt.Sprint(n)
			create(t, s, key(n), rec)
		}
		for n := range count {
			if err := s.Delete(t.Context(), key(n)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if used > count*40 {
		t.Errorf("%d sessions that ended left %d bytes", count, used)
	}
	runtime.KeepAlive(s)
}

// TestMemoryOfASession compares with the least that could hold the same.
func TestMemoryOfASession(t *testing.T) {
	const count = 100000
	data := func() []byte { return []byte(strings.Repeat("x", 350)) }
	later := time.Now().Add(time.Hour)
	plain := map[string]string{}
	least := heap(func() {
		for n := range count {
			plain[key(n)] = string(data())
		}
	})
	s := memstore.New(memstore.Config{})
	ours := heap(func() {
		for n := range count {
			create(t, s, key(n), sessions.Record{Data: data(), Expires: later, Created: later})
		}
	})
	t.Logf("bytes a session: %d in a map[string]string, %d here", least/count, ours/count)
	if float64(ours) > 1.3*float64(least) {
		t.Errorf("a session takes %d bytes, in a map[string]string %d", ours/count, least/count)
	}
	runtime.KeepAlive(plain)
	runtime.KeepAlive(s)
}

func TestAllocations(t *testing.T) {
	s := memstore.New(memstore.Config{})
	later := time.Now().Add(time.Hour)
	create(t, s, key(0), record(later))
	ctx, known, unknown := context.Background(), key(0), key(1)
	for name, call := range map[string]func(){
		"Load":            func() { _, _ = s.Load(ctx, known) },
		"Load of nothing": func() { _, _ = s.Load(ctx, unknown) },
		"Touch":           func() { _ = s.Touch(ctx, known, later) },
		"Replace": func() {
			old, _ := s.Load(ctx, known)
			_ = s.Replace(ctx, known, old, old)
		},
	} {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// TestSweepGoesOn: bounded sweeps together find all.
func TestSweepGoesOn(t *testing.T) {
	const expired, limit = 5000, 300
	clock := sessiontest.NewClock(time.Now())
	s := memstore.New(memstore.Config{Now: clock.Now})
	for n := range expired {
		create(t, s, key(n), record(clock.Now().Add(time.Second)))
	}
	clock.Advance(time.Second)
	for left := expired; left >= 0; left -= limit {
		n, err := s.Sweep(t.Context(), limit)
		if err != nil || n != min(left, limit) {
			t.Fatalf("Sweep with %d expired left deleted %d (%v), want %d", left, n, err, min(left, limit))
		}
	}
}
