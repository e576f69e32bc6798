package site

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the page at /: the visitor's session as it is, with the forms
// that change it.

// homePage is what its template shows.
type homePage struct {
	typed
	Token    string // for the forms
	Exists   bool   // the visitor has a session
	Ticket   string // tells session keys apart without showing them
	Ends     time.Time
	EndsIn   string
	Closes   bool // the cookie ends with the browser
	Entries  []entry
	Found    *found // the answer of the look-up, if one was asked for
	Choices  []expiryChoice
	Chosen   string
	Prefix   string
	MaxKey   int
	MaxValue int
	MaxKeys  int
}

// found is the answer to whether the session has a key.
type found struct {
	entry
	There bool
}

// home shows the session. The query key=… also looks that key up.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !query.Has("key") {
		render(w, http.StatusOK, "home.html", s.page(w, r))
		return
	}
	in := typed{Form: "get", Key: query.Get("key")}
	if in.checkKey(); in.Problem != "" {
		s.ask(w, r, in)
		return
	}
	page := s.page(w, r)
	page.typed, page.Found = in, lookUp(sessions.From(r), in.Key)
	render(w, http.StatusOK, "home.html", page)
}

// ask shows the page again, with what was typed and what is wrong with it.
func (s *site) ask(w http.ResponseWriter, r *http.Request, in typed) {
	page := s.page(w, r)
	page.typed = in
	render(w, http.StatusBadRequest, "home.html", page)
}

// page describes the session of a request.
func (s *site) page(w http.ResponseWriter, r *http.Request) *homePage {
	session := sessions.From(r)
	page := &homePage{
		Token:   formToken(w, r),
		Exists:  exists(session),
		Choices: expiryChoices, Chosen: chosenExpiry(session),
		Prefix: prefix, MaxKey: maxKey, MaxValue: maxValue, MaxKeys: maxKeys,
	}
	for _, key := range session.Keys() {
		page.Entries = append(page.Entries, describe(session, key))
	}
	if page.Exists {
		digest := sha256.Sum256([]byte(session.Key()))
		page.Ticket = hex.EncodeToString(digest[:4])
		page.Ends = ends(session)
		page.EndsIn = span(time.Until(page.Ends))
		page.Closes = session.ExpiresAtBrowserClose()
	}
	return page
}

// exists reports whether the visitor's cookie leads to a session.
func exists(s *sessions.Session) bool { return s.Load() == nil && s.Key() != "" }

// ends is when the stored session ends, and the visitor's cookie with it, or
// when it would end if it were saved now, where the store can't tell.
func ends(s *sessions.Session) time.Time {
	if stored := s.StoredExpiry(); !stored.IsZero() {
		return stored.UTC()
	}
	return s.ExpiryDate().UTC()
}

// lookUp finds a key of this page's own.
func lookUp(s *sessions.Session, key string) *found {
	return &found{entry: describe(s, prefix+key), There: s.Has(prefix + key)}
}

// input is a field for a key.
type input struct {
	*homePage
	ID, Typed string
}

// Input is the field for a key in one of the page's forms.
func (p *homePage) Input(form string) input {
	in := input{p, form + "-key", ""}
	if form == p.Form {
		in.Typed = p.Key
	}
	return in
}
