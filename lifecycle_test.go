package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file has sessions begin, move, end and begin again in every order, and
// looks at what the browser and the store are left with.

// browser keeps one cookie as browsers do.
type browser struct{ cookie string }

func (b *browser) send(m *sessions.Manager, handle http.HandlerFunc) *httptest.ResponseRecorder {
	w := request(m, b.cookie, handle)
	for _, c := range w.Result().Cookies() {
		if b.cookie = c.Value; c.MaxAge < 0 {
			b.cookie = ""
		}
	}
	return w
}

// steps are what a handler may do; each leaves no error behind.
var steps = map[string]func(*sessions.Session, int){
	"set":     func(s *sessions.Session, n int) { s.Set(fmt.Sprint("k", n%5), n) },
	"delete":  func(s *sessions.Session, n int) { s.Delete(fmt.Sprint("k", n%5)) },
	"pop":     func(s *sessions.Session, n int) { s.Pop(fmt.Sprint("k", n%5)) },
	"default": func(s *sessions.Session, n int) { s.SetDefault(fmt.Sprint("k", n%5), n) },
	"read":    func(s *sessions.Session, n int) { s.Get("k1") },
	"mark":    func(s *sessions.Session, n int) { s.SetModified(true) },
	"clear":   func(s *sessions.Session, n int) { s.Clear() },
	"save":    func(s *sessions.Session, n int) { _ = s.Save() },
	"new":     func(s *sessions.Session, n int) { _ = s.SaveNew() },
	"flush":   func(s *sessions.Session, n int) { _ = s.Flush() },
	"cycle":   func(s *sessions.Session, n int) { s.CycleKey() },
	"expiry":  func(s *sessions.Session, n int) { s.ExpireAfter(time.Duration(n%3) * time.Hour) },
	"transact": func(s *sessions.Session, n int) {
		_ = s.Transact(context.Background(), func(tx *sessions.Session) error { tx.Set("k1", n); return nil })
	},
	"refuse": func(s *sessions.Session, n int) {
		_ = s.Transact(context.Background(), func(tx *sessions.Session) error { tx.Set("k1", n); return errDown })
	},
}

// TestSessionsInAnyOrder runs requests of random steps in one browser. After
// each of them the browser's cookie leads to what the handler last saw, and the
// store holds nothing that no cookie leads to.
func TestSessionsInAnyOrder(t *testing.T) {
	names := slices.Sorted(maps.Keys(steps))
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		store := memstore.New(memstore.Config{})
		m, err := sessions.New(store, sessions.Config{SaveEveryRequest: seed%2 == 0, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		var b browser
		for range 4 {
			var done []string
			var seen map[string]any
			w := b.send(m, func(_ http.ResponseWriter, r *http.Request) {
				s := sessions.From(r)
				for range random.IntN(7) {
					name := names[random.IntN(len(names))]
					done = append(done, name)
					steps[name](s, random.IntN(100))
				}
				if len(done) > 0 {
					seen = s.Map()
				}
			})
			story := strings.Join(done, " ")
			if w.Code != 200 || len(w.Result().Cookies()) > 1 {
				t.Fatalf("seed %d: %s: status %d, %q", seed, story, w.Code, w.Header())
			}
			if len(w.Result().Cookies()) == 1 && w.Header().Get("Vary") != "Cookie" {
				t.Fatalf("seed %d: %s: no Vary", seed, story)
			}
			if got := stored(t, m, b.cookie); seen != nil && len(got)+len(seen) > 0 && !reflect.DeepEqual(got, seen) {
				t.Fatalf("seed %d: %s: stored %v, the handler saw %v", seed, story, got, seen)
			}
			for found := range store.List(t.Context()) {
				if found.Key != b.cookie {
					t.Fatalf("seed %d: %s: a session that no cookie leads to", seed, story)
				}
			}
		}
	}
}

func TestFlushAfterSaveLeavesNoCookie(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	w := request(m, "", func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("a", 1)
		if err := errors.Join(s.Save(), s.Flush()); err != nil {
			t.Error(err)
		}
	})
	if c := w.Header()["Set-Cookie"]; len(c) > 0 {
		t.Errorf("Set-Cookie %q for a session that has ended", c)
	}
}

func TestSaveNewTakesNoVisitorsKey(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	save := func(_ http.ResponseWriter, r *http.Request) { _ = sessions.From(r).SaveNew() }
	w := request(m, existing, save)
	if got := w.Result().Cookies(); len(got) != 1 || got[0].Value == existing || stored(t, m, existing) != nil {
		t.Errorf("a key that the visitor chose leads to a session; cookies %v", got)
	}
	key := start(t, m, map[string]any{"a": 1})
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Get("a")
		if err := m.End(t.Context(), key); err != nil {
			t.Error(err)
		}
		save(w, r)
	})
	if stored(t, m, key) != nil {
		t.Error("SaveNew has brought an ended session back")
	}
}

func TestUpdateThatFlushesStoresNothing(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	if err := m.Update(t.Context(), key, (*sessions.Session).Flush); err != nil {
		t.Fatal(err)
	}
	lister, _ := sessions.Capability[sessions.Lister](m.Store())
	for range lister.List(t.Context()) {
		t.Error("the store holds an empty session")
	}
}

// TestFailedCreateKeepsTheSession has a store that takes no new sessions.
func TestFailedCreateKeepsTheSession(t *testing.T) {
	store := &failing{Store: memstore.New(memstore.Config{})}
	m, err := sessions.New(store, sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	key := start(t, m, map[string]any{"a": 1})
	store.create = true
	w := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		if sessions.From(r).Create() == nil {
			t.Error("no error")
		}
	})
	if c := w.Header()["Set-Cookie"]; len(c) > 0 || stored(t, m, key)["a"] != int64(1) {
		t.Errorf("Set-Cookie %q for a session that lives", c)
	}
}

// TestMovedSessionIsNotLost fails after the session has moved: its visitor must
// still learn the new key.
func TestMovedSessionIsNotLost(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	b := browser{start(t, m, map[string]any{"a": 1})}
	w := b.send(m, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.CycleKey()
		if err := s.Save(); err != nil {
			t.Error(err)
		}
		s.Set("b", make(chan int))
	})
	if w.Code != 500 || stored(t, m, b.cookie)["a"] != int64(1) || w.Header().Get("Vary") != "Cookie" {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
}

func TestSecondMoveFromAnEndedKeyIsInterrupted(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	move := func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).CycleKey() }
	request(m, key, move)
	if w := request(m, key, move); w.Code != 400 || len(w.Result().Cookies()) > 0 {
		t.Errorf("status %d, cookies %v: they would replace the moved session's", w.Code, w.Result().Cookies())
	}
}
