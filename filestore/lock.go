package filestore

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"time"
)

// This file lets one writer at a time decide on a session, across goroutines
// and processes.
//
// The locks are files of their own, since a rename replaces a session's file and
// with it the lock that somebody may hold on it. There is a fixed number of them,
// since removing a lock file has the same flaw.

const (
	lockCount = 64

	// A lock is held for some ten microseconds, so asking again soon is cheaper
	// than anything that could wake us.
	shortestWait = 20 * time.Microsecond
	longestWait  = 2 * time.Millisecond
)

// locks has a turn for each lock file. Turns are for this store's goroutines,
// which take them in order; the files are for everybody else's.
type locks struct {
	turns [lockCount]chan struct{}
}

func (l *locks) open() {
	for i := range l.turns {
		l.turns[i] = make(chan struct{}, 1)
	}
}

// locked calls act while it holds the lock that name shares with one in 64
// others. It waits for it only as long as ctx allows; act then runs to its end.
func (s *Store) locked(ctx context.Context, name string, act func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n := crc32.ChecksumIEEE([]byte(name)) % lockCount
	select {
	case s.locks.turns[n] <- struct{}{}:
		defer func() { <-s.locks.turns[n] }()
	case <-ctx.Done():
		return waited(ctx)
	}
	f, err := s.lockFile(ctx, s.path(fmt.Sprintf("%s%02d", lockPrefix, n)))
	if err != nil {
		return err
	}
	defer f.Close() // and with it goes the lock
	return act()
}

// lockFile opens and locks the file at path.
func (s *Store) lockFile(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := s.openLock(path)
		if err != nil {
			return nil, problem("cannot open a lock file, which may be another user's", err)
		}
		err = lock(ctx, f)
		if err == nil && sameFile(f, path) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
		// Somebody removed the file before we had it, so others lock a new one.
	}
}

func (s *Store) openLock(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|openFlags, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = s.createFile(path)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// lock asks for the lock on f until it has it or ctx is done.
func lock(ctx context.Context, f *os.File) error {
	for pause := shortestWait; ; pause = min(2*pause, longestWait) {
		ok, err := tryLock(f)
		if err != nil {
			return problem("cannot lock; the file system must have flock(2)", err)
		}
		if ok {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return waited(ctx)
		}
	}
}

func waited(ctx context.Context) error {
	return fmt.Errorf("filestore: waiting for another writer: %w", ctx.Err())
}

func sameFile(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, named)
}
