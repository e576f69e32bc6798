package djangotest

import (
	"testing"
	"time"
)

// This file is what a site's operator does: commands, users, settings, and a
// look at what is stored.

// Manage runs a command of manage.py, and answers its exit code and output.
func (s *Site) Manage(tb testing.TB, name string, args ...string) (code int, output string) {
	tb.Helper()
	command := []any{"manage", name}
	for _, arg := range args {
		command = append(command, arg)
	}
	s.ask(tb, &[]any{&code, &output}, command...)
	return code, output
}

// User is a row of django.contrib.auth.
type User struct {
	ID       string // the primary key, as text
	Password string // the password field, which is a hash
}

// SetPassword makes a user of that name, or gives the one there is another
// password.
func (s *Site) SetPassword(tb testing.TB, name, password string) User {
	tb.Helper()
	var u User
	s.ask(tb, &[]any{&u.ID, &u.Password}, "set_password", name, password)
	return u
}

// Load loads a session outside of any request, and answers its data as Python's
// compact JSON, and whether there is one. What JSON cannot hold is shown as
// Python shows it.
func (s *Site) Load(tb testing.TB, key string) (data string, ok bool) {
	tb.Helper()
	var found *string
	s.ask(tb, &[]any{&found, &data}, "load", key)
	return data, found != nil
}

// Exists reports whether anything is stored under a key, be it expired, as far
// as the engine can tell.
func (s *Site) Exists(tb testing.TB, key string) (exists bool) {
	tb.Helper()
	s.ask(tb, &exists, "exists", key)
	return exists
}

// ExpireDate is when a session's row in the database ends.
func (s *Site) ExpireDate(tb testing.TB, key string) time.Time {
	tb.Helper()
	var iso string
	s.ask(tb, &iso, "expire_date", key)
	date, err := time.Parse(time.RFC3339Nano, iso)
	if err != nil {
		tb.Fatal(err)
	}
	return date
}

// Override changes settings until the end of the test.
func (s *Site) Override(tb testing.TB, settings Settings) {
	tb.Helper()
	s.ask(tb, nil, "override", settings)
	tb.Cleanup(func() { s.ask(tb, nil, "restore") })
}
