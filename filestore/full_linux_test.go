package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file fills a disk.

func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	ctx, dir := context.Background(), filepath.Join(mount, "s")
	s := open(t, dir, filestore.Config{})
	old := create(t, s, key, record(1))
	filler, err := os.Create(filepath.Join(mount, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	filler.Close()
	for call, err := range map[string]error{
		"Create":  s.Create(ctx, other, record(2)),
		"Replace": s.Replace(ctx, key, old, record(2)),
		"Touch":   s.Touch(ctx, key, old.Expires.Add(1e9)),
	} {
		if !errors.Is(err, sessions.ErrFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", call, err)
		}
	}
	if got := load(t, s, key); string(got.Data) != `{"n":1}` {
		t.Errorf("stored: %s", got.Data)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	// Whoever logs out must succeed on a full disk.
	if err := s.Delete(ctx, key); err != nil {
		t.Errorf("Delete: %v", err)
	}
}
