package engine_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/cloakroom-go/sessions"
)

// This file is values that Django's caches can hold and JSON cannot.

var foreign = map[string]string{
	"counts": "{1: 'one'}",
	"pair":   "(1, 2)",
	"when":   "datetime.datetime(2026, 1, 2, 3, 4)",
}

func foreignValues(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	operations := []do{set("plain", `"text"`)}
	for key, python := range foreign {
		operations = append(operations, do{"set_python", key, python})
	}
	v.theirs(operations...)

	// What can be read is read, and reading is all right.
	v.must(func(s *sessions.Session) {
		if got, err := s.Value("plain"); got != "text" || err != nil {
			t.Errorf("plain is %v, %v", got, err)
		}
		if got, want := slices.Sorted(slices.Values(s.Keys())), []string{"counts", "pair", "plain", "when"}; !reflect.DeepEqual(got, want) {
			t.Errorf("keys %q, want %q", got, want)
		}
		for key := range foreign {
			if _, err := s.Value(key); !errors.Is(err, sessions.ErrForeign) {
				t.Errorf("%s: %v, want ErrForeign", key, err)
			}
		}
	})
	// Nothing can be written, and what is there stays.
	for name, change := range map[string]func(*sessions.Session){
		"Set":      func(s *sessions.Session) { s.Set("plain", "other") },
		"Delete":   func(s *sessions.Session) { s.Delete("pair") },
		"Clear":    func(s *sessions.Session) { s.Clear() },
		"CycleKey": func(s *sessions.Session) { s.CycleKey() },
	} {
		var failure error
		status := v.ours(func(s *sessions.Session) { change(s); failure = s.Err() })
		if status != http.StatusInternalServerError || !errors.Is(failure, sessions.ErrForeign) {
			t.Errorf("%s is answered %d, %v", name, status, failure)
		}
	}
	if got := v.theirs(do{"get", "plain"}); got != `"text"` {
		t.Errorf("plain is now %s", got)
	}
	for key, python := range foreign {
		if got, want := v.theirs(do{"repr", key}), `"`+python+`"`; got != want {
			t.Errorf("%s is now %s, want %s", key, got, want)
		}
	}
	// But it can end.
	key := v.key()
	v.must(func(s *sessions.Session) {
		if err := s.Flush(); err != nil {
			t.Error(err)
		}
	})
	v.loses(key)
}

// tupleInCache: with cached_db Django's cache holds the tuple itself, and the
// database the list that JSON makes of it, which is what every process reads
// once the cache has lost the tuple. It is what counts here.
func tupleInCache(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(do{"set_python", "pair", "(1, 2)"})
	v.must(func(s *sessions.Session) {
		if got, err := s.Value("pair"); !reflect.DeepEqual(got, []any{int64(1), int64(2)}) {
			t.Errorf("pair is %v, %v", got, err)
		}
	})
	v.must(func(s *sessions.Session) { s.Set("ours", 1) })
	if got, want := v.theirs(do{"items"}), `{"pair":[1,2],"ours":1}`; got != want {
		t.Errorf("Django reads %s, want %s", got, want)
	}
}
