package site

import (
	"net/http"
	"net/url"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is what the forms of the page at / do. Each answers with a redirect
// to what has become of the session, so that reloading changes nothing again.

// prefix begins every key that the forms can touch.
const prefix = "demo."

func (s *site) setKey(w http.ResponseWriter, r *http.Request) {
	session := sessions.From(r)
	in := typed{Form: "set", Key: r.PostForm.Get("key"), Value: r.PostForm.Get("value")}
	in.checkKey()
	in.checkValue()
	in.checkRoom(session)
	if in.Problem != "" {
		s.ask(w, r, in)
		return
	}
	session.Set(prefix+in.Key, in.Value)
	seeKey(w, r, in.Key)
}

func (s *site) deleteKey(w http.ResponseWriter, r *http.Request) {
	in := typed{Form: "get", Key: r.PostForm.Get("key")}
	if in.checkKey(); in.Problem != "" {
		s.ask(w, r, in)
		return
	}
	sessions.From(r).Delete(prefix + in.Key)
	seeKey(w, r, in.Key)
}

// expiryChoice is one answer to when the session is to end.
type expiryChoice struct {
	Name, Label string
	age         time.Duration
	choose      func(*sessions.Session)
}

var expiryChoices = []expiryChoice{
	{"default", "as the site has it by default", -1, (*sessions.Session).ResetExpiry},
	after("10m", "10 minutes after its last change", 10*time.Minute),
	after("1d", "1 day after its last change", 24*time.Hour),
	{"browser", "when the browser closes", 0, (*sessions.Session).ExpireAtBrowserClose},
}

func after(name, label string, age time.Duration) expiryChoice {
	return expiryChoice{name, label, age, func(s *sessions.Session) { s.ExpireAfter(age) }}
}

// chosenExpiry is the name of the choice that holds for s.
func chosenExpiry(s *sessions.Session) string {
	age := s.ExpiryAge()
	if s.ExpiresAtBrowserClose() {
		age = 0
	}
	for _, c := range expiryChoices {
		if c.age == age {
			return c.Name
		}
	}
	return expiryChoices[0].Name
}

func (s *site) setExpiry(w http.ResponseWriter, r *http.Request) {
	session, name := sessions.From(r), r.PostForm.Get("expiry")
	for _, c := range expiryChoices {
		if c.Name != name {
			continue
		}
		if exists(session) {
			c.choose(session)
			session.SetModified(true) // also where there was nothing to reset
		}
		seeSession(w, r)
		return
	}
	s.ask(w, r, typed{Field: "expiry", Problem: "Choose one of the expiries."})
}

// cycleKey gives the session a new key. A visitor without a session is not given
// one.
func (s *site) cycleKey(w http.ResponseWriter, r *http.Request) {
	if session := sessions.From(r); exists(session) {
		session.CycleKey()
	}
	seeSession(w, r)
}

// flush ends the session. Should that fail, the middleware says so instead.
func (s *site) flush(w http.ResponseWriter, r *http.Request) {
	_ = sessions.From(r).Flush()
	seeSession(w, r)
}

func seeSession(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func seeKey(w http.ResponseWriter, r *http.Request, key string) {
	http.Redirect(w, r, "/?key="+url.QueryEscape(key), http.StatusSeeOther)
}
