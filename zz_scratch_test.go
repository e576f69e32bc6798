package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

const zk = "abcdefgh12345678"

func TestZNonASCIITail(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	plant(t, m, zk, `{"_session_expiry":1000,"a":1,"b":"é"}`)
	s := m.Open(context.Background(), zk)
	s.Set("a", 2)
	s.Set("z", 3)
	t.Log(s.Map(), s.Err())
	if s.Get("a") != int64(2) || s.Get("z") != int64(3) {
		t.Error("lost", s.Map())
	}
}
func TestZMalformedTail(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	plant(t, m, zk, `{"_session_expiry":1000,"a":1,"b":`)
	s := m.Open(context.Background(), zk)
	s.Set("a", 2)
	s.Set("z", 3)
	if s.Get("a") != int64(2) || s.Get("z") != int64(3) {
		t.Error("lost", s.Map())
	}
	s.Save()
}
func TestZMalformedTail2(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	plant(t, m, zk, `{"_session_expiry":1000,"a":1,"b":`)
	s := m.Open(context.Background(), zk)
	s.Set("z", 3)
	if s.Get("z") != int64(3) {
		t.Error("lost", s.Map())
	}
}
func TestZDup(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	plant(t, m, zk, `{"_session_expiry":1000,"a":1,"a":2}`)
	s := m.Open(context.Background(), zk)
	if s.Get("a") != int64(2) {
		t.Error("get first", s.Get("a"))
	}
	s.Delete("a")
	if s.Has("a") {
		t.Error("came back", s.Map())
	}
	s = m.Open(context.Background(), zk)
	s.Pop("a")
	t.Log(s.Err())
}
func TestZSaveFlushNoCookie(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	w := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("a", 1)
		s.Save()
		s.Flush()
	})
	if c := w.Header().Get("Set-Cookie"); c != "" {
		t.Error(c)
	}
	k := start(t, m, map[string]any{"a": 1})
	w = request(m, k, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("a", 1)
		s.Save()
		s.Flush()
		s.Set("x", 1)
		w.WriteHeader(500)
	})
	t.Log(w.Header())
}
func TestZConcurrentTransact(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	k := start(t, m, map[string]any{"a": 1})
	request(m, k, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Update("n", func(old any, ok bool) any { n, _ := old.(int64); return n + 1 })
		s.Transact(r.Context(), func(tx *sessions.Session) error {
			s.Set("x", 1)
			tx.Set("y", 1)
			return nil
		})
	})
	t.Log(stored(t, m, k))
	if stored(t, m, k)["x"] == nil {
		t.Error("x lost")
	}
	k = start(t, m, map[string]any{"a": 1})
	first := true
	request(m, k, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Update("n", func(old any, ok bool) any { n, _ := old.(int64); return n + 1 })
		s.Transact(r.Context(), func(tx *sessions.Session) error {
			if first {
				first = false
				s.Save()
			}
			tx.Set("y", 1)
			return nil
		})
	})
	if stored(t, m, k)["n"] != int64(1) {
		t.Error("counted", stored(t, m, k))
	}
}
func TestZTransactErrorNew(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	w := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Transact(r.Context(), func(tx *sessions.Session) error {
			tx.Set("y", 1)
			return errors.New("no")
		})
	})
	if c := w.Header().Get("Set-Cookie"); c != "" {
		t.Error(c)
	}
}
func TestZEndedCycle(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	k := start(t, m, map[string]any{"a": 1})
	request(m, k, func(w http.ResponseWriter, r *http.Request) { sessions.From(r).CycleKey() })
	w := request(m, k, func(w http.ResponseWriter, r *http.Request) { sessions.From(r).CycleKey() })
	if c := w.Header().Get("Set-Cookie"); c != "" {
		t.Error(w.Code, c)
	}
}
func TestZAdopt(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	k := "attackerchosenkey"
	w := request(m, k, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.SaveNew()
		s.Set("a", 1)
	})
	ok, _ := m.Exists(context.Background(), k)
	if ok {
		t.Error("adopted", w.Header())
	}
}
func TestZUpdateFlush(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	k := start(t, m, map[string]any{"a": 1})
	var s2 *sessions.Session
	err := m.Update(context.Background(), k, func(s *sessions.Session) error { s2 = s; return s.Flush() })
	if s2.Key() != "" {
		t.Error("made", err, s2.Key())
	}
}
func TestZOldExpiry(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(context.Background(), "")
	s.ExpireAt(time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC))
	if s.ExpiryAge() > 0 {
		t.Error(s.ExpiryAge())
	}
	s.ExpireAt(time.Time{})
	if s.ExpiryAge() > 0 || s.ExpiresAtBrowserClose() {
		t.Error(s.ExpiryAge(), s.ExpiresAtBrowserClose())
	}
}

type zname string

func TestZNull(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(context.Background(), "")
	s.Set("n", nil)
	if v, ok := sessions.Key[zname]("n").Get(s); ok {
		t.Errorf("%q", v)
	}
	if v, ok := sessions.Key[int32]("n").Get(s); ok {
		t.Errorf("%v", v)
	}
}
func TestZMovedAndFailed(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	k := start(t, m, map[string]any{"a": 1})
	w := request(m, k, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.CycleKey()
		s.Save()
		s.Set("b", make(chan int))
	})
	if c := w.Header().Get("Set-Cookie"); c == "" {
		t.Error(w.Code, c)
	}
}
