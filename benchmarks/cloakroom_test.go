package benchmarks

import (
	"net/http"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is Cloakroom as a contestant.

type cloakroom struct{ *sessions.Manager }

// newCloakroom keeps sessions in a memstore, all settings at their defaults.
func newCloakroom(testing.TB) contestant {
	m, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	must(err)
	return cloakroom{m}
}

func (c cloakroom) untouched() http.Handler { return c.Middleware(http.HandlerFunc(ok)) }

func (c cloakroom) create() http.Handler {
	return c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		for _, p := range data {
			s.Set(p.key, p.value)
		}
		ok(w, r)
	}))
}

func (c cloakroom) read(key string, got func(string)) http.Handler {
	k := sessions.Key[string](key)
	return c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got(k.Or(sessions.From(r), ""))
		ok(w, r)
	}))
}

func (c cloakroom) write(key string, next func() string) http.Handler {
	k := sessions.Key[string](key)
	return c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.Set(sessions.From(r), next())
		ok(w, r)
	}))
}

func (c cloakroom) update(key string, fn func(string) string) http.Handler {
	k := sessions.Key[string](key)
	return c.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		k.Set(s, fn(k.Or(s, "")))
		ok(w, r)
	}))
}
