package sessions_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is about what jobs and frameworks do with sessions, beside their
// values: flags, the text as a whole, and the end of those that have expired.

func TestFlagsCanBeSet(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	w := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("a", 2)
		s.SetModified(false)
		s.SetAccessed(false)
		if s.Modified() || s.Accessed() {
			t.Error("the flags stay")
		}
	})
	if got := stored(t, m, key); got["a"] != int64(1) || w.Header().Get("Vary") != "" {
		t.Errorf("stored %v, Vary %q", got, w.Header().Get("Vary"))
	}
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("a", 2)
		s.SetModified(false)
		if err := s.Save(); err != nil {
			t.Error(err)
		}
	})
	if got := stored(t, m, key); got["a"] != int64(2) {
		t.Errorf("after an explicit save: %v", got)
	}
}

func TestJSON(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	s.Set("z", 1.0)
	s.Set("é", []any{1, nil})
	if got := string(s.JSON()); got != `{"z":1.0,"\u00e9":[1,null]}` {
		t.Errorf("got %s", got)
	}
	broken, err := sessions.New(&failing{Store: m.Store(), load: true}, sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := broken.Open(t.Context(), existing).JSON(); got != nil {
		t.Errorf("of a session that could not be loaded: %s", got)
	}
}

func TestAmend(t *testing.T) {
	const Queue sessions.Key[[]string] = "queue"
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1, "queue": []string{"a"}})
	// One takes all, while others add: nothing is lost, and nothing stays empty.
	var taken []string
	overlap(m, key, 10, func(i int, s *sessions.Session) {
		Queue.Amend(s, func(old []string, _ bool) ([]string, bool) {
			if i == 0 {
				taken = old
				return nil, false
			}
			return append(old, fmt.Sprint(i)), true
		})
	})
	left := Queue.Or(m.Open(t.Context(), key), nil)
	if len(taken)+len(left) != 10 {
		t.Errorf("%d taken and %d left, of 10", len(taken), len(left))
	}
	s := m.Open(t.Context(), key)
	Queue.Amend(s, func([]string, bool) ([]string, bool) { return nil, false })
	if s.Has("queue") || s.Err() != nil {
		t.Errorf("it stays: %v, %v", s.Map(), s.Err())
	}
}

// TestTouchKeepsAShorterLife has a request that only reads finish after another
// has shortened the session's life.
func TestTouchKeepsAShorterLife(t *testing.T) {
	m, now := newWorld(t, sessions.Config{SaveEveryRequest: true})
	key := start(t, m, map[string]any{"a": 1})
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).Get("a")
		if err := m.Update(t.Context(), key, func(s *sessions.Session) error { s.ExpireAfter(time.Minute); return nil }); err != nil {
			t.Error(err)
		}
	})
	rec, err := m.Store().Load(t.Context(), key)
	if want := now.Add(time.Minute); err != nil || !rec.Expires.Equal(want) {
		t.Errorf("it ends at %v, want %v (%v)", rec.Expires, want, err)
	}
}

func TestClearExpired(t *testing.T) {
	m, now := newWorld(t, sessions.Config{Lifetime: time.Hour})
	for range 1200 {
		start(t, m, nil)
	}
	now.Time = now.Add(30 * time.Minute)
	alive := start(t, m, nil)
	now.Time = now.Add(40 * time.Minute)
	// memstore removes some by itself when a session begins.
	if n, err := m.ClearExpired(t.Context()); err != nil || n < 1000 || n > 1200 {
		t.Errorf("%d deleted, %v", n, err)
	}
	if stored(t, m, alive) == nil {
		t.Error("a living session has gone")
	}
	if n, err := m.ClearExpired(t.Context()); n != 0 || err != nil {
		t.Errorf("again: %d deleted, %v", n, err)
	}
	without, err := sessions.New(losing{m.Store()}, sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := without.ClearExpired(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a store without a Sweeper: %v", err)
	}
}
