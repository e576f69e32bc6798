package engine_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens databases by URL, and by URLs that cannot work.

func openDatabase(t *testing.T, url string) *engine.Database {
	t.Helper()
	db, err := engine.OpenDatabase(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// keeps stores a session in db and loads it again.
func keeps(t *testing.T, db *engine.Database) {
	t.Helper()
	s, err := sqlstore.New(db.DB, db.Dialect, sqlstore.Config{Reader: db.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrator().Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := sessions.Record{Data: []byte(`{"a":1}`), Expires: time.Now().Add(time.Hour)}
	if err := s.Create(t.Context(), "abcdefgh12345678", rec); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(t.Context(), "abcdefgh12345678"); err != nil || !bytes.Equal(got.Data, rec.Data) {
		t.Fatalf("loaded %q, %v", got.Data, err)
	}
}

func TestOpenDatabasePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for url, file := range map[string]string{
		"sqlite:///relative.db":                               "relative.db",
		"sqlite:///" + dir + "/absolute.db":                   "absolute.db",
		"sqlite:///a%20b%3Fc%25%23.db":                        "a b?c%#.db",
		"sqlite:///pragma.db%3F_pragma=synchronous(OFF)&x=#y": "pragma.db?_pragma=synchronous(OFF)&x=#y",
		"sqlite:///file:odd.db":                               "file:odd.db",
		"sqlite:///full.db?synchronous=full":                  "full.db",
	} {
		keeps(t, openDatabase(t, url))
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s made a file of mode %o", url, mode)
		}
	}
	for _, name := range []string{"relative.db-wal", "relative.db-shm"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 600", name, info, err)
		}
	}
}

func TestOpenDatabaseInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, url := range []string{"sqlite://:memory:", "sqlite:///:memory:"} {
		keeps(t, openDatabase(t, url))
		keeps(t, openDatabase(t, url)) // another one
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("a database in memory left files: %v, %v", left, err)
	}
}

// A connection that is opened later goes to the same file after a Chdir.
func TestOpenDatabaseStaysWhereItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	db := openDatabase(t, "sqlite:///sessions.db")
	keeps(t, db)
	t.Chdir(t.TempDir())
	db.Reader.SetMaxIdleConns(0)
	var rows int
	if err := db.Reader.QueryRow(`SELECT count(*) FROM cloakroom_session`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("found %d rows, %v", rows, err)
	}
}

func TestOpenDatabasePragmas(t *testing.T) {
	t.Chdir(t.TempDir())
	for url, synchronous := range map[string]string{"sqlite:///a.db": "1", "sqlite:///b.db?synchronous=FULL": "2"} {
		db := openDatabase(t, url)
		for pool, name := range map[*sql.DB]string{db.DB: "writer", db.Reader: "reader"} {
			for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": synchronous, "busy_timeout": "5000"} {
				var got string
				if err := pool.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s: the %s has %s = %s, %v; want %s", url, name, pragma, got, err, want)
				}
			}
		}
	}
}

func TestOpenDatabaseErrors(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "letter.txt", "Dear visitor, this is no database, however long it may be.\n"+strings.Repeat("x", 4096))
	write(t, "short.txt", "x")
	keeps(t, openDatabase(t, "sqlite:///whole.db"))
	write(t, "damaged.db", damaged(t, "whole.db"))
	for url, want := range map[string]string{
		"":                                    "begins with a scheme (sqlite)",
		"sessions.db":                         "begins with a scheme (sqlite)",
		"oracle://scott:tiger@host/db":        `unknown scheme "oracle" of a database URL; known: sqlite`,
		"sqlite://":                           "sqlite:///relative/path.db",
		"sqlite:///":                          "sqlite:///relative/path.db",
		"sqlite://sessions.db":                "sqlite:///relative/path.db",
		"sqlite:///100%.db":                   "write %25",
		"sqlite:///a%00b.db":                  "NUL",
		"sqlite:///a.db?mode=ro":              `unknown option "mode" in an SQLite URL; known: synchronous`,
		"sqlite:///a.db?synchronous=off":      "normal or full",
		"sqlite:///a.db?%zz":                  "name=value",
		"sqlite:///" + dir:                    "is a directory",
		"sqlite:///no/such/dir.db":            "no/such does not exist; make it first",
		"sqlite:///letter.txt":                "letter.txt is not an SQLite database",
		"sqlite:///short.txt":                 "short.txt is not an SQLite database",
		"sqlite:///damaged.db":                "damaged.db is damaged; restore it from a backup",
		"sqlite:///" + forbidden(t) + "/a.db": "must be allowed to write the file and its directory",
	} {
		db, err := engine.OpenDatabase(t.Context(), url)
		if err == nil {
			db.Close()
			t.Errorf("%q was opened", url)
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.ContainsAny(text, "\n") || strings.Contains(text, "tiger") {
			t.Errorf("%q: the error is %q, want one line with %q", url, text, want)
		}
	}
	if got, err := os.ReadFile("short.txt"); err != nil || string(got) != "x" {
		t.Errorf("a file that is no database became %.20q, %v", got, err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// damaged answers the pages of a database, the first one overwritten after its
// header.
func damaged(t *testing.T, file string) string {
	t.Helper()
	db := openDatabase(t, "sqlite:///"+file)
	if _, err := db.DB.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(data[100:], bytes.Repeat([]byte{0xff}, 1000))
	return string(data)
}

// forbidden is a directory in which this user may not make files: for root one
// of the kernel's own.
func forbidden(t *testing.T) string {
	if os.Getuid() == 0 {
		return "/sys"
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpenDatabaseAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			db, err := engine.OpenDatabase(t.Context(), "sqlite:///sessions.db")
			if err != nil {
				t.Error(i, err)
				return
			}
			defer db.Close()
			if _, err := db.DB.Exec(`CREATE TABLE t` + fmt.Sprint(i) + ` (a)`); err != nil {
				t.Error(i, err)
			}
		})
	}
	all.Wait()
	var tables int
	db := openDatabase(t, "sqlite:///sessions.db")
	if err := db.Reader.QueryRow(`SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil || tables != 10 {
		t.Errorf("ten openers made %d tables, %v", tables, err)
	}
}

// A visitor who goes away must not take the only connection of a database in
// memory with them.
func TestInMemorySurvivesCancellation(t *testing.T) {
	db := openDatabase(t, "sqlite://:memory:")
	keeps(t, db)
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan struct{})
		go func() { <-started; cancel() }()
		close(started)
		db.DB.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n`)
		cancel()
	}
	var rows int
	if err := db.DB.QueryRow(`SELECT count(*) FROM cloakroom_session`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("found %d rows, %v", rows, err)
	}
}
