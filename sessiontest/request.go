package sessiontest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cloakroom-go/sessions"
)

// This file puts sessions into the requests of an application's own tests.

// With gives the request r a visitor who already has a session with these
// values: it stores the session and adds its cookie to r, which it returns.
//
//	r := sessiontest.With(t, manager, httptest.NewRequest("GET", "/cart", nil), map[string]any{"user": 7})
//	handler.ServeHTTP(w, r) // handler has manager's Middleware around it
//
// What cannot be stored ends the test.
func With(tb testing.TB, manager *sessions.Manager, r *http.Request, values map[string]any) *http.Request {
	tb.Helper()
	w := httptest.NewRecorder()
	manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).SetAll(values)
		if err := sessions.From(r).Save(); err != nil {
			tb.Fatalf("storing the session: %v", err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	for _, cookie := range w.Result().Cookies() {
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	return r
}
