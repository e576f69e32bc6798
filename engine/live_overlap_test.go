package engine_test

import (
	"net/http"
	"testing"

	"github.com/cloakroom-go/sessions"
)

// This file is two tabs of one browser whose requests overlap, one at each site.
// Django stores a session whole, without looking at what is there, so what it
// overwrites is its own affair; what this code stores overwrites nothing.
//
// Django's cache engine looks whether a session is still there and then stores
// it, in two steps. What ends between them is brought back by Django; that is
// not tested here, where all that we do comes before the first of them.

// djangoFirst: Django's whole request falls within ours.
func djangoFirst(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(set("a", `1`), set("b", `2`), set("c", `3`))
	v.must(func(s *sessions.Session) {
		s.Set("ours", 1)
		s.Delete("a")
		v.again().theirs(set("theirs", `2.0`), do{"delete", "b"})
	})
	v.holds(`{"c":3,"theirs":2.0,"ours":1}`)
}

// bothCount: an update counts on from what Django has stored meanwhile.
func bothCount(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(set("n", `1`))
	v.must(func(s *sessions.Session) {
		sessions.Key[int]("n").Update(s, func(n int, _ bool) int { return n + 1 })
		v.again().theirs(set("n", `10`))
	})
	v.holds(`{"n":11}`)
}

// djangoLast: our whole request falls within Django's, which has read the
// session before. Django overwrites all of it, as it does with itself.
func djangoLast(t *testing.T, b *liveBench) {
	v := b.returning(t)
	slow := v.again().begin(set("theirs", `2`), do{"pause"})
	v.must(func(s *sessions.Session) { s.Set("ours", 1) })
	v.holds(`{"a":1,"ours":1}`)
	if response := slow.finish(); response.Status != http.StatusOK {
		t.Fatalf("Django answers %d:\n%s", response.Status, response.Log)
	}
	v.holds(`{"a":1,"theirs":2}`)

	// Nothing is left of what we thought was there.
	v.must(func(s *sessions.Session) { s.Set("ours", 2) })
	v.holds(`{"a":1,"theirs":2,"ours":2}`)
}

// djangoLate: Django reads the session only after we have stored it.
func djangoLate(t *testing.T, b *liveBench) {
	v := b.returning(t)
	slow := v.again().begin(do{"pause"}, set("theirs", `2`))
	v.must(func(s *sessions.Session) { s.Set("ours", 1) })
	if response := slow.finish(); response.Status != http.StatusOK {
		t.Fatalf("Django answers %d:\n%s", response.Status, response.Log)
	}
	v.holds(`{"a":1,"ours":1,"theirs":2}`)
}

func djangoLogsOut(t *testing.T, b *liveBench) {
	v := b.returning(t)
	key := v.key()
	status := v.ours(func(s *sessions.Session) {
		s.Set("ours", 1)
		v.again().theirs(do{"logout"})
	})
	if status != http.StatusBadRequest {
		t.Errorf("our interrupted request is answered %d", status)
	}
	v.loses(key)
}

// djangoLogsOutOfReading: who only read is not bothered.
func djangoLogsOutOfReading(t *testing.T, b *liveBench) {
	v := b.returning(t)
	key := v.key()
	v.must(func(s *sessions.Session) {
		if s.Get("a") != int64(1) {
			t.Errorf("a is %v", s.Get("a"))
		}
		v.again().theirs(do{"logout"})
	})
	v.loses(key)
}

// interrupted checks that a request of Django's, which was paused, ends as
// those do whose session has gone.
func interrupted(t *testing.T, slow livePending) {
	t.Helper()
	if r := slow.finish(); r.Status != http.StatusBadRequest || r.Raised != "SessionInterrupted" {
		t.Errorf("Django's interrupted request is answered %d, raised %q\n%s", r.Status, r.Raised, r.Log)
	}
}

func weLogOut(t *testing.T, b *liveBench) {
	v := b.returning(t)
	key := v.key()
	slow := v.again().begin(set("theirs", `2`), do{"pause"})
	v.must(func(s *sessions.Session) {
		if err := s.Flush(); err != nil {
			t.Error(err)
		}
	})
	interrupted(t, slow)
	v.loses(key)
}

func weCycleKey(t *testing.T, b *liveBench) {
	v := b.returning(t)
	key := v.key()
	slow := v.again().begin(set("theirs", `2`), do{"pause"})
	v.must(func(s *sessions.Session) { s.CycleKey() })
	interrupted(t, slow)
	v.loses(key)
	if v.key() == key {
		t.Error("the key has not changed")
	}
	v.holds(`{"a":1}`)
}

func djangoCyclesKey(t *testing.T, b *liveBench) {
	v := b.returning(t)
	key := v.key()
	other := v.again()
	status := v.ours(func(s *sessions.Session) {
		s.Set("ours", 1)
		other.theirs(do{"cycle_key"})
	})
	if status != http.StatusBadRequest {
		t.Errorf("our interrupted request is answered %d", status)
	}
	v.loses(key)
	other.holds(`{"a":1}`)
}
