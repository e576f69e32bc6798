package sessions_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is about requests that overlap on one session: what each of them
// stores, and what becomes of them when the session ends meanwhile.

// request sends a request with that session's cookie through the Manager's
// middleware.
func request(m *sessions.Manager, key string, handle http.HandlerFunc) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	if key != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	}
	w := httptest.NewRecorder()
	m.Middleware(handle).ServeHTTP(w, r)
	return w
}

// overlap runs n requests that have all read the session before any changes it.
func overlap(m *sessions.Manager, key string, n int, change func(i int, s *sessions.Session)) []*httptest.ResponseRecorder {
	var loaded, done sync.WaitGroup
	loaded.Add(n)
	answers := make([]*httptest.ResponseRecorder, n)
	for i := range n {
		done.Go(func() {
			answers[i] = request(m, key, func(w http.ResponseWriter, r *http.Request) {
				s := sessions.From(r)
				s.Get("x")
				loaded.Done()
				loaded.Wait()
				change(i, s)
			})
		})
	}
	done.Wait()
	return answers
}

func statuses(answers []*httptest.ResponseRecorder) map[int]int {
	counts := map[int]int{}
	for _, w := range answers {
		counts[w.Code]++
	}
	return counts
}

// start stores a session and returns its key.
func start(t testing.TB, m *sessions.Manager, values map[string]any) string {
	t.Helper()
	s := m.Open(t.Context(), "")
	s.SetAll(values)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	return s.Key()
}

func stored(t testing.TB, m *sessions.Manager, key string) map[string]any {
	t.Helper()
	s := m.Open(t.Context(), key)
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	if s.Key() == "" {
		return nil
	}
	return s.Map()
}

func TestOverlappingWritesAreAllKept(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	answers := overlap(m, key, 20, func(i int, s *sessions.Session) { s.Set(fmt.Sprintf("k%02d", i), i) })
	if got := statuses(answers); got[200] != 20 {
		t.Errorf("statuses %v", got)
	}
	if got := stored(t, m, key); len(got) != 21 {
		t.Errorf("%d of 20 writes kept: %v", len(got)-1, got)
	}
}

func TestOverlappingUpdatesAreAllCounted(t *testing.T) {
	const Visits sessions.Key[int] = "visits"
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	overlap(m, key, 20, func(i int, s *sessions.Session) {
		if i%2 == 0 {
			Visits.Update(s, func(n int, _ bool) int { return n + 1 })
			return
		}
		s.Update("visits", func(old any, _ bool) any {
			n, _ := old.(int64)
			return n + 1
		})
	})
	if got := stored(t, m, key)["visits"]; got != int64(20) {
		t.Errorf("visits = %v, want 20", got)
	}
}

func TestMixedChangesReplayInOrder(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1, "old": 1, "gone": 1})
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Delete("gone")
		s.Set("x", 2)
		s.SetDefault("y", 3)
		// Another request comes in between and wins.
		if err := m.Update(t.Context(), key, func(o *sessions.Session) error {
			o.Set("x", 100)
			o.Set("theirs", true)
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	want := fmt.Sprint(map[string]any{"x": 2, "old": 1, "y": 3, "theirs": true})
	if got := fmt.Sprint(stored(t, m, key)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestClearForgetsWhatOthersStoredMeanwhile(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Clear()
		s.Set("mine", 1)
		_ = m.Update(t.Context(), key, func(o *sessions.Session) error { o.Set("theirs", 1); return nil })
	})
	if got := fmt.Sprint(stored(t, m, key)); got != "map[mine:1]" {
		t.Errorf("got %s", got)
	}
}

func TestEndedSessionStaysEnded(t *testing.T) {
	end := map[string]func(*sessions.Manager, string) error{
		"flush": func(m *sessions.Manager, key string) error { return m.Open(t.Context(), key).Flush() },
		"end":   func(m *sessions.Manager, key string) error { return m.End(t.Context(), key) },
		"cycle": func(m *sessions.Manager, key string) error {
			s := m.Open(t.Context(), key)
			s.CycleKey()
			return s.Save()
		},
	}
	late := map[string]struct {
		change func(*sessions.Session)
		status int
	}{
		"set":   {func(s *sessions.Session) { s.Set("a", 1) }, 400},
		"clear": {func(s *sessions.Session) { s.Clear() }, 400},
		"cycle": {func(s *sessions.Session) { s.CycleKey() }, 400},
		"touch": {func(s *sessions.Session) { s.SetModified(true) }, 200},
		"read":  {func(s *sessions.Session) { s.Get("x") }, 200},
	}
	for ending, end := range end {
		for name, late := range late {
			t.Run(name+" after "+ending, func(t *testing.T) {
				m, _ := newWorld(t, sessions.Config{SaveEveryRequest: name == "touch"})
				key := start(t, m, map[string]any{"x": 1})
				w := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
					sessions.From(r).Get("x")
					if err := end(m, key); err != nil {
						t.Error(err)
					}
					late.change(sessions.From(r))
				})
				if w.Code != late.status {
					t.Errorf("status %d, want %d", w.Code, late.status)
				}
				if c := w.Result().Header["Set-Cookie"]; len(c) > 0 {
					t.Errorf("Set-Cookie %q: it would overwrite the visitor's next session", c)
				}
				if got := stored(t, m, key); got != nil {
					t.Errorf("the session is back: %v", got)
				}
			})
		}
	}
}

