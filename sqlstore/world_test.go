package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sqlstore"
	_ "modernc.org/sqlite"
)

// This file is the world of the tests: databases in files, processes that share
// them, and a codec.

// pragmas are those of a database that is shared by processes.
var pragmas = []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}

// open opens a database file, by the given pragmas or else the usual ones.
func open(tb testing.TB, file string, pragma ...string) *sql.DB {
	tb.Helper()
	if pragma == nil {
		pragma = pragmas
	}
	dsn := "file:" + file + "?" + url.Values{"_pragma": pragma, "_txlock": {"immediate"}}.Encode()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// store is what both layouts' stores have.
type store interface {
	sessions.Store
	sessions.Toucher
	sessions.Sweeper
	sessions.Lister
	Migrator() *sqlstore.Migrator
}

// layouts make a store of each layout, over a table that is there.
var layouts = map[string]func(testing.TB, *sql.DB, sqlstore.Config) store{
	"native": func(tb testing.TB, db *sql.DB, cfg sqlstore.Config) store { return native(tb, db, cfg) },
	"django": func(tb testing.TB, db *sql.DB, cfg sqlstore.Config) store {
		s, err := sqlstore.NewDjango(db, sqlstore.SQLite, sealed{}, cfg)
		return migrated(tb, s, err)
	},
}

func native(tb testing.TB, db *sql.DB, cfg sqlstore.Config) *sqlstore.Store {
	s, err := sqlstore.New(db, sqlstore.SQLite, cfg)
	return migrated(tb, s, err)
}

func migrated[S store](tb testing.TB, s S, err error) S {
	tb.Helper()
	if err == nil {
		_, err = s.Migrator().Up(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// eachLayout runs a test for a store of each layout in a file of its own.
func eachLayout(t *testing.T, test func(t *testing.T, db *sql.DB, s store)) {
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			db := open(t, filepath.Join(t.TempDir(), "sessions.db"))
			test(t, db, layout(t, db, sqlstore.Config{}))
		})
	}
}

// sealed is a codec whose text is not the JSON itself.
type sealed struct{}

func (sealed) Encode(data []byte) (string, error) {
	return "sealed:" + base64.RawURLEncoding.EncodeToString(data), nil
}

func (sealed) Decode(text string) ([]byte, error) {
	rest, ok := strings.CutPrefix(text, "sealed:")
	data, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil {
		return nil, sessions.ErrCorrupt
	}
	return data, nil
}

// key is a session key like those of a Manager.
func key(n int) string { return fmt.Sprintf("key%029d", n) }

// record is a session of the given data that lives for an hour.
func record(data string) sessions.Record {
	return sessions.Record{Data: []byte(data), Expires: time.Now().Add(time.Hour), Created: time.Now()}
}

// roles are what this test's binary does as another process of the test; they
// answer what it prints.
var roles = map[string]func(ctx context.Context, file string) error{}

func TestMain(m *testing.M) {
	if role, file, ok := strings.Cut(os.Getenv("SQLSTORE_TEST_ROLE"), ":"); ok {
		if err := roles[role](context.Background(), file); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// process is another process that plays a role on a database file.
func process(t *testing.T, role, file string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SQLSTORE_TEST_ROLE="+role+":"+file)
	cmd.Stderr = os.Stderr
	return cmd
}

// inProcess opens what a role works on.
func inProcess(file string, pragma ...string) (*sqlstore.Store, error) {
	if pragma == nil {
		pragma = pragmas
	}
	db, err := sql.Open("sqlite", "file:"+file+"?"+url.Values{"_pragma": pragma}.Encode())
	if err != nil {
		return nil, err
	}
	return sqlstore.New(db, sqlstore.SQLite, sqlstore.Config{})
}
