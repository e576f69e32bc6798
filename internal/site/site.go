// Package site is the demonstration site that runserver serves: it shows each
// visitor their own session and lets them change it, without JavaScript.
package site

import (
	"net/http"

	"github.com/cloakroom-go/sessions"
)

// This file says which paths the site has, and what every response carries.

// Config is what the site may be told. The zero Config is ready to use.
type Config struct {
	// Commands are what an operator can run, as the page /admin/ lists them.
	// Default: none.
	Commands []Command
}

// Command is a command of the program that serves the site.
type Command struct {
	Usage string // how it is called
	Does  string // what it does, in a sentence
}

// New returns the site, with the sessions that m manages.
func New(m *sessions.Manager, cfg Config) http.Handler {
	s := &site{commands: cfg.Commands}
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(refuse("It came from a page of another site."))
	return secured(crossOrigin.Handler(m.Middleware(s.routes())))
}

// site is what its handlers share.
type site struct{ commands []Command }

// route is the one method that a path answers, and how. A GET answers HEAD, too.
type route struct {
	method  string
	handler http.HandlerFunc
}

// routes dispatches to the handler of a path.
func (s *site) routes() http.Handler {
	set, show := route{"GET", setVisitor}, route{"GET", showVisitor}
	table := map[string]route{
		"/":               {"GET", s.home},
		"/ssession":       set,
		"/ssession/":      set,
		"/index":          set,
		"/index/":         set,
		"/gsession":       show,
		"/gsession/":      show,
		"/admin":          {"GET", http.RedirectHandler("/admin/", http.StatusMovedPermanently).ServeHTTP},
		"/admin/":         {"GET", s.admin},
		"/session/set":    {"POST", withToken(s.setKey)},
		"/session/delete": {"POST", withToken(s.deleteKey)},
		"/session/expiry": {"POST", withToken(s.setExpiry)},
		"/session/cycle":  {"POST", withToken(s.cycleKey)},
		"/session/flush":  {"POST", withToken(s.flush)},
		"/site.css":       {"GET", asset("site.css")},
		"/icon.svg":       {"GET", asset("icon.svg")},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, ok := table[r.URL.Path]
		switch {
		case !ok:
			renderError(w, http.StatusNotFound, "There is no such page", "Nothing is kept at this address.")
		case r.Method == found.method, r.Method == "HEAD" && found.method == "GET":
			found.handler(w, r)
		default:
			w.Header().Set("Allow", allow(found.method))
			renderError(w, http.StatusMethodNotAllowed, "Not in this way",
				"This address answers "+allow(found.method)+" only.")
		}
	})
}

func allow(method string) string {
	if method == "GET" {
		return "GET, HEAD"
	}
	return method
}

// secured sets what every response carries: nothing may be cached, framed, run
// or loaded but the site's own style and icon.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// admin says what there is to administer.
func (s *site) admin(w http.ResponseWriter, _ *http.Request) {
	render(w, http.StatusOK, "admin.html", s.commands)
}
