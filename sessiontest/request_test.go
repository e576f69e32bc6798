package sessiontest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file is a visitor who comes with a session.

func TestWith(t *testing.T) {
	manager, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{Cookie: sessions.Cookie{Name: "__Host-s"}})
	if err != nil {
		t.Fatal(err)
	}
	handler := manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, sessions.From(r).Map())
	}))
	for _, values := range []map[string]any{{"user": 7, "name": "irfan"}, {}} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, sessiontest.With(t, manager, httptest.NewRequest("GET", "/", nil), values))
		if got, want := w.Body.String(), fmt.Sprint(values); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
