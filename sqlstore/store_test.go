package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file checks what the stores leave in the database, and what they say
// when they cannot work, beyond the conformance suite.

func TestNewRefuses(t *testing.T) {
	db := empty(t)
	for name, make := range map[string]func() error{
		"no database": func() error { _, err := sqlstore.New(nil, sqlstore.SQLite, sqlstore.Config{}); return err },
		"no dialect":  func() error { _, err := sqlstore.New(db, nil, sqlstore.Config{}); return err },
		"no codec":    func() error { _, err := sqlstore.NewDjango(db, sqlstore.SQLite, nil, sqlstore.Config{}); return err },
	} {
		if make() == nil {
			t.Errorf("a store was made with %s", name)
		}
	}
	for _, table := range []string{`a"b`, "a b", "1a", "a;", "a.b", ".a", "a.", "über", "a\x00", strings.Repeat("a", 41)} {
		if s, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Config{Table: table}); err == nil || s != nil {
			t.Errorf("the table name %q was accepted", table)
		}
	}
	for _, table := range []string{"select", "_A1", strings.Repeat("a", 40)} {
		s := native(t, db, sqlstore.Config{Table: table})
		if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
			t.Errorf("a table named %q: %v", table, err)
		}
	}
}

func TestMissingTable(t *testing.T) {
	db := empty(t)
	s, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, loaded := s.Load(t.Context(), key(1))
	_, swept := s.Sweep(t.Context(), 1)
	var listed error
	for _, listed = range s.List(t.Context()) {
	}
	for op, err := range map[string]error{
		"load": loaded, "sweep": swept, "list": listed,
		"create": s.Create(t.Context(), key(1), record(`{}`)),
		"touch":  s.Touch(t.Context(), key(1), time.Now().Add(time.Hour)),
		"delete": s.Delete(t.Context(), key(1)),
	} {
		if err == nil || !strings.Contains(err.Error(), "sqlstore: "+op+": there is no table cloakroom_session yet: run `cloakroom migrate`") {
			t.Errorf("%s without a table: %v", op, err)
		}
	}
	if _, err := s.Migrator().Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
		t.Errorf("the same store, once the table is there: %v", err)
	}
}

// What a row looks like is a promise to whoever else reads the table.
func TestRowsAreAsDocumented(t *testing.T) {
	expires, created := time.Date(2099, 5, 6, 7, 8, 9, 120_000_999, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rec := sessions.Record{Data: []byte(`{"a":1}`), Expires: expires, Created: created, Owner: "42"}
	for layout, want := range map[string]string{
		"native": `SELECT 'text|{"a":1}|text|2099-05-06 07:08:09.120000|text|2026-01-02 03:04:05|42'`,
		"django": `SELECT 'text|sealed:eyJhIjoxfQ|text|2099-05-06 07:08:09.120000'`,
	} {
		db := empty(t)
		if err := layouts[layout](t, db, sqlstore.Config{}).Create(t.Context(), key(1), rec); err != nil {
			t.Fatal(err)
		}
		row := `typeof(session_data) || '|' || session_data || '|' || typeof(expire_date) || '|' || expire_date`
		query := `SELECT ` + row + ` FROM django_session`
		if layout == "native" {
			query = `SELECT ` + row + ` || '|' || typeof(created_date) || '|' || created_date || '|' || owner FROM cloakroom_session`
		}
		if got := column(t, db, query); len(got) != 1 || got[0] != column(t, db, want)[0] {
			t.Errorf("%s: the row is %q", layout, got)
		}
	}
}

// With USE_TZ = False, Django stores the wall time of its TIME_ZONE.
func TestLocation(t *testing.T) {
	db := empty(t)
	tokyo := time.FixedZone("Tokyo", 9*3600)
	s := layouts["django"](t, db, sqlstore.Config{Location: tokyo})
	live, dead := time.Now().Add(time.Minute).In(tokyo), time.Now().Add(-time.Minute).In(tokyo)
	for i, at := range []time.Time{live, dead} {
		_, err := db.Exec(`INSERT INTO django_session VALUES (?, 'sealed:e30', ?)`, key(i), at.Format("2006-01-02 15:04:05.000000"))
		if err != nil {
			t.Fatal(err)
		}
	}
	rec, err := s.Load(t.Context(), key(0))
	if err != nil || !rec.Expires.Equal(live.Truncate(time.Microsecond)) {
		t.Errorf("loaded a session that expires at %v, %v; want %v", rec.Expires, err, live)
	}
	if _, err := s.Load(t.Context(), key(1)); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("an expired session was answered: %v", err)
	}
	if n, err := s.Sweep(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("swept %d sessions, %v; want the expired one", n, err)
	}
}

