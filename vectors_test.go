package sessions_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/pyjson"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file has what the tests share that replay cases made by Django itself:
// testdata/django, one file for each kind.

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/django/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// clock is a time that stands until it is set.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func unix(seconds float64) time.Time {
	return time.UnixMicro(int64(seconds * 1e6)).UTC()
}

// newWorld returns a Manager on a memory store, both of one clock.
func newWorld(t testing.TB, cfg sessions.Config) (*sessions.Manager, *clock) {
	t.Helper()
	c := &clock{unix(1700000000)}
	cfg.Now = c.now
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := sessions.New(memstore.New(memstore.Config{Now: c.now}), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m, c
}

// plant stores a session with that JSON under that key, as saved by the clock.
func plant(t testing.TB, m *sessions.Manager, key, data string) {
	t.Helper()
	s := m.Open(t.Context(), "")
	var values struct {
		Expiry any `json:"_session_expiry"`
	}
	if err := json.Unmarshal([]byte(data), &values); err != nil {
		t.Fatal(err)
	}
	if values.Expiry != nil {
		s.Set("_session_expiry", values.Expiry)
	}
	rec := sessions.Record{Data: canonical(t, data), Expires: s.ExpiryDate(), Created: s.ExpiryDate()}
	if err := m.Store().Create(t.Context(), key, rec); err != nil {
		t.Fatal(err)
	}
}

// canonical is the form in which sessions are stored, of any JSON.
func canonical(t testing.TB, text string) []byte {
	t.Helper()
	data, err := pyjson.Normalize([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