func TestInterruptionHook(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{OnError: func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, sessions.ErrInterrupted) {
			t.Errorf("hook got %v", err)
		}
		w.WriteHeader(http.StatusTeapot)
	}})
	key := start(t, m, map[string]any{"x": 1})
	w := request(m, key, func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("a", 1)
		_ = m.End(t.Context(), key)
		w.Header().Set("Location", "/welcome")
		if _, err := w.Write([]byte("welcome")); !errors.Is(err, sessions.ErrInterrupted) {
			t.Errorf("Write answered %v", err)
		}
	})
	if w.Code != http.StatusTeapot || w.Body.Len() > 0 || w.Header().Get("Location") != "" {
		t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
	}
}

func TestWriteBeforeTheMoveIsCarriedOver(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	var next string
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.CycleKey()
		s.Set("user", 7)
		next = s.Key()
		if err := m.Update(t.Context(), key, func(o *sessions.Session) error { o.Set("cart", 1); return nil }); err != nil {
			t.Error(err)
		}
	})
	if got := fmt.Sprint(stored(t, m, next)); got != "map[cart:1 user:7 x:1]" {
		t.Errorf("under the new key: %s", got)
	}
	if got := stored(t, m, key); got != nil {
		t.Errorf("under the old key: %v", got)
	}
	// Nothing in the store leads from the old key to the new one.
	rec, err := m.Store().Load(t.Context(), key)
	if !errors.Is(err, sessions.ErrEnded) || len(rec.Data) > 0 || rec.Revision != "" || rec.Owner != "" {
		t.Errorf("the tombstone is %+v, %v", rec, err)
	}
}

func TestOldKeyWithinTheGrace(t *testing.T) {
	m, now := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	s := m.Open(t.Context(), key)
	s.CycleKey()
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	read := func(_ http.ResponseWriter, r *http.Request) {
		if v := sessions.From(r).Get("x"); v != nil {
			t.Errorf("the old key reads %v", v)
		}
	}
	if w := request(m, key, read); len(w.Result().Cookies()) > 0 {
		t.Errorf("within the grace: %v", w.Result().Cookies())
	}
	write := func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) }
	if w := request(m, key, write); w.Code != 400 || len(w.Result().Cookies()) > 0 {
		t.Errorf("a write within the grace: %d %v", w.Code, w.Result().Cookies())
	}
	now.Time = now.Add(61e9)
	if w := request(m, key, read); len(w.Result().Cookies()) != 1 || w.Result().Cookies()[0].MaxAge != -1 {
		t.Errorf("after the grace: %v", w.Result().Cookies())
	}
}

func TestAnswersHold(t *testing.T) {
	change := map[string]func(*sessions.Session) any{
		"Pop":        func(s *sessions.Session) any { v, _ := s.Pop("x"); return v },
		"SetDefault": func(s *sessions.Session) any { return s.SetDefault("new", 1) },
	}
	other := map[string]func(*sessions.Session){
		"Pop":        func(s *sessions.Session) { s.Set("x", 2) },
		"SetDefault": func(s *sessions.Session) { s.Set("new", 2) },
	}
	for name, change := range change {
		t.Run(name, func(t *testing.T) {
			m, _ := newWorld(t, sessions.Config{})
			key := start(t, m, map[string]any{"x": 1})
			w := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
				if v := change(sessions.From(r)); fmt.Sprint(v) != "1" {
					t.Errorf("answer %v", v)
				}
				_ = m.Update(t.Context(), key, func(o *sessions.Session) error { other[name](o); return nil })
			})
			if w.Code != http.StatusConflict {
				t.Errorf("status %d, want 409", w.Code)
			}
		})
	}
}