func TestDjangosRows(t *testing.T) {
	db := djangos(t)
	s, err := sqlstore.NewDjango(db, sqlstore.SQLite, verbatim{}, sqlstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]sessions.Record{}
	for listed, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[listed.Key] = listed.Record
	}
	live := column(t, db, `SELECT session_key FROM django_session WHERE expire_date > strftime('%Y-%m-%d %H:%M:%f', 'now')`)
	if len(live) == 0 || len(seen) != len(live) {
		t.Errorf("listed %d of %d live sessions", len(seen), len(live))
	}
	for _, key := range live {
		rec, err := s.Load(t.Context(), key)
		if err != nil || string(rec.Data) != string(seen[key].Data) || rec.Expires.IsZero() || !rec.Expires.Equal(seen[key].Expires) {
			t.Errorf("loaded %v, %v; listed %v", rec, err, seen[key])
		}
		later := rec
		later.Expires = rec.Expires.Add(-time.Hour)
		if err := s.Replace(t.Context(), key, rec, later); err != nil {
			t.Errorf("a session that Django stored cannot be replaced: %v", err)
		}
	}
	total := len(column(t, db, `SELECT session_key FROM django_session`))
	if n, err := s.Sweep(t.Context(), 1000); err != nil || n != total-len(live) {
		t.Errorf("swept %d of %d expired sessions, %v", n, total-len(live), err)
	}
}

// verbatim is the codec of somebody who only moves sessions about.
type verbatim struct{}

func (verbatim) Encode(data []byte) (string, error) { return string(data), nil }
func (verbatim) Decode(text string) ([]byte, error) { return []byte(text), nil }

func TestPages(t *testing.T) {
	eachLayout(t, func(t *testing.T, db *sql.DB, s store) {
		db.SetMaxOpenConns(1) // a listing that held its connection would hang below
		const all = 600
		for n := range all {
			rec := record(`{}`)
			rec.Owner = fmt.Sprint("owner", n%2)
			if err := s.Create(t.Context(), key(n), rec); err != nil {
				t.Fatal(err)
			}
		}
		for _, end := range []bool{false, true} {
			seen := 0
			for listed, err := range s.List(t.Context()) {
				if err != nil || listed.Key != key(seen) {
					t.Fatalf("number %d is not the next key; %v", seen, err)
				}
				seen++
				if end {
					if err := s.Delete(t.Context(), listed.Key); err != nil {
						t.Fatal(err)
					}
				}
			}
			if seen != all {
				t.Errorf("listed %d of %d", seen, all)
			}
		}
		for range s.List(t.Context()) {
			t.Error("a session was listed after all were deleted")
		}
	})
}

func TestNoOwnerOwnsNothing(t *testing.T) {
	s := native(t, empty(t), sqlstore.Config{})
	if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
		t.Fatal(err)
	}
	for range s.ListOwner(t.Context(), "") {
		t.Error("a session of nobody was listed")
	}
	if _, can := any(&sqlstore.DjangoStore{}).(sessions.OwnerLister); can {
		t.Error("a DjangoStore claims to list by owner")
	}
}

// The table may be gone and back, the connections too: statements survive it.
func TestStatementsOutliveConnections(t *testing.T) {
	db := empty(t)
	s := native(t, db, sqlstore.Config{})
	for n := range 5 {
		if err := s.Create(t.Context(), key(n), record(`{}`)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), key(n)); err != nil {
			t.Fatal(err)
		}
		db.SetMaxIdleConns(0) // closes all
		db.SetMaxIdleConns(2)
	}
}

func TestBusyUntilTheDeadline(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.db")
	s := native(t, open(t, file, "busy_timeout(0)"), sqlstore.Config{})
	tx, err := open(t, file).BeginTx(t.Context(), nil) // takes the write lock
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = s.Create(ctx, key(1), record(`{}`))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "locked") {
		t.Errorf("until the deadline the database was busy: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
		t.Errorf("Create after the lock went: %v", err)
	}
}

func TestUnreadableTimes(t *testing.T) {
	eachLayout(t, func(t *testing.T, db *sql.DB, s store) {
		if err := s.Create(t.Context(), key(1), record(`{"a":1}`)); err != nil {
			t.Fatal(err)
		}
		table := s.Migrator().Migrations()[0].Up
		table = strings.Split(table, `"`)[1]
		if _, err := db.Exec(`UPDATE ` + table + ` SET expire_date = 'some day'`); err != nil {
			t.Fatal(err)
		}
		rec, err := s.Load(t.Context(), key(1))
		if !errors.Is(err, sessions.ErrCorrupt) || len(rec.Data) > 0 {
			t.Fatalf("loaded %v, %v", rec, err)
		}
		if err := s.Replace(t.Context(), key(1), rec, record(`{"b":2}`)); err != nil {
			t.Errorf("what cannot be read cannot be replaced: %v", err)
		}
	})
}

func TestForgedRecordsReplaceNothing(t *testing.T) {
	s := native(t, empty(t), sqlstore.Config{})
	if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
		t.Fatal(err)
	}
	old, err := s.Load(t.Context(), key(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), key(1), old, record("")); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), key(1), sessions.Record{}, record(`{"back":1}`)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("a tombstone was replaced: %v", err)
	}
	if err := s.Create(t.Context(), "", record(`{}`)); err == nil {
		t.Error("a session was created under the empty key")
	}
}
