package django_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file replays what Django did with a session in a database, one operation
// at a time.

// dbWorld is a database with a session {"x": 2}, as Django's operations had it.
type dbWorld struct {
	*sessions.Manager
	t    *testing.T
	db   *sql.DB
	key  string // of that session
	last *sessions.Session
}

func newDBWorld(t *testing.T) *dbWorld {
	w := &dbWorld{t: t, db: openSQLite(t, filepath.Join(t.TempDir(), "db"))}
	store := openStore(t, w.db, newCodec(t, django.Secret(vectorSecret), django.CodecConfig{}), sqlstore.Config{})
	var err error
	if w.Manager, err = sessions.New(store, sessions.Config{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	s := w.open("")
	s.Set("x", 2)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	w.key = s.Key()
	return w
}

func (w *dbWorld) open(key string) *sessions.Session {
	w.last = w.Open(w.t.Context(), key)
	return w.last
}

func (w *dbWorld) expire() {
	if _, err := w.db.Exec(`UPDATE django_session SET expire_date = '2001-01-01 00:00:00'`); err != nil {
		w.t.Fatal(err)
	}
}

func (w *dbWorld) count() (n int) {
	if err := w.db.QueryRow(`SELECT count(*) FROM django_session`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *dbWorld) exists(key string) any {
	ok, err := w.Exists(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return ok
}

const unknownKey = "unknownkeyunknownkey"

// dbOperations do what Django's operations did, and answer their result where
// it is more than the state of the session.
var dbOperations = map[string]func(w *dbWorld) (any, error){
	"new: setitem + save (creates)": func(w *dbWorld) (any, error) { s := w.open(""); s.Set("x", 1); return nil, s.Save() },
	"load existing":                 func(w *dbWorld) (any, error) { return nil, w.open(w.key).Load() },
	"load, modify, save":            func(w *dbWorld) (any, error) { s := w.open(w.key); s.Set("x", 2); return nil, s.Save() },
	"exists(hit)":                   func(w *dbWorld) (any, error) { return w.exists(w.key), nil },
	"exists(miss)":                  func(w *dbWorld) (any, error) { return w.exists(unknownKey), nil },
	"exists(None)":                  func(w *dbWorld) (any, error) { return w.exists(""), nil },
	"load unknown key":              func(w *dbWorld) (any, error) { return nil, w.open(unknownKey).Load() },
	"unknown key: setitem + save (fresh key)": func(w *dbWorld) (any, error) {
		s := w.open(unknownKey)
		s.Set("a", 1)
		return nil, s.Save()
	},
	"unknown key: clear + setitem + save": func(w *dbWorld) (any, error) {
		s := w.open(unknownKey)
		s.Clear()
		s.Set("a", 1)
		return nil, s.Save()
	},
	"unknown key: save without access": func(w *dbWorld) (any, error) { return nil, w.open(unknownKey).Save() },
	"save must_create on existing key": func(w *dbWorld) (any, error) { return nil, w.open(w.key).SaveNew() },
	"cycle_key": func(w *dbWorld) (any, error) {
		s := w.open(w.key)
		s.CycleKey()
		err := s.Save()
		if w.exists(w.key) == true {
			w.t.Error("the old key is alive")
		}
		return nil, err
	},
	"flush":           func(w *dbWorld) (any, error) { return nil, w.open(w.key).Flush() },
	"flush on new":    func(w *dbWorld) (any, error) { return nil, w.open("").Flush() },
	"create on empty": func(w *dbWorld) (any, error) { return nil, w.open("").Create() },
	"create with data in memory": func(w *dbWorld) (any, error) {
		s := w.open("")
		s.Set("a", 1)
		return nil, s.Create()
	},
	"cycle_key on new empty": func(w *dbWorld) (any, error) { s := w.open(""); s.CycleKey(); return nil, s.Save() },
	"save after row deleted elsewhere": func(w *dbWorld) (any, error) {
		s := w.open(w.key)
		s.Set("a", 1)
		if err := w.End(w.t.Context(), w.key); err != nil {
			return nil, err
		}
		return nil, s.Save()
	},
	"load expired row (row stays)": func(w *dbWorld) (any, error) {
		w.expire()
		values := w.open(w.key).Map()
		if w.count() != 1 {
			w.t.Error("the row has gone")
		}
		return values, nil
	},
	"expired row: setitem + save": func(w *dbWorld) (any, error) {
		w.expire()
		s := w.open(w.key)
		s.Set("a", 1)
		return nil, s.Save()
	},
	"exists() on expired row": func(w *dbWorld) (any, error) { w.expire(); return w.exists(w.key), nil },
	"delete unknown":          func(w *dbWorld) (any, error) { return nil, w.End(w.t.Context(), unknownKey) },
	"delete() with no key":    func(w *dbWorld) (any, error) { return nil, w.Open(w.t.Context(), "").DeleteRecord() },
	"clear_expired": func(w *dbWorld) (any, error) {
		w.expire()
		sweeper, _ := sessions.Capability[sessions.Sweeper](w.Store())
		n, err := sweeper.Sweep(w.t.Context(), 100)
		if n != 1 || w.count() != 0 {
			w.t.Errorf("%d rows swept, %d left", n, w.count())
		}
		return nil, err
	},
	"Session.objects.save(key, {}, date) deletes": func(w *dbWorld) (any, error) { return "no such method", nil },
	"save must_create with 41-char key": func(w *dbWorld) (any, error) {
		return nil, w.open(strings.Repeat("A", 41)).SaveNew()
	},
	"key case sensitivity": func(w *dbWorld) (any, error) {
		return map[string]any{"exact": w.exists(strings.ToUpper(w.key)), "lower": w.exists(w.key)}, nil
	},
	"load key containing NUL": func(w *dbWorld) (any, error) { return w.open("nul\x00bytekey").Map(), nil },
}

func TestOperationsOfDjango(t *testing.T) {
	for _, c := range readVectors[dbVectors](t, "db_sqlite").Operations {
		t.Run(c.Op, func(t *testing.T) {
			run, ok := dbOperations[c.Op]
			if !ok {
				t.Fatal("this test does not know the operation")
			}
			w := newDBWorld(t)
			w.last = nil
			answer, err := run(w)
			var differences []string
			if got := raised(err); got != c.Raises {
				differences = append(differences, fmt.Sprintf("error %q, want %q", got, c.Raises))
			} else if err == nil {
				differences = w.state(answer, c.Result)
			}
			compare(t, "db_sqlite/"+c.Op, differences...)
		})
	}
}

// state compares what Django tells of an operation: its answer, or the state of
// its session.
func (w *dbWorld) state(answer, result any) (differences []string) {
	want, ok := result.(map[string]any)
	if !ok || want["modified"] == nil {
		if fmt.Sprint(answer) != fmt.Sprint(result) {
			return []string{fmt.Sprintf("answer %v, want %v", answer, result)}
		}
		return nil
	}
	// Django's keys come from a counter: what matters is whether there is one.
	key, hasKey := want["key"].(string)
	if (w.last.Key() != "") != hasKey || len(key) == 41 && w.last.Key() != key {
		differences = append(differences, fmt.Sprintf("key %q, want %q", w.last.Key(), key))
	}
	if w.last.Modified() != want["modified"] {
		differences = append(differences, fmt.Sprintf("modified %t", w.last.Modified()))
	}
	if saved, ok := want["saved"].(string); ok && hasKey {
		rec, err := w.Store().Load(w.t.Context(), w.last.Key())
		if got := strings.ReplaceAll(string(rec.Data), ":", ": "); err != nil || got != saved {
			differences = append(differences, fmt.Sprintf("saved %s, %v; want %s", got, err, saved))
		}
	}
	return differences
}
