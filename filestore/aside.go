package filestore

import (
	"context"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file writes files aside and sees to it that they reach the disk.

// prepare encodes rec into a file without a session's name, ready to be linked
// or renamed, and answers its path.
func (s *Store) prepare(ctx context.Context, rec sessions.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	content, err := s.format.Encode(rec)
	if err != nil {
		return "", err
	}
	var modified time.Time
	if dated, ok := s.format.(Dated); ok {
		modified = dated.Modified(rec)
	}
	return s.writeAside(content, modified)
}

func (s *Store) writeAside(content []byte, modified time.Time) (string, error) {
	path := s.path(s.asideName())
	f, err := s.createFile(path)
	if err != nil {
		return "", problem("cannot write to the session directory", err)
	}
	err = s.fill(f, content, modified)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(path)
		return "", problem("cannot write the session", err)
	}
	return path, nil
}

func (s *Store) fill(f *os.File, content []byte, modified time.Time) error {
	if _, err := f.Write(content); err != nil {
		return err
	}
	if !modified.IsZero() {
		// The name is of our own making a moment ago, so it is no link.
		if err := os.Chtimes(f.Name(), time.Time{}, modified); err != nil {
			return err
		}
	}
	if s.sync {
		return f.Sync()
	}
	return nil
}

// createFile makes a file that its owner alone may read and write, whatever the
// umask, and gives it to the directory's owner if the process is root's: what
// an administrator's command writes, the server must be able to read.
func (s *Store) createFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err = f.Chmod(0o600); err == nil {
		err = s.heir.inherit(f)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return f, nil
}

// syncDir makes the latest names in the directory survive a power failure.
func (s *Store) syncDir() error {
	if !s.sync {
		return nil
	}
	d, err := os.Open(s.dir)
	if err != nil {
		return problem("cannot open the session directory", err)
	}
	defer d.Close()
	return problem("cannot force the session directory to the disk", d.Sync())
}
