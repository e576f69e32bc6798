package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"
)

// This file checks the dialect of SQLite by itself: times, errors, templates.

// moments are in order of time, closely around every kind of border.
func moments() []time.Time {
	var all []time.Time
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2026, 11, 22, 9, 59, 59, 0, time.UTC),
		time.Date(2026, 11, 22, 10, 0, 5, 0, time.UTC),
		time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC),
	} {
		for _, micro := range []int{0, 1, 9, 10, 99999, 100000, 500000, 999999} {
			all = append(all, at.Add(time.Duration(micro)*time.Microsecond))
		}
	}
	return all
}

func TestTimesAsTextAreInOrder(t *testing.T) {
	var texts []string
	for _, at := range moments() {
		texts = append(texts, formatTime(at, time.UTC))
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not in order of time: %q", texts)
	}
	if n := len(slices.Compact(texts)); n != len(moments()) {
		t.Errorf("%d texts for %d times", n, len(moments()))
	}
}

func TestTimesComeBack(t *testing.T) {
	tokyo := time.FixedZone("Tokyo", 9*3600)
	for _, in := range []*time.Location{time.UTC, tokyo} {
		for _, at := range moments() {
			at = at.Add(time.Duration(rand.N(1000))) // less than a microsecond is left out
			got, err := parseTime(formatTime(at, in), in)
			if err != nil || !got.Equal(at.Truncate(time.Microsecond)) {
				t.Errorf("%v in %v came back as %v, %v", at, in, got, err)
			}
		}
	}
}

// The forms are Django's: isoformat with a space, microseconds six digits or
// none, see db_sqlite in its DatabaseOperations.
func TestTimesAreWrittenAsDjangoDoes(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at   time.Time
		in   *time.Location
		want string
	}{
		{time.Unix(1701209600, 0), time.UTC, "2023-11-28 22:13:20"},
		{time.Unix(1701209600, 999), time.UTC, "2023-11-28 22:13:20"},
		{time.Unix(1701209600, 1000), time.UTC, "2023-11-28 22:13:20.000001"},
		{time.Unix(1701209600, 120_000_000), time.UTC, "2023-11-28 22:13:20.120000"},
		{time.Unix(1701209600, 0), chicago, "2023-11-28 16:13:20"},
		{time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC, "9999-12-30 23:59:59"},
		{time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC), time.UTC, "0000-01-02 00:00:00"},
	} {
		if got := formatTime(test.at, test.in); got != test.want {
			t.Errorf("%v is written %q, want %q", test.at, got, test.want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{
		"2023-11-28 22:13:20", "2023-11-28 22:13:20.000001", "2023-11-28 22:13:20.1", "2023-11-28T22:13:20",
		"2023-11-28 22:13:20+00:00", "2023-02-30 00:00:00", "", "\x00", "never", "0000-01-01 00:00:00", "9999-12-31 23:59:59.999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseTime(text, time.UTC)
		if err != nil || at.Before(earliest) || at.After(latest) {
			return
		}
		again, err := parseTime([]byte(formatTime(at, time.UTC)), time.UTC)
		if err != nil || !again.Equal(at.Truncate(time.Microsecond)) {
			t.Errorf("%q was read as %v, and then as %v, %v", text, at, again, err)
		}
	})
}

func TestParseTimeRefusesOtherTypes(t *testing.T) {
	for _, v := range []any{nil, int64(1701209600), 2.5} {
		if at, err := parseTime(v, time.UTC); err == nil {
			t.Errorf("%T was read as %v", v, at)
		}
	}
}

type coded int

func (c coded) Error() string { return fmt.Sprintf("database is locked, says code %d", int(c)) }
func (c coded) Code() int     { return int(c) }

func TestSQLiteBusy(t *testing.T) {
	for err, want := range map[error]bool{
		coded(5):                         true, // SQLITE_BUSY
		coded(5 | 2<<8):                  true, // SQLITE_BUSY_SNAPSHOT
		coded(6):                         true, // SQLITE_LOCKED
		fmt.Errorf("in: %w", coded(6)):   true,
		coded(19):                        false, // SQLITE_CONSTRAINT: the number counts, not the words
		errors.New("database is locked"): true,
		errors.New("database table is locked: cloakroom_session"):          true,
		errors.New("UNIQUE constraint failed: django_session.session_key"): false,
	} {
		if got := sqliteBusy(err); got != want {
			t.Errorf("%v: busy is %t", err, got)
		}
	}
}

// No template may keep a marker, in either layout, nor say what the other says.
func TestTemplatesExpand(t *testing.T) {
	q := SQLite.queries
	for _, template := range []string{q.load, q.create, q.replace, q.remove, q.delete, q.touch, q.sweep, q.list, q.probe} {
		native, django := SQLite.expand(template, "a_table", true), SQLite.expand(template, "a_table", false)
		for _, text := range []string{native, django} {
			if strings.ContainsAny(text, "[]{}") || !strings.Contains(text, `"a_table"`) {
				t.Errorf("expanded to %s", text)
			}
		}
		if strings.Contains(django, "owner") || strings.Contains(django, "created") {
			t.Errorf("Django's table has no such column: %s", django)
		}
		if strings.Contains(template, "[") == (native == django) {
			t.Errorf("the layouts are not told apart: %s", template)
		}
	}
}

func sqliteFile(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "sessions.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// A driver that does not wait for locks answers at once that the database is
// busy; the statement is run again until it is not.
func TestRetryUntilTheLockGoes(t *testing.T) {
	db := sqliteFile(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	attempts := 0
	err = SQLite.retry(t.Context(), func() error {
		if attempts++; attempts == 3 {
			if err := tx.Rollback(); err != nil {
				return err
			}
		}
		_, err := db.ExecContext(t.Context(), `CREATE TABLE a (b)`)
		return err
	})
	if err != nil || attempts != 3 {
		t.Errorf("%d attempts, and then %v", attempts, err)
	}
}

func TestRetryLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := SQLite.retry(context.Background(), func() error { return coded(5) })
		if took := time.Since(began); !errors.Is(err, coded(5)) || took < patience || took > patience+longestPause {
			t.Errorf("gave up after %v with %v, want after %v", took, err, patience)
		}
	})
}

// Nothing that a visitor's request does may go through the whole table.
func TestQueriesUseIndexes(t *testing.T) {
	db := sqliteFile(t)
	s, err := New(db, SQLite, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrator().Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	const key, expiry, owner = "sqlite_autoindex_cloakroom_session_1", "cloakroom_session_expire_date_", "cloakroom_session_owner_"
	for statement, index := range map[*statement]string{
		s.load: key, s.replace: key, s.remove: key, s.delete: key, s.touch: key, s.list: key,
		s.sweep: expiry, s.listOwner: owner,
	} {
		args := make([]any, strings.Count(statement.query, "?"))
		plan := queryPlan(t, db, statement.query, args...)
		if !strings.Contains(plan, index) || strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP") {
			t.Errorf("%s\nis planned as\n%s", statement.query, plan)
		}
	}
}

func queryPlan(t *testing.T, db *sql.DB, query string, args ...any) (plan string) {
	t.Helper()
	rows, err := db.Query(`EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan += step + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
