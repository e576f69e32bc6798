//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks the contract of stores, and holds what the other tests share.

const (
	key   = "0fc4977dc9af9133cb7d25eadc74ed1c"
	other = "a875bed89364302fb6f5a5a783899015"
	file  = "session-" + key
)

func open(tb testing.TB, dir string, cfg filestore.Config) *filestore.Store {
	tb.Helper()
	s, err := filestore.Open(dir, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// record answers one with n in its data that lives for an hour.
func record(n int) sessions.Record {
	return sessions.Record{
		Data:    fmt.Appendf(nil, `{"n":%d}`, n),
		Expires: time.Now().Add(time.Hour),
		Created: time.Now(),
		Owner:   "42",
	}
}

func create(tb testing.TB, s *filestore.Store, key string, rec sessions.Record) sessions.Record {
	tb.Helper()
	if err := s.Create(context.Background(), key, rec); err != nil {
		tb.Fatal(err)
	}
	return load(tb, s, key)
}

func load(tb testing.TB, s *filestore.Store, key string) sessions.Record {
	tb.Helper()
	rec, err := s.Load(context.Background(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return rec
}

// names answers what there is in dir, but for the lock files.
func names(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".lock-") {
			names = append(names, e.Name())
		}
	}
	return names
}

// conform runs the suite for stores of cfg. Each store of a check has its own
// directory, which Reopen and Corrupt find again by the store.
func conform(t *testing.T, h sessiontest.Harness, cfg filestore.Config) {
	dirs := map[sessions.Store]string{}
	clock := sessiontest.NewClock(time.Now())
	cfg.Now = clock.Now
	h.Clock = clock
	h.Open = func(tb testing.TB) sessions.Store {
		dir := tb.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			tb.Fatal(err)
		}
		s := open(tb, dir, cfg)
		dirs[s] = dir
		return s
	}
	h.Reopen = func(tb testing.TB, store sessions.Store) sessions.Store {
		s := open(tb, dirs[store], cfg)
		dirs[s] = dirs[store]
		return s
	}
	h.Corrupt = func(tb testing.TB, store sessions.Store, key string) {
		matches, err := filepath.Glob(filepath.Join(dirs[store], "*"+key))
		if err != nil || len(matches) != 1 {
			tb.Fatal("no file to corrupt", err)
		}
		if err := os.WriteFile(matches[0], []byte("cut sho"), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	sessiontest.Run(t, h)
}

func TestConformance(t *testing.T) {
	conform(t, sessiontest.Harness{}, filestore.Config{})
}

func TestConformanceDated(t *testing.T) {
	conform(t, sessiontest.Harness{NoCreated: true, NoOwner: true, NoTombstones: true},
		filestore.Config{Prefix: "sessionid", Format: dated{age: 14 * 24 * time.Hour}, NoSync: true})
}
