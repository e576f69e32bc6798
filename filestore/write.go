package filestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file changes session files, each in one step that cannot be seen half
// done.

// Create implements [sessions.Store]. An expired record counts as taken until
// Sweep removes it. [sessions.ErrFull] is a full disk or quota.
func (s *Store) Create(ctx context.Context, key string, rec sessions.Record) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	if len(rec.Data) == 0 {
		return errors.New("filestore: a session cannot begin without data, not even {}")
	}
	aside, err := s.prepare(ctx, rec)
	if err != nil {
		return err
	}
	defer os.Remove(aside)
	// Unlike a rename, a link never takes the place of another file.
	if err := os.Link(aside, s.path(name)); errors.Is(err, fs.ErrExist) {
		return sessions.ErrConflict
	} else if err != nil {
		return problem("cannot name the session's file", err)
	}
	return s.syncDir()
}

// Replace implements [sessions.Store].
//
// It writes before it locks, so that nobody waits for somebody else's disk: the
// lock is held for a comparison and a rename.
func (s *Store) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	if !rec.Expires.After(s.now()) {
		return s.remove(ctx, name, &old)
	}
	aside, err := s.prepare(ctx, rec)
	if len(rec.Data) == 0 && errors.Is(err, errors.ErrUnsupported) {
		return s.remove(ctx, name, &old)
	}
	if err != nil {
		return err
	}
	err = s.locked(ctx, name, func() error {
		if err := s.current(name, old); err != nil {
			return err
		}
		return problem("cannot replace the session's file", os.Rename(aside, s.path(name)))
	})
	if err != nil {
		os.Remove(aside)
		return err
	}
	return s.syncDir()
}

// Delete implements [sessions.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	name, err := s.name(key)
	if err != nil {
		return nil // nothing can be there
	}
	return s.remove(ctx, name, nil)
}

// remove deletes a file: if old is given, only as long as it holds that.
func (s *Store) remove(ctx context.Context, name string, old *sessions.Record) error {
	err := s.locked(ctx, name, func() error {
		if old != nil {
			if err := s.current(name, *old); err != nil {
				return err
			}
		}
		return s.unlink(name)
	})
	if err != nil {
		return err
	}
	return s.syncDir()
}

// unlink removes a name, under the lock. That it is gone already is no error:
// a program with the same layout may know nothing of our locks.
func (s *Store) unlink(name string) error {
	err := os.Remove(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return problem("cannot remove the session's file", err)
}

// Touch implements [sessions.Toucher]. With a [Dated] format it sets the file's
// modification time; otherwise it replaces the file by one that differs in the
// expiry alone.
func (s *Store) Touch(ctx context.Context, key string, expires time.Time) error {
	name, err := s.name(key)
	if err != nil {
		return sessions.ErrNotFound
	}
	if dated, ok := s.format.(Dated); ok {
		return s.locked(ctx, name, func() error { return s.redate(dated, name, expires) })
	}
	for {
		rec, err := s.load(name)
		if errors.Is(err, sessions.ErrNotFound) {
			return sessions.ErrNotFound // tombstones too
		}
		if err != nil {
			return err
		}
		old := rec
		rec.Expires = expires
		// On a conflict somebody else was faster, and it is theirs to touch.
		if err := s.Replace(ctx, key, old, rec); !errors.Is(err, sessions.ErrConflict) {
			return err
		}
	}
}

// redate is a Touch by modification time, under the lock.
func (s *Store) redate(format Dated, name string, expires time.Time) error {
	rec, err := s.load(name)
	if errors.Is(err, sessions.ErrNotFound) {
		return sessions.ErrNotFound
	}
	if err != nil {
		return err
	}
	rec.Expires = expires
	modified := format.Modified(rec)
	if modified.IsZero() {
		return nil
	}
	err = os.Chtimes(s.path(name), time.Time{}, modified)
	return problem("cannot set the time of the session's file", err)
}
