package sessions_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file holds what a request may cost, in allocations, which unlike times
// are the same on every machine.

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func TestAllocations(t *testing.T) {
	m, now := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{
		"user": 12345, "name": "irfan", "email": "irfan.sssit@gmail.com", "cart": []int{1, 2, 3},
		"theme": "dark", "lang": "en-gb", "seen": 1.5, "next": "/account/orders/?page=2",
	})
	r, _ := http.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "csrftoken=abc; sessionid="+key)
	w := discard{http.Header{}}
	for name, c := range map[string]struct {
		most   float64
		handle http.HandlerFunc
	}{
		"untouched": {2, func(http.ResponseWriter, *http.Request) {}},
		"read":      {8, func(_ http.ResponseWriter, r *http.Request) { sessions.Key[string]("email").Or(sessions.From(r), "") }},
		"write":     {20, func(_ http.ResponseWriter, r *http.Request) { sessions.Key[int]("user").Set(sessions.From(r), 1) }},
	} {
		h := m.Middleware(c.handle)
		got := testing.AllocsPerRun(100, func() {
			clear(w.header)
			now.Time = now.Add(time.Millisecond)
			h.ServeHTTP(w, r)
		})
		t.Logf("%s: %v allocations", name, got)
		if got > c.most {
			t.Errorf("%s: %v allocations, at most %v", name, got, c.most)
		}
	}
}
