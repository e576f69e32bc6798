//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file checks the locks: who waits, for how long, and that nobody is let in
// twice.

// lockAll locks every lock file in dir, as another process would, and answers
// how to let go.
func lockAll(t *testing.T, dir string) (release func()) {
	t.Helper()
	var held []*os.File
	for n := range 64 {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf(".lock-%02d", n)), os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, f)
	}
	return func() {
		for _, f := range held {
			f.Close()
		}
	}
}

func TestLockWaitEndsWithTheContext(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	old := create(t, s, key, record(1))
	defer lockAll(t, dir)()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for call, err := range map[string]error{
			"Replace": s.Replace(ctx, key, old, sessions.Record{Data: []byte("{}"), Expires: old.Expires}),
			"Delete":  s.Delete(ctx, key),
		} {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", call, err)
			}
		}
	})
	if got := load(t, s, key); string(got.Data) != `{"n":1}` {
		t.Errorf("stored after all: %s", got.Data)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

func TestLockWaitEndsWithTheLock(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	old := create(t, s, key, record(1))
	release := lockAll(t, dir)
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error)
		rec := record(2)
		rec.Expires = old.Expires
		go func() { done <- s.Replace(t.Context(), key, old, rec) }()
		time.Sleep(500 * time.Millisecond)
		select {
		case err := <-done:
			t.Errorf("Replace went past the lock: %v", err)
		default:
		}
		at := time.Now()
		release()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if late := time.Since(at); late > 2*time.Millisecond {
			t.Errorf("noticed %v late that the lock was free", late)
		}
	})
}

// gate is a Format that lets a test step in before each Encode and Decode.
type gate struct {
	dated
	encode, decode func()
}

func (g *gate) Encode(rec sessions.Record) ([]byte, error) {
	if g.encode != nil {
		g.encode()
	}
	return g.dated.Encode(rec)
}

func (g *gate) Decode(content []byte, modified time.Time) (sessions.Record, error) {
	if g.decode != nil {
		g.decode()
	}
	return g.dated.Decode(content, modified)
}

func TestLockWaitWithinAProcess(t *testing.T) {
	dir := t.TempDir() + "/s"
	synctest.Test(t, func(t *testing.T) {
		format := &gate{dated: dated{age: time.Hour}}
		s := open(t, dir, filestore.Config{Format: format})
		old := create(t, s, key, record(1))

		proceed := make(chan struct{})
		format.decode = sync.OnceFunc(func() { <-proceed })
		first := make(chan error, 1)
		go func() { first <- s.Replace(t.Context(), key, old, record(2)) }()
		synctest.Wait() // it compares, so it has the lock

		ctx, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		go func() { second <- s.Delete(ctx, key) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-second:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Delete while another holds the lock: %v", err)
			}
		default:
			t.Error("Delete still waits for the lock, although its context has ended")
		}
		close(proceed)
		if err := <-first; err != nil {
			t.Error(err)
		}
		if got := load(t, s, key); string(got.Data) != `{"n":2}` {
			t.Errorf("stored: %s", got.Data)
		}
	})
}

// TestReplaceComparesUnderTheLock: between what was loaded and the write, another
// store replaces the session.
func TestReplaceComparesUnderTheLock(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	rival := open(t, dir, filestore.Config{Format: dated{age: time.Hour}})
	format := &gate{dated: dated{age: time.Hour}}
	s := open(t, dir, filestore.Config{Format: format})
	old := create(t, s, key, record(1))
	format.encode = sync.OnceFunc(func() {
		if err := rival.Replace(ctx, key, old, record(2)); err != nil {
			t.Error(err)
		}
	})
	if err := s.Replace(ctx, key, old, record(3)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace: %v", err)
	}
	if got := load(t, s, key); string(got.Data) != `{"n":2}` {
		t.Errorf("stored: %s", got.Data)
	}
}

// TestRemovedLockFile: whoever waits for a lock file that is removed meanwhile
// must not be content with a lock on nothing.
func TestRemovedLockFile(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	old := create(t, s, key, record(1))
	release := lockAll(t, dir)
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error)
		rec := record(2)
		rec.Expires = old.Expires
		go func() { done <- s.Replace(t.Context(), key, old, rec) }()
		time.Sleep(time.Second) // it waits for the old files
		for n := range 64 {
			os.Remove(filepath.Join(dir, fmt.Sprintf(".lock-%02d", n)))
		}
		releaseNew := lockAll(t, dir)
		release()
		time.Sleep(time.Second)
		select {
		case err := <-done:
			t.Errorf("went past the new lock file: %v", err)
		default:
		}
		releaseNew()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
