package filestore

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/cloakroom-go/sessions"
)

// This file goes through the directory, to list the living and to sweep out the
// expired.

// batch is how many names are in memory at a time.
const batch = 256

// walk hands the names in a directory to its user, one by one.
type walk struct {
	dir   *os.File
	names []string
}

// next answers another name, or [io.EOF] after the last.
func (w *walk) next(dir string) (string, error) {
	if w.dir == nil {
		d, err := os.Open(dir)
		if err != nil {
			return "", err
		}
		w.dir = d
	}
	if len(w.names) == 0 {
		names, err := w.dir.Readdirnames(batch)
		if err != nil {
			return "", err
		}
		w.names = names
	}
	name := w.names[0]
	w.names = w.names[1:]
	return name, nil
}

// restart makes the next name the first again.
func (w *walk) restart() {
	if w.dir != nil {
		w.dir.Close()
	}
	*w = walk{}
}

// List implements [sessions.Lister]. It reads every session's file.
func (s *Store) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		var w walk
		defer w.restart()
		for {
			listed, err := s.nextListed(ctx, &w)
			if err == io.EOF || !yield(listed, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) nextListed(ctx context.Context, w *walk) (sessions.Listed, error) {
	for {
		if err := ctx.Err(); err != nil {
			return sessions.Listed{}, err
		}
		name, err := w.next(s.dir)
		if err == io.EOF {
			return sessions.Listed{}, err
		}
		if err != nil {
			return sessions.Listed{}, problem("cannot list the session directory", err)
		}
		key, ok := s.key(name)
		if !ok {
			continue
		}
		rec, err := s.load(name)
		switch {
		case errors.Is(err, sessions.ErrNotFound):
			continue
		case err != nil && !errors.Is(err, sessions.ErrCorrupt):
			return sessions.Listed{}, err
		}
		return sessions.Listed{Key: key, Record: rec}, nil
	}
}

// cursor is where Sweep goes on. It is a channel of one so that sweeps take
// turns without losing sight of their context.
type cursor chan *walk

func (c *cursor) open() {
	*c = make(cursor, 1)
	*c <- &walk{}
}

// Sweep implements [sessions.Sweeper]. It goes on where the last call stopped,
// so that a series of calls reads each file about twice, however many of them
// live. It also removes what writers that died have left, uncounted. Sessions
// that cannot be decoded, files that are not the store's, and lock files stay.
func (s *Store) Sweep(ctx context.Context, limit int) (int, error) {
	var w *walk
	select {
	case w = <-s.sweep:
		defer func() { s.sweep <- w }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	resumed := w.dir != nil // then what lies before has yet to be seen
	swept := 0
	for swept < limit {
		if err := ctx.Err(); err != nil {
			return swept, err
		}
		name, err := w.next(s.dir)
		if err != nil {
			w.restart()
		}
		switch {
		case err == io.EOF && resumed:
			resumed = false
			continue
		case err == io.EOF:
			return swept, nil
		case err != nil:
			return swept, problem("cannot list the session directory", err)
		}
		gone, err := s.sweepFile(ctx, name)
		if err != nil {
			return swept, err
		}
		if gone {
			swept++
		}
	}
	return swept, nil
}

// sweepFile removes name if it is of no more use, and reports whether it was an
// expired session or tombstone. Whether it has expired is asked again under the
// lock, since it may have been touched meanwhile. That a file is gone need not
// reach the disk: after a power failure, it still has expired.
func (s *Store) sweepFile(ctx context.Context, name string) (bool, error) {
	if s.forgotten(name) {
		os.Remove(s.path(name))
		return false, nil
	}
	if _, ok := s.key(name); !ok || !s.expired(name) {
		return false, nil
	}
	gone := false
	err := s.locked(ctx, name, func() error {
		if !s.expired(name) {
			return nil
		}
		gone = true
		return s.unlink(name)
	})
	return gone && err == nil, err
}

func (s *Store) expired(name string) bool {
	_, err := s.load(name)
	return errors.Is(err, errExpired)
}
