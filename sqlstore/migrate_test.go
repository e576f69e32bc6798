package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file looks at what migrations leave in the database, beside what Django
// leaves there.

// schema is all that a database's own catalogue says of what people made.
func schema(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return column(t, db, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY name`)
}

// column is a query's one column.
func column(t *testing.T, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// djangos opens a copy of the database that Django migrated and filled.
func djangos(t *testing.T) *sql.DB {
	t.Helper()
	data, err := os.ReadFile("testdata/django_session.sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "db.sqlite3")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, file)
}

func empty(t *testing.T) *sql.DB { return open(t, filepath.Join(t.TempDir(), "sessions.db")) }

func djangoMigrator(t *testing.T, db *sql.DB, cfg sqlstore.Config) *sqlstore.Migrator {
	t.Helper()
	s, err := sqlstore.NewDjango(db, sqlstore.SQLite, sealed{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s.Migrator()
}

func TestDjangoNeedsNothing(t *testing.T) {
	db := djangos(t)
	before := append(schema(t, db), column(t, db, `SELECT applied FROM django_migrations`)...)
	m := djangoMigrator(t, db, sqlstore.Config{})
	done, err := m.Up(t.Context())
	if err != nil || len(done) > 0 {
		t.Errorf("Up did %v, %v on a database that Django migrated", done, err)
	}
	if after := append(schema(t, db), column(t, db, `SELECT applied FROM django_migrations`)...); !slices.Equal(before, after) {
		t.Errorf("Up changed\n%q\nto\n%q", before, after)
	}
	status, err := m.Status(t.Context())
	want := time.Date(2026, 11, 22, 17, 19, 34, 245982000, time.UTC)
	if err != nil || len(status) != 1 || !status[0].Applied.Equal(want) {
		t.Errorf("Status answered %v, %v; want it applied at %v", status, err, want)
	}
}

func TestDjangoIsLeftNothing(t *testing.T) {
	db := empty(t)
	if _, err := djangoMigrator(t, db, sqlstore.Config{}).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := schema(t, db), schema(t, djangos(t)); !slices.Equal(got, want) {
		t.Errorf("the schema is\n%q\nDjango's is\n%q", got, want)
	}
	got := column(t, db, `SELECT app || '.' || name FROM django_migrations`)
	if !slices.Equal(got, []string{"sessions.0001_initial"}) {
		t.Errorf("django_migrations has %q", got)
	}
	applied := column(t, db, `SELECT CAST(applied AS text) FROM django_migrations`)[0]
	if when, err := time.Parse("2006-01-02 15:04:05.999999", applied); err != nil || time.Since(when).Abs() > time.Minute {
		t.Errorf("applied at %q, %v", applied, err)
	}
}

func TestUpIsIdempotent(t *testing.T) {
	eachLayout(t, func(t *testing.T, db *sql.DB, s store) {
		before := schema(t, db)
		if done, err := s.Migrator().Up(t.Context()); err != nil || len(done) > 0 {
			t.Errorf("a second Up did %v, %v", done, err)
		}
		if after := schema(t, db); !slices.Equal(before, after) {
			t.Errorf("a second Up changed\n%q\nto\n%q", before, after)
		}
	})
}

func TestThereAndBack(t *testing.T) {
	eachLayout(t, func(t *testing.T, db *sql.DB, s store) {
		m, before := s.Migrator(), schema(t, db)
		for range 2 {
			done, err := m.To(t.Context(), sqlstore.Zero)
			if err != nil || len(done) != 1 || !done[0].Applied.IsZero() {
				t.Fatalf("To(Zero) did %v, %v", done, err)
			}
			if left := schema(t, db); len(left) != 1 {
				t.Errorf("To(Zero) left %q, want the record of migrations only", left)
			}
			done, err = m.To(t.Context(), "0001_initial")
			if err != nil || len(done) != 1 || done[0].Applied.IsZero() {
				t.Fatalf("To(0001_initial) did %v, %v", done, err)
			}
		}
		if after := schema(t, db); !slices.Equal(before, after) {
			t.Errorf("there and back again changed\n%q\nto\n%q", before, after)
		}
		if err := s.Create(t.Context(), key(1), record(`{}`)); err != nil {
			t.Errorf("the statements of an old store fail on the new table: %v", err)
		}
	})
}

func TestStatusWithoutADatabase(t *testing.T) {
	m := djangoMigrator(t, empty(t), sqlstore.Config{})
	status, err := m.Status(t.Context())
	if err != nil || len(status) != 1 || !status[0].Applied.IsZero() {
		t.Fatalf("Status of an empty database: %v, %v", status, err)
	}
	want := `CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
`
	if status[0].App != "sessions" || status[0].Name != "0001_initial" || status[0].Up != want {
		t.Errorf("the migration is %+v, want Django's", status[0])
	}
	if status[0].Down != "DROP TABLE \"django_session\";\n" {
		t.Errorf("it is taken back by %q", status[0].Down)
	}
}

func TestTableMadeByOthers(t *testing.T) {
	db, cfg := empty(t), sqlstore.Config{Table: "shop_customsession"}
	_, err := db.Exec(`CREATE TABLE shop_customsession (session_key varchar(40) PRIMARY KEY, session_data text, expire_date datetime, account_id integer)`)
	if err != nil {
		t.Fatal(err)
	}
	m := djangoMigrator(t, db, cfg)
	if done, err := m.Up(t.Context()); err != nil || len(done) != 1 {
		t.Fatalf("Up did %v, %v", done, err)
	}
	if got := column(t, db, `SELECT app FROM cloakroom_migrations`); !slices.Equal(got, []string{"shop_customsession"}) {
		t.Errorf("recorded as %q", got)
	}
	if got := column(t, db, `SELECT name FROM sqlite_master WHERE name = 'django_migrations'`); len(got) > 0 {
		t.Error("Django's record of migrations was made for a table that is not Django's")
	}
}

func TestTableOfAnotherKind(t *testing.T) {
	db := empty(t)
	if _, err := db.Exec(`CREATE TABLE cloakroom_session (coat text)`); err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrator().Up(t.Context()); err == nil || !strings.Contains(err.Error(), "cloakroom_session") {
		t.Errorf("Up of a table without the columns: %v", err)
	}
	if left := schema(t, db); len(left) != 1 {
		t.Errorf("a failed Up left %q", left)
	}
}

func TestTwoTablesInOneDatabase(t *testing.T) {
	db := empty(t)
	for _, table := range []string{"staff", "visitors"} {
		s := native(t, db, sqlstore.Config{Table: table})
		if err := s.Create(t.Context(), key(1), record(`{"in":"`+table+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if got := column(t, db, `SELECT app FROM cloakroom_migrations ORDER BY app`); !slices.Equal(got, []string{"staff", "visitors"}) {
		t.Errorf("migrated: %q", got)
	}
}

func TestUnknownMigration(t *testing.T) {
	_, err := djangoMigrator(t, empty(t), sqlstore.Config{}).To(t.Context(), "0002_future")
	if err == nil || !strings.Contains(err.Error(), `sessions has no migration "0002_future"`) {
		t.Errorf("To an unknown migration: %v", err)
	}
}

// A migration that is cancelled while another has the lock does nothing, and
// the connection that it waited on can be used again.
func TestMigrationCancelled(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "sessions.db"), "busy_timeout(0)")
	db.SetMaxOpenConns(2)
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	m := djangoMigrator(t, db, sqlstore.Config{})
	if _, err := m.Up(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Up against a lock answered %v", err)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if done, err := m.Up(t.Context()); err != nil || len(done) != 1 {
		t.Errorf("Up after the lock went did %v, %v", done, err)
	}
}
