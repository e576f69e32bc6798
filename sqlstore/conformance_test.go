package sqlstore_test

import (
	"path/filepath"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sessiontest"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file puts both layouts to the conformance suite, on SQLite files.

func TestConformance(t *testing.T) {
	for _, test := range []struct {
		name, layout string
		writers      int
		pragma       []string
	}{
		{name: "native", layout: "native", writers: 1},
		{name: "django", layout: "django", writers: 1},
		{name: "native on a driver that does not wait for locks", layout: "native", writers: 4,
			pragma: []string{"busy_timeout(0)", "journal_mode(WAL)", "synchronous(NORMAL)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sessiontest.Run(t, harness(test.layout, test.writers, test.pragma...))
		})
	}
}

// harness opens stores that can be opened again and damaged, for it knows the
// file of each.
func harness(layout string, writers int, pragma ...string) sessiontest.Harness {
	files := map[sessions.Store]string{}
	again := func(tb testing.TB, file string) sessions.Store {
		db, reader := open(tb, file, pragma...), open(tb, file, pragma...)
		keep(db, writers)
		keep(reader, 4)
		s := layouts[layout](tb, db, sqlstore.Config{Reader: reader})
		files[s] = file
		return s
	}
	django := layout == "django"
	return sessiontest.Harness{
		Open: func(tb testing.TB) sessions.Store {
			return again(tb, filepath.Join(tb.TempDir(), "sessions.db"))
		},
		Reopen: func(tb testing.TB, s sessions.Store) sessions.Store { return again(tb, files[s]) },
		Corrupt: func(tb testing.TB, s sessions.Store, key string) {
			table := map[bool]string{false: "cloakroom_session", true: "django_session"}[django]
			_, err := open(tb, files[s]).Exec(`UPDATE `+table+` SET session_data = 'damaged' WHERE session_key = ?`, key)
			if err != nil {
				tb.Fatal(err)
			}
		},
		NoCreated:    django,
		NoOwner:      django,
		NoTombstones: django,
	}
}
