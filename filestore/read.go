package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file reads session files and judges what they hold.

var (
	// errExpired is an ErrNotFound whose file is still there.
	errExpired = fmt.Errorf("filestore: %w: it has expired", sessions.ErrNotFound)

	errIrregular = errors.New("not a regular file")
)

// Load implements [sessions.Store].
func (s *Store) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, err
	}
	name, err := s.name(key)
	if err != nil {
		return sessions.Record{}, sessions.ErrNotFound
	}
	return s.load(name)
}

// load answers the live record in a file, errExpired, or another of the errors
// of Load.
func (s *Store) load(name string) (sessions.Record, error) {
	content, modified, err := s.readFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sessions.Record{}, sessions.ErrNotFound
	case errors.Is(err, errIrregular):
		rec := sessions.Record{Revision: revision("irregular", nil)}
		return rec, fmt.Errorf("filestore: %w: %w", sessions.ErrCorrupt, err)
	case err != nil:
		return sessions.Record{}, problem("cannot read the session's file", err)
	}
	rec, err := s.format.Decode(content, modified)
	ended := errors.Is(err, sessions.ErrEnded)
	switch {
	case err != nil && !ended:
		rec := sessions.Record{Revision: revision("corrupt", content)}
		return rec, fmt.Errorf("filestore: %w: %w", sessions.ErrCorrupt, err)
	case !rec.Expires.IsZero() && !rec.Expires.After(s.now()):
		return sessions.Record{}, errExpired
	case ended:
		return sessions.Record{}, sessions.ErrEnded
	}
	rec.Revision = revision("data", rec.Data)
	return rec, nil
}

// readFile reads a whole regular file. Nothing else is opened for longer than
// it takes to see what it is: a link is not followed, and a pipe not waited for.
func (s *Store) readFile(name string) ([]byte, time.Time, error) {
	f, err := os.OpenFile(s.path(name), os.O_RDONLY|openFlags, 0)
	if err != nil {
		// What the error is for a link, a socket, a device differs by system.
		if info, e := os.Lstat(s.path(name)); e == nil && !info.Mode().IsRegular() {
			err = errIrregular
		}
		return nil, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, errIrregular
	}
	content := make([]byte, info.Size())
	n, err := io.ReadFull(f, content)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, time.Time{}, err
	}
	return content[:n:n], info.ModTime(), nil
}

// revision tells contents apart. A record's is that of its Data, not of its
// file, so that a Touch or a new signature over the same data changes nothing.
// The digest is the same in every process, since a Record may travel between
// them in a cache.
func revision(kind string, content []byte) string {
	sum := sha256.Sum256(content)
	return kind + ":" + hex.EncodeToString(sum[:])
}

// current answers nil if old is still what is stored under name, and
// [sessions.ErrConflict] if not. Only the lock makes that last.
func (s *Store) current(name string, old sessions.Record) error {
	rec, err := s.load(name)
	switch {
	case err != nil && !errors.Is(err, sessions.ErrCorrupt) && !errors.Is(err, sessions.ErrNotFound):
		return err
	case rec.Revision == "": // gone, expired, ended
		return sessions.ErrConflict
	}
	if old.Revision == "" { // it did not come from Load; its Data says as much
		old.Revision = revision("data", old.Data)
	}
	if rec.Revision != old.Revision {
		return sessions.ErrConflict
	}
	return nil
}
