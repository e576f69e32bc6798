package benchmarks

import (
	"net/http"
	"testing"

	"github.com/gorilla/sessions"
)

// This file is gorilla/sessions as a contestant. It has no middleware: a handler
// asks its store for the session and saves it itself.

type gorilla struct{ sessions.Store }

const gorillaCookie = "session"

// gorillaKey signs cookies: the one key that its documentation asks for, of the
// length that it recommends.
var gorillaKey = []byte("0123456789abcdef0123456789abcdef")

// newGorillaCookie keeps the session in the cookie, signed.
func newGorillaCookie(testing.TB) contestant {
	return gorilla{sessions.NewCookieStore(gorillaKey)}
}

// newGorillaFiles keeps sessions in files, its only store on the server.
func newGorillaFiles(tb testing.TB) contestant {
	return gorilla{sessions.NewFilesystemStore(tb.TempDir(), gorillaKey)}
}

func (c gorilla) untouched() http.Handler { return http.HandlerFunc(ok) }

func (c gorilla) create() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := c.session(r)
		for _, p := range data {
			s.Values[p.key] = p.value
		}
		must(s.Save(r, w))
		ok(w, r)
	})
}

func (c gorilla) read(key string, got func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, _ := c.session(r).Values[key].(string)
		got(value)
		ok(w, r)
	})
}

func (c gorilla) write(key string, next func() string) http.Handler {
	return c.update(key, func(string) string { return next() })
}

func (c gorilla) update(key string, fn func(string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := c.session(r)
		old, _ := s.Values[key].(string)
		s.Values[key] = fn(old)
		must(s.Save(r, w))
		ok(w, r)
	})
}

func (c gorilla) session(r *http.Request) *sessions.Session {
	s, err := c.Get(r, gorillaCookie)
	must(err)
	return s
}
