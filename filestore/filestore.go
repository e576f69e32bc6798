// Package filestore keeps sessions as files in one directory, safely shared by
// many goroutines and many processes of one machine.
//
// Each session is a file of mode 0600, named by a prefix and the session key:
//
//	session-0fc4977dc9af9133cb7d25eadc74ed1c
//	.lock-00 … .lock-63     what writers of all processes lock; never removed
//	.tmp-1795377013-7QHX…   a file being written; Sweep removes forgotten ones
//
// What is inside is the [Format]'s affair. The native one is a line that says
// when the session ends, when it began and whose it is, then its JSON object:
//
//	cloakroom/1 expires=2026-12-06T19:50:13.123456Z created=2026-11-22T19:50:13.000000Z owner="42"
//	{"_auth_user_id":"42","cart":[7,9]}
//
// Times are UTC, to the microsecond. The owner is quoted as Go quotes strings,
// in ASCII; a session without one, or without a known beginning, has no such
// field. A tombstone is the line with its expiry alone and nothing after it.
//
// # What is kept, whatever happens
//
// A file is written aside, forced to the disk and then given its name, so that
// a reader, a crash or a power failure meets either the old session or the new
// one, whole. A write that fails, say on a full disk, leaves the old one.
//
// The directory belongs in a file system with hard links, flock(2) and atomic
// renames, such as any local one of Unix. Several machines that share it over a
// network depend on that file system's locks; prefer a database there. It
// should hold nothing else, and nothing should clean it up but [Store.Sweep]:
// whoever removes a lock file while it is held lets two writers in.
//
// No part of a session key ever reaches an error, and symbolic links, pipes and
// whatever else is not a regular file are never read or written through.
package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cloakroom-go/sessions"
)

// Config holds what is optional about a [Store]. The zero value is ready to use.
type Config struct {
	// Prefix begins the name of every session's file; the key follows. It is
	// made of letters, digits and !#$%&'*+-.^_`|~ as cookie names are, at most
	// 100 of them, and does not begin with a dot. "", the default, is
	// "session-".
	Prefix string

	// Format lays a session down in its file. nil, the default, is the native
	// format that the package's documentation shows.
	Format Format

	// NoSync leaves it to the operating system when to write to the disk.
	// Saving is then faster, by how much depends on the disk, and nothing is
	// lost when the process dies. But a power failure may take the latest
	// changes, a logout among them, or leave sessions that Load answers
	// [sessions.ErrCorrupt] for. false, the default, forces each change to the
	// disk before a method returns.
	NoSync bool

	// Now tells the time that expiry is judged by. nil, the default, is
	// [time.Now].
	Now func() time.Time
}

// Store is a [sessions.Store] over one directory that also implements
// [sessions.Toucher], [sessions.Sweeper] and [sessions.Lister]. It needs no
// closing, and any number of them may share a directory, in one process or in
// several, as long as their Prefix and Format are the same.
//
// A key that no Manager makes (see [sessions.Store]) is never looked for: Load
// and Touch answer [sessions.ErrNotFound], Create and Replace an error, and
// Delete nothing.
type Store struct {
	dir    string // absolute
	prefix string
	format Format
	sync   bool
	now    func() time.Time
	heir   heir
	locks  locks
	sweep  cursor
}

// Open returns the store in dir. A missing directory is made, with mode 0700,
// and so are its missing parents. It is an error if dir is no directory, cannot
// be written, lacks hard links or locks, or if others could put files into it:
// it must not be writable by its group or by everybody, unless it has the
// sticky bit, as /tmp has. Where there is no flock(2), such as on Windows, the
// error is [errors.ErrUnsupported].
func Open(dir string, cfg Config) (*Store, error) {
	if !supported {
		return nil, fmt.Errorf("filestore: this system has no flock(2): %w; choose another store", errors.ErrUnsupported)
	}
	s := &Store{prefix: cfg.Prefix, format: cfg.Format, sync: !cfg.NoSync, now: cfg.Now}
	if s.prefix == "" {
		s.prefix = "session-"
	}
	if s.format == nil {
		s.format = native{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := checkPrefix(s.prefix); err != nil {
		return nil, err
	}
	if err := s.enter(dir); err != nil {
		return nil, err
	}
	s.locks.open()
	s.sweep.open()
	if err := s.probe(); err != nil {
		return nil, fmt.Errorf("filestore: cannot keep sessions in %s: %w", s.dir, err)
	}
	return s, nil
}

// enter makes dir, if need be, and judges who else may write into it.
func (s *Store) enter(dir string) error {
	if dir == "" {
		return errors.New("filestore: no directory given")
	}
	abs, err := filepath.Abs(dir) // the process may change its directory later
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return fmt.Errorf("filestore: cannot make the session directory: %w", err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0 {
		return fmt.Errorf("filestore: others may write to %s (mode %04o): chmod 700 it, or give a directory in it that does not exist yet",
			abs, info.Mode().Perm())
	}
	s.dir, s.heir = abs, heirOf(info)
	return nil
}

// probe does once what every session will need, so that a directory that cannot
// serve is found at the start and not at the first login.
func (s *Store) probe() error {
	aside, err := s.writeAside([]byte("probe"), time.Time{})
	if err != nil {
		return err
	}
	defer os.Remove(aside)
	second := s.path(s.asideName())
	if err := os.Link(aside, second); err != nil {
		return problem("cannot make a hard link", err)
	}
	defer os.Remove(second)
	return s.locked(context.Background(), "", s.syncDir)
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

var (
	_ sessions.Store   = (*Store)(nil)
	_ sessions.Toucher = (*Store)(nil)
	_ sessions.Sweeper = (*Store)(nil)
	_ sessions.Lister  = (*Store)(nil)
)
