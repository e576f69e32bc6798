package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// This file is the dialect of SQLite, and Django's way with times in it.

// SQLite is the dialect of SQLite 3.24 (2018) and later, through any driver.
//
// Times are stored as Django stores them there, as text. Let the driver wait
// for locks (busy_timeout); where it does not, the store asks again.
var SQLite = &Dialect{
	name:  "sqlite",
	quote: `"`,
	queries: queries{
		// The casts keep drivers from making a time.Time of a datetime column.
		load:    `SELECT session_data, CAST(expire_date AS text)[, CAST(created_date AS text), owner] FROM {table} WHERE session_key = ? AND expire_date > ?`,
		create:  `INSERT INTO {table} (session_key, session_data, expire_date[, created_date, owner]) VALUES (?, ?, ?[, ?, ?]) ON CONFLICT DO NOTHING`,
		replace: `UPDATE {table} SET session_data = ?, expire_date = ?[, created_date = ?, owner = ?] WHERE session_key = ? AND session_data = ? AND expire_date > ?`,
		remove:  `DELETE FROM {table} WHERE session_key = ? AND session_data = ? AND expire_date > ?`,
		delete:  `DELETE FROM {table} WHERE session_key = ?`,
		touch:   `UPDATE {table} SET expire_date = ? WHERE session_key = ? AND expire_date > ?[ AND session_data <> '']`,
		sweep:   `DELETE FROM {table} WHERE session_key IN (SELECT session_key FROM {table} WHERE expire_date <= ? ORDER BY expire_date LIMIT ?)`,
		list: `SELECT session_key, session_data, CAST(expire_date AS text)[, CAST(created_date AS text), owner] FROM {table}
			WHERE session_key > ? AND expire_date > ?[ AND session_data <> ''] ORDER BY session_key LIMIT ?`,
		// That owner is not empty must be said for the partial index to be used.
		listOwner: `SELECT session_key, session_data, CAST(expire_date AS text), CAST(created_date AS text), owner FROM {table}
			WHERE owner = ? AND owner <> '' AND session_key > ? AND expire_date > ? AND session_data <> '' ORDER BY session_key LIMIT ?`,

		tableExists: `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`,
		probe:       `SELECT session_key, session_data, expire_date[, created_date, owner] FROM {table} WHERE 1 = 0`,
		applied:     `SELECT name, CAST(applied AS text) FROM {history} WHERE app = ?`,
		record:      `INSERT INTO {history} (app, name, applied) VALUES (?, ?, ?)`,
		forget:      `DELETE FROM {history} WHERE app = ? AND name = ?`,
	},
	lock:         `BEGIN IMMEDIATE`,
	commit:       `COMMIT`,
	rollback:     `ROLLBACK`,
	encodeTime:   func(t time.Time, in *time.Location) any { return formatTime(t, in) },
	decodeTime:   parseTime,
	busy:         sqliteBusy,
	missingTable: func(err error) bool { return strings.Contains(err.Error(), "no such table") },
}

// sqliteBusy recognises SQLITE_BUSY and SQLITE_LOCKED, whose numbers are 5 and
// 6 in the low byte of extended codes too, or else by the drivers' words.
func sqliteBusy(err error) bool {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		primary := coded.Code() & 0xff
		return primary == 5 || primary == 6
	}
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "table is locked")
}

// The two forms of Django's times: microseconds are six digits or left out. As
// text they are in the order of time, for the shorter is a beginning of the
// longer.
const (
	wholeSeconds = "2006-01-02 15:04:05"
	microseconds = "2006-01-02 15:04:05.000000"
)

// The first and last times whose text has four digits for the year, with a day
// to spare for any time zone. A session that expires later never does.
var (
	earliest = time.Date(0, 1, 2, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 30, 23, 59, 59, 0, time.UTC)
)

func formatTime(t time.Time, in *time.Location) string {
	switch {
	case t.Before(earliest):
		t = earliest
	case t.After(latest):
		t = latest
	}
	t = t.In(in)
	if t.Nanosecond() < 1000 {
		return t.Format(wholeSeconds)
	}
	return t.Format(microseconds)
}

// parseTime reads what formatTime writes, and any other number of digits.
func parseTime(v any, in *time.Location) (time.Time, error) {
	switch v := v.(type) {
	case string:
		return time.ParseInLocation(wholeSeconds, v, in)
	case []byte:
		return time.ParseInLocation(wholeSeconds, string(v), in)
	}
	return time.Time{}, fmt.Errorf("sqlstore: a time stored as %T", v)
}