func TestTokenIsTakenOnce(t *testing.T) {
	const Token sessions.Key[string] = "token"
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1, "token": "abc"})
	var got atomic.Int32
	answers := overlap(m, key, 20, func(i int, s *sessions.Session) {
		if v, ok, err := Token.Take(t.Context(), s); err != nil {
			t.Error(err)
		} else if ok && v == "abc" {
			got.Add(1)
		}
		s.Set(fmt.Sprint("k", i), i)
	})
	if got.Load() != 1 || statuses(answers)[200] != 20 {
		t.Errorf("%d requests got the token; statuses %v", got.Load(), statuses(answers))
	}
	if got := stored(t, m, key); len(got) != 21 || got["token"] != nil {
		t.Errorf("stored %v", got)
	}
}

func TestTransactDecidesOnWhatIsStored(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1, "seats": 3})
	var sold atomic.Int32
	errSoldOut := errors.New("sold out")
	overlap(m, key, 20, func(i int, s *sessions.Session) {
		s.Set(fmt.Sprint("tried", i), true)
		err := s.Transact(t.Context(), func(tx *sessions.Session) error {
			n, _ := tx.Get("seats").(int64)
			if n == 0 {
				return errSoldOut
			}
			tx.Set("seats", n-1)
			return nil
		})
		switch {
		case err == nil:
			sold.Add(1)
		case !errors.Is(err, errSoldOut):
			t.Error(err)
		}
	})
	if got := stored(t, m, key); sold.Load() != 3 || got["seats"] != int64(0) || len(got) != 22 {
		t.Errorf("%d sold; stored %v", sold.Load(), got)
	}
}

func TestTransactOnlyChangesValues(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	for name, call := range map[string]func(*sessions.Session){
		"Flush": func(s *sessions.Session) { _ = s.Flush() }, "CycleKey": (*sessions.Session).CycleKey,
		"Save": func(s *sessions.Session) { _ = s.Save() },
	} {
		err := m.Open(t.Context(), key).Transact(t.Context(), func(tx *sessions.Session) error { call(tx); return nil })
		if err == nil || stored(t, m, key) == nil {
			t.Errorf("%s within Transact: %v", name, err)
		}
	}
}

func TestConcurrentUseWithinARequest(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		var done sync.WaitGroup
		for i := range 20 {
			done.Go(func() {
				s.Set(fmt.Sprint("k", i), i)
				s.Get("x")
				s.Keys()
				s.ExpiryAge()
			})
		}
		done.Wait()
	})
	if got := stored(t, m, key); len(got) != 21 {
		t.Errorf("stored %v", got)
	}
}

// TestGoroutinesOfOverlappingRequests counts in all the ways that there are, in
// many goroutines of many requests that all save in between.
func TestGoroutinesOfOverlappingRequests(t *testing.T) {
	const N sessions.Key[int] = "n"
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"x": 1})
	more := func(n int, _ bool) int { return n + 1 }
	ways := []func(*sessions.Session) error{
		func(s *sessions.Session) error { N.Update(s, more); return nil },
		func(s *sessions.Session) error { N.Update(s, more); return s.Save() },
		func(s *sessions.Session) error {
			return s.Transact(t.Context(), func(tx *sessions.Session) error { N.Update(tx, more); return nil })
		},
		func(s *sessions.Session) error {
			return s.Transact(t.Context(), func(tx *sessions.Session) error { N.Set(tx, N.Or(tx, 0)+1); return nil })
		},
	}
	answers := overlap(m, key, 5, func(i int, s *sessions.Session) {
		var done sync.WaitGroup
		for j := range 3 * len(ways) {
			done.Go(func() {
				if err := ways[j%len(ways)](s); err != nil {
					t.Error(err)
				}
				s.Set(fmt.Sprint("k", i, j), true)
			})
		}
		done.Wait()
	})
	got := stored(t, m, key)
	if statuses(answers)[200] != 5 || got["n"] != int64(5*3*len(ways)) || len(got) != 2+5*3*len(ways) {
		t.Errorf("%v: counted %v, %d keys", statuses(answers), got["n"], len(got))
	}
}

// TestContentionIsAnError has a store on which somebody else is always faster.
func TestContentionIsAnError(t *testing.T) {
	m, err := sessions.New(losing{memstore.New(memstore.Config{})}, sessions.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	key := start(t, m, map[string]any{"x": 1})
	w := request(m, key, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("x", 2) })
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", w.Code)
	}
	err = m.Update(t.Context(), key, func(s *sessions.Session) error { s.Set("x", 2); return nil })
	if !errors.Is(err, sessions.ErrContention) {
		t.Errorf("Save answers %v", err)
	}
}
