//go:build unix && !aix && !solaris

package filestore_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file checks what a layout like Django's asks of the store: no header, no
// tombstones, and the expiry in the modification time.

// dated is such a layout: the file is the data, and lives for age from when it
// was modified. An empty one is a session that is about to be written.
type dated struct{ age time.Duration }

func (dated) Encode(rec sessions.Record) ([]byte, error) {
	if len(rec.Data) == 0 {
		return nil, errors.ErrUnsupported
	}
	return rec.Data, nil
}

func (d dated) Decode(content []byte, modified time.Time) (sessions.Record, error) {
	if len(content) == 0 {
		return sessions.Record{Data: []byte("{}")}, nil
	}
	if content[0] != '{' {
		return sessions.Record{}, errors.New("no object")
	}
	return sessions.Record{Data: content, Expires: modified.Add(d.age).Truncate(time.Microsecond)}, nil
}

func (d dated) Modified(rec sessions.Record) time.Time { return rec.Expires.Add(-d.age) }

var _ filestore.Dated = dated{}

var django = filestore.Config{Prefix: "sessionid", Format: dated{age: time.Hour}}

func modified(t *testing.T, path string) (time.Time, os.FileInfo) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime(), info
}

func TestDatedTouchKeepsTheFile(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, django)
	old := create(t, s, key, record(1))
	path := filepath.Join(dir, "sessionid"+key)
	_, before := modified(t, path)

	expires := time.Now().Add(90 * time.Minute).Truncate(time.Microsecond)
	if err := s.Touch(context.Background(), key, expires); err != nil {
		t.Fatal(err)
	}
	at, after := modified(t, path)
	if !at.Equal(expires.Add(-time.Hour)) {
		t.Errorf("modified at %v, want an hour before %v", at, expires)
	}
	if !os.SameFile(before, after) {
		t.Error("Touch wrote the file again")
	}
	if got := load(t, s, key); !got.Expires.Equal(expires) || !bytes.Equal(got.Data, old.Data) {
		t.Errorf("after Touch: %v until %v", got.Data, got.Expires)
	}
}

// steady is a layout whose content alone says when a session ends: never.
type steady struct{ dated }

func (steady) Modified(sessions.Record) time.Time { return time.Time{} }

func TestDatedTouchOfAFixedExpiry(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{Prefix: "sessionid", Format: steady{dated{age: time.Hour}}})
	create(t, s, key, record(1))
	path := filepath.Join(dir, "sessionid"+key)
	before, _ := modified(t, path)
	if err := s.Touch(context.Background(), key, time.Now().Add(9*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if after, _ := modified(t, path); !after.Equal(before) {
		t.Errorf("Touch moved the file's time from %v to %v", before, after)
	}
}

func TestPlaceholderIsAnEmptySession(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s := open(t, dir, django)
	path := filepath.Join(dir, "sessionid"+key)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := load(t, s, key)
	if string(old.Data) != "{}" {
		t.Fatalf("placeholder loads as %s", old.Data)
	}
	if err := s.Create(ctx, key, record(1)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Create over a placeholder: %v", err)
	}
	// Its maker fills it in by a rename, without asking for our locks.
	filled := path + "_out_k3x9"
	if err := os.WriteFile(filled, []byte(`{"n":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filled, path); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(ctx, key, old, record(2)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace of what another program has written: %v", err)
	}
}

// TestForeignNames: names that only begin like a session's are somebody else's,
// and none of ours begins like one.
func TestForeignNames(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s := open(t, dir, django)
	create(t, s, key, record(1))
	long := time.Now().Add(-30 * 24 * time.Hour)
	for _, name := range []string{"sessionid" + other + "_out_k3x9", "sessionid" + other + ".bak", "sessionidshort",
		"SESSIONID" + other, other, "notes.txt", ".tmp-", ".tmp-x", ".hidden"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	before := len(names(t, dir))
	if n, err := s.Sweep(ctx, 100); n != 0 || err != nil {
		t.Errorf("Sweep: %d, %v", n, err)
	}
	if after := len(names(t, dir)); after != before {
		t.Errorf("Sweep left %d of %d files that are not its own", after, before)
	}
	for l, err := range s.List(ctx) {
		if err != nil || l.Key != key {
			t.Errorf("listed %q, %v", l.Key, err)
		}
	}
}
