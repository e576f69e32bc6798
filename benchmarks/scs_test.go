package benchmarks

import (
	"net/http"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// This file is alexedwards/scs as a contestant.

type scsManager struct{ *scs.SessionManager }

// newSCS keeps sessions in scs's memstore, all settings at their defaults, but
// without the goroutine that removes the expired: nothing here expires.
func newSCS(testing.TB) contestant {
	m := scs.New()
	m.Store = memstore.NewWithCleanupInterval(0)
	return scsManager{m}
}

func (c scsManager) untouched() http.Handler { return c.LoadAndSave(http.HandlerFunc(ok)) }

func (c scsManager) create() http.Handler {
	return c.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, p := range data {
			c.Put(r.Context(), p.key, p.value)
		}
		ok(w, r)
	}))
}

func (c scsManager) read(key string, got func(string)) http.Handler {
	return c.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got(c.GetString(r.Context(), key))
		ok(w, r)
	}))
}

func (c scsManager) write(key string, next func() string) http.Handler {
	return c.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Put(r.Context(), key, next())
		ok(w, r)
	}))
}

func (c scsManager) update(key string, fn func(string) string) http.Handler {
	return c.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Put(r.Context(), key, fn(c.GetString(r.Context(), key)))
		ok(w, r)
	}))
}
