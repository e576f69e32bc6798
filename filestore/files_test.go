//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file attacks the directory: modes, links, pipes, and keys that are paths.

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		dir := t.TempDir() + "/s"
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		before := syscall.Umask(umask)
		s := open(t, dir, filestore.Config{})
		old := create(t, s, key, record(1))
		err := s.Replace(context.Background(), key, old, record(2))
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode() != 0o600 {
				t.Errorf("umask %03o: %s has mode %v, %v", umask, e.Name(), info.Mode(), err)
			}
		}
	}
}

func TestOpenMakesTheDirectory(t *testing.T) {
	dir := t.TempDir() + "/a/b"
	create(t, open(t, dir, filestore.Config{}), key, record(1))
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{file}) {
		t.Errorf("Open and Create left %q", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	moded := func(mode fs.FileMode) string {
		dir := t.TempDir() + "/s"
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, c := range []struct {
		name, dir, prefix, want string
	}{
		{"no directory", "", "", "no directory given"},
		{"a file", plain, "", "not a directory"},
		{"a directory below a file", plain + "/s", "", "not a directory"},
		{"a directory for everybody", moded(0o777), "", "chmod 700"},
		{"a directory for a group", moded(0o770), "", "chmod 700"},
		{"a prefix that is a path", moded(0o700), "../s", "Prefix"},
		{"a prefix of our own files", moded(0o700), ".lock-", "Prefix"},
		{"a prefix too long for a name", moded(0o700), strings.Repeat("p", 101), "Prefix"},
	} {
		_, err := filestore.Open(c.dir, filestore.Config{Prefix: c.prefix})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	open(t, moded(0o777|fs.ModeSticky), filestore.Config{})
	open(t, moded(0o755), filestore.Config{Prefix: "__Host-sid"})
	open(t, moded(0o700), filestore.Config{Prefix: strings.Repeat("p", 100)})
}

func TestKeysAreNeverPaths(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	s := open(t, root+"/s", filestore.Config{})
	outside := filepath.Join(root, "outside1")
	if err := os.WriteFile(outside, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", ".", "..", "../outside1", "x/../../outside1", "/etc/passwd", outside, "short12",
		strings.Repeat("k", 129), "UPPERCASE", "with\x00nul", "with\nline", "ünïcödé", "trailing ", ".lock-00", `..\outside1`} {
		if _, err := s.Load(ctx, key); err != sessions.ErrNotFound {
			t.Errorf("Load(%.20q): %v", key, err)
		}
		if err := s.Touch(ctx, key, time.Now().Add(time.Hour)); err != sessions.ErrNotFound {
			t.Errorf("Touch(%.20q): %v", key, err)
		}
		if err := s.Create(ctx, key, record(1)); err == nil || errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Create(%.20q): %v", key, err)
		}
		if err := s.Replace(ctx, key, sessions.Record{}, record(1)); err == nil || errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Replace(%.20q): %v", key, err)
		}
		if err := s.Delete(ctx, key); err != nil {
			t.Errorf("Delete(%.20q): %v", key, err)
		}
	}
	if got := names(t, root+"/s"); len(got) > 0 {
		t.Errorf("made %q", got)
	}
	if content, err := os.ReadFile(outside); err != nil || string(content) != "{}" {
		t.Errorf("the file outside is now %q, %v", content, err)
	}
}

// irregular puts something else than a file where a session should be, and
// answers a file that it leads to, if any.
var irregular = map[string]func(path, victim string) error{
	"link out of the directory": func(path, victim string) error { return os.Symlink(victim, path) },
	"link to another session":   func(path, _ string) error { return os.Symlink("session-"+other, path) },
	"dangling link":             func(path, _ string) error { return os.Symlink("session-nowhere0", path) },
	"pipe":                      func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
	"socket": func(path, _ string) error {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		defer syscall.Close(fd)
		return syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
	},
}

func TestNothingButRegularFiles(t *testing.T) {
	for name, put := range irregular {
		t.Run(name, func(t *testing.T) {
			ctx, root := context.Background(), t.TempDir()
			s := open(t, root+"/s", filestore.Config{})
			create(t, s, other, record(7))
			victim := filepath.Join(root, "victim")
			whole, err := os.ReadFile(filepath.Join(root, "s/session-"+other))
			if err == nil {
				err = errors.Join(os.WriteFile(victim, whole, 0o600), put(filepath.Join(root, "s", file), victim))
			}
			if err != nil {
				t.Fatal(err)
			}
			old, err := s.Load(ctx, key)
			if !errors.Is(err, sessions.ErrCorrupt) || len(old.Data) > 0 || strings.Contains(err.Error(), key) {
				t.Fatalf("Load: %s, %v", old.Data, err)
			}
			if err := s.Touch(ctx, key, time.Now().Add(time.Hour)); !errors.Is(err, sessions.ErrCorrupt) {
				t.Errorf("Touch: %v", err)
			}
			if err := s.Create(ctx, key, record(1)); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("Create: %v", err)
			}
			if err := s.Replace(ctx, key, old, record(2)); err != nil {
				t.Errorf("Replace: %v", err)
			}
			if got := load(t, s, key); string(got.Data) != `{"n":2}` {
				t.Errorf("after Replace: %s", got.Data)
			}
			if now, err := os.ReadFile(victim); err != nil || string(now) != string(whole) {
				t.Errorf("written through: %s, %v", now, err)
			}
			if got := load(t, s, other); string(got.Data) != `{"n":7}` {
				t.Errorf("written through to another session: %s", got.Data)
			}
		})
	}
}

func TestDeleteRemovesTheLinkOnly(t *testing.T) {
	root := t.TempDir()
	s := open(t, root+"/s", filestore.Config{})
	victim, link := filepath.Join(root, "victim"), filepath.Join(root, "s", file)
	if err := errors.Join(os.WriteFile(victim, nil, 0o600), os.Symlink(victim, link)); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link: %v", err)
	}
	if _, err := os.Stat(victim); err != nil {
		t.Errorf("what it led to: %v", err)
	}
}

// TestErrorsKeepTheKey provokes errors of the system, whose text has the path.
func TestErrorsKeepTheKey(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()+"/s"
	s := open(t, dir, filestore.Config{})
	// A directory in a session's place can be neither replaced nor unlinked.
	if err := os.MkdirAll(filepath.Join(dir, file, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	old, err := s.Load(ctx, key)
	if !errors.Is(err, sessions.ErrCorrupt) {
		t.Fatal(err)
	}
	for call, err := range map[string]error{
		"Load":    err,
		"Replace": s.Replace(ctx, key, old, record(1)),
		"Delete":  s.Delete(ctx, key),
	} {
		if err == nil || strings.Contains(err.Error(), key) || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", call, err)
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("failed writes left %q", got)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(ctx, key, record(1)); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("Create without a directory: %v", err)
	}
}

// TestRootGivesFilesToTheDirectorysOwner: what an administrator's command does
// must not lock the server out.
func TestRootGivesFilesToTheDirectorysOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir() + "/s"
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 1234, 5678)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, filestore.Config{})
	old := create(t, s, key, record(1))
	if err := s.Replace(context.Background(), key, old, record(2)); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 2 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 1234 || stat.Gid != 5678 {
			t.Errorf("%s belongs to %d:%d", e.Name(), stat.Uid, stat.Gid)
		}
	}
}
