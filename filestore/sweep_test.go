//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file checks that Sweep removes what is of no more use and nothing else.

// in answers a Config whose clock is ahead by d.
func in(d time.Duration) filestore.Config {
	return filestore.Config{NoSync: true, Now: func() time.Time { return time.Now().Add(d) }}
}

func TestSweepInSteps(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s, later := open(t, dir, in(0)), open(t, dir, in(2*time.Hour))
	const n = 320 // more than one batch of names
	for i := range n {
		rec := record(i)
		if i%2 == 0 {
			rec.Expires = rec.Expires.Add(5 * time.Hour)
		}
		create(t, s, fmt.Sprintf("%032d", i), rec)
	}
	swept, steps := 0, 0
	for {
		got, err := later.Sweep(ctx, 40)
		if err != nil || got > 40 {
			t.Fatal(got, err)
		}
		swept, steps = swept+got, steps+1
		if got < 40 {
			break
		}
	}
	if swept != n/2 || steps != n/2/40+1 || len(names(t, dir)) != n/2 {
		t.Errorf("%d swept in %d steps, %d left", swept, steps, len(names(t, dir)))
	}
	if n, err := later.Sweep(ctx, 0); n != 0 || err != nil {
		t.Errorf("Sweep of none: %d, %v", n, err)
	}
}

// TestSweepGoesRound: what expires behind the place where the last call stopped
// is found before Sweep says that it is done.
func TestSweepGoesRound(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s, later := open(t, dir, in(0)), open(t, dir, in(2*time.Hour))
	for i := range 300 {
		create(t, s, fmt.Sprintf("%032d", i), record(i))
	}
	if n, err := later.Sweep(ctx, 299); n != 299 || err != nil {
		t.Fatal(n, err)
	}
	for i := range 300 {
		_ = s.Create(ctx, fmt.Sprintf("%032d", i), record(i))
	}
	if n, err := later.Sweep(ctx, 1000); n != 300 || err != nil {
		t.Errorf("swept %d of 300, %v", n, err)
	}
}

// TestSweepSparesTheTouched: a session is touched after Sweep has judged it to
// have expired, and before it has the lock.
func TestSweepSparesTheTouched(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s := open(t, dir, in(0))
	create(t, s, key, record(1))
	armed := false
	touch := sync.OnceFunc(func() {
		if err := s.Touch(ctx, key, time.Now().Add(5*time.Hour)); err != nil {
			t.Error(err)
		}
	})
	later := open(t, dir, filestore.Config{Now: func() time.Time {
		if armed {
			touch() // the file has been read, the clock is asked
		}
		return time.Now().Add(2 * time.Hour)
	}})
	armed = true
	if n, err := later.Sweep(ctx, 10); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	load(t, s, key)
}

func TestSweepRemovesForgottenAsides(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	open(t, dir, in(0))
	aside := fmt.Sprintf(".tmp-%d-KILLED", time.Now().Unix())
	if err := os.WriteFile(filepath.Join(dir, aside), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		left  int
	}{{0, 1}, {9 * time.Minute, 1}, {11 * time.Minute, 0}} {
		if n, err := open(t, dir, in(c.after)).Sweep(ctx, 10); n != 0 || err != nil {
			t.Errorf("Sweep: %d, %v", n, err)
		}
		if got := names(t, dir); len(got) != c.left {
			t.Errorf("after %v: %q", c.after, got)
		}
	}
}

func TestSweepKeepsWhatItCannotRead(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s := open(t, dir, in(0))
	if err := os.WriteFile(filepath.Join(dir, file), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(ctx, 10); n != 0 || err != nil {
		t.Errorf("Sweep: %d, %v", n, err)
	}
	if _, err := s.Load(ctx, key); !errors.Is(err, sessions.ErrCorrupt) {
		t.Errorf("Load: %v", err)
	}
}
