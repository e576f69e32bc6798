package django_test

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/sqlstore"
	_ "modernc.org/sqlite"
)

// This file replays Django's db engine on package sqlstore and SQLite.

var _ sqlstore.Codec = (*django.Codec)(nil)

type dbVectors struct {
	Rows []struct {
		Name     string
		Time     float64
		Settings map[string]string
		JSON     string
		Row      [4]string // key, data, expire_date, and its type
	}
	Operations []struct {
		Op, Raises string
		Result     any
	}
}

func openSQLite(t testing.TB, file string) *sql.DB {
	t.Helper()
	dsn := "file:" + file + "?" + url.Values{"_pragma": {"busy_timeout(5000)"}, "_txlock": {"immediate"}}.Encode()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openStore(t testing.TB, db *sql.DB, codec *django.Codec, cfg sqlstore.Config) *sqlstore.DjangoStore {
	t.Helper()
	store, err := sqlstore.NewDjango(db, sqlstore.SQLite, codec, cfg)
	if err == nil {
		_, err = store.Migrator().Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRowsAreWrittenAsDjangoWritesThem(t *testing.T) {
	for _, c := range readVectors[dbVectors](t, "db_sqlite").Rows {
		t.Run(c.Name, func(t *testing.T) {
			settings := django.DefaultSettings()
			settings.SecretKey = django.Secret(vectorSecret)
			settings.UseTZ = c.Settings["USE_TZ"] != "False"
			if zone := c.Settings["TIME_ZONE"]; zone != "" {
				settings.TimeZone = zone
			}
			if c.Settings["SESSION_COOKIE_AGE"] == "60" {
				settings.CookieAge = time.Minute
			}
			cfg, err := settings.Config()
			if err != nil {
				t.Fatal(err)
			}
			cfg.Now = at(c.Time)
			codec, err := settings.Codec(cfg.Now)
			if err != nil {
				t.Fatal(err)
			}
			db := openSQLite(t, filepath.Join(t.TempDir(), "db"))
			store := openStore(t, db, codec, sqlstore.Config{Location: cfg.NaiveLocation})

			m, err := sessions.New(store, cfg)
			if err != nil {
				t.Fatal(err)
			}
			rec := record(c.JSON)
			rec.Expires = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) // the table's clock is the real one
			if err := store.Create(t.Context(), c.Row[0], rec); err != nil {
				t.Fatal(err)
			}
			s := m.Open(t.Context(), c.Row[0])
			s.SetModified(true)
			if err := s.Save(); err != nil {
				t.Fatal(err)
			}
			var got [4]string
			row := db.QueryRow(`SELECT session_key, session_data, CAST(expire_date AS text), typeof(expire_date) FROM django_session`)
			if err := row.Scan(&got[0], &got[1], &got[2], &got[3]); err != nil {
				t.Fatal(err)
			}
			if c.Row[1][0] == '.' { // two deflates differ in their bytes
				if data, err := codec.Decode(got[1]); err != nil || string(data) != c.JSON {
					t.Errorf("data %s, %v; want %s", data, err, c.JSON)
				}
				got[1] = c.Row[1]
			}
			if got != c.Row {
				t.Errorf("the row is %q, Django's %q", got, c.Row)
			}
		})
	}
}

// djangoDatabase is a copy of the database that Django itself made.
func djangoDatabase(t testing.TB) *sql.DB {
	t.Helper()
	data, err := os.ReadFile("../sqlstore/testdata/django_session.sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return openSQLite(t, file)
}

func TestRowsOfDjangoAreRead(t *testing.T) {
	db := djangoDatabase(t)
	store := openStore(t, db, newCodec(t, django.Secret(vectorSecret), django.CodecConfig{}), sqlstore.Config{})
	rows := readVectors[dbVectors](t, "db_sqlite").Rows
	for _, c := range rows {
		ends, err := time.Parse("2006-01-02 15:04:05", c.Row[2])
		if err != nil {
			t.Fatal(err)
		}
		rec, err := store.Load(t.Context(), c.Row[0])
		switch alive := ends.After(time.Now()); {
		case !alive && !errors.Is(err, sessions.ErrNotFound):
			t.Errorf("%s has expired, and was read: %v", c.Name, err)
		case alive && (err != nil || string(rec.Data) != c.JSON || !rec.Expires.Equal(ends)):
			t.Errorf("%s was read as %s until %v, %v", c.Name, rec.Data, rec.Expires, err)
		}
	}
	// As if no time had passed since.
	if _, err := db.Exec(`UPDATE django_session SET expire_date = '2999-01-01 00:00:00'`); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, c := range rows {
		rec, err := store.Load(t.Context(), c.Row[0])
		if errors.Is(err, sessions.ErrNotFound) {
			continue // one of those that Django's later operations have removed
		}
		if err != nil || string(rec.Data) != c.JSON {
			t.Errorf("%s was read as %s, %v; want %s", c.Name, rec.Data, err, c.JSON)
		}
		read++
	}
	if read < len(rows)-5 {
		t.Errorf("only %d of %d rows", read, len(rows))
	}
}

// A row that was tampered with begins afresh under its key; one that was signed
// with a retired secret is as good as new.
func TestTamperedRowBeginsAfresh(t *testing.T) {
	w := newDBWorld(t)
	if _, err := w.db.Exec(`UPDATE django_session SET session_data = 'X' || substr(session_data, 2)`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store().Load(t.Context(), w.key); !errors.Is(err, sessions.ErrCorrupt) || !errors.Is(err, django.ErrBadSignature) {
		t.Errorf("Load answers %v", err)
	}
	s := w.open(w.key)
	if s.Len() != 0 || s.Key() != w.key || s.Err() != nil {
		t.Errorf("read as %v, %v", s.Map(), s.Err())
	}
	s.Set("a", 1)
	if err := s.Save(); err != nil || s.Key() != w.key || w.count() != 1 {
		t.Fatalf("%v, %d rows", err, w.count())
	}
	rotated := newCodec(t, django.Secret("another secret"), django.CodecConfig{Fallbacks: []django.Secret{django.Secret(vectorSecret)}})
	rec, err := openStore(t, w.db, rotated, sqlstore.Config{}).Load(t.Context(), w.key)
	if err != nil || string(rec.Data) != `{"a":1}` {
		t.Errorf("after a change of secret: %s, %v", rec.Data, err)
	}
}
