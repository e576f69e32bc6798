package engine_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/djangotest"
)

// This file is a visitor of the live bench, whose browser takes one cookie to
// both sites.

// do is one operation of a request to Django.
type do = djangotest.Op

// liveVisitor is a visitor and what their browser holds.
type liveVisitor struct {
	t      *testing.T
	bench  *liveBench
	here   *engine.Site
	cookie *http.Cookie // nil for none
}

func (b *liveBench) visitor(t *testing.T) *liveVisitor {
	return &liveVisitor{t: t, bench: b, here: b.here}
}

// returning is a visitor who has been here before, and left {"a":1}.
func (b *liveBench) returning(t *testing.T) *liveVisitor {
	t.Helper()
	v := b.visitor(t)
	v.must(func(s *sessions.Session) { s.Set("a", 1) })
	return v
}

// again is the visitor's second tab.
func (v *liveVisitor) again() *liveVisitor {
	tab := *v
	return &tab
}

// key is the value of the session's cookie, or empty.
func (v *liveVisitor) key() string {
	if v.cookie == nil {
		return ""
	}
	return v.cookie.Value
}

// keep does what a browser does with a response's cookies.
func (v *liveVisitor) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.Name != v.bench.settings.CookieName {
			continue
		}
		if v.cookie = c; c.MaxAge < 0 {
			v.cookie = nil
		}
	}
}

func (v *liveVisitor) header() http.Header {
	h := http.Header{}
	if v.cookie != nil {
		h.Set("Cookie", v.cookie.Name+"="+v.cookie.Value)
	}
	return h
}

// ours makes a request here, and answers its status.
func (v *liveVisitor) ours(handle func(*sessions.Session)) int {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, "/", nil)
	r.Header = v.header()
	w := httptest.NewRecorder()
	v.here.Manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handle(sessions.From(r))
	})).ServeHTTP(w, r)
	v.keep(w.Result().Cookies())
	return w.Code
}

// must makes a request here that has to succeed.
func (v *liveVisitor) must(handle func(*sessions.Session)) {
	v.t.Helper()
	var failure error
	status := v.ours(func(s *sessions.Session) {
		handle(s)
		failure = s.Err()
	})
	if status != http.StatusOK || failure != nil {
		v.t.Fatalf("our site answers %d, %v", status, failure)
	}
}

// theirs makes a request to Django, which has to succeed, and answers what the
// last operation answered.
func (v *liveVisitor) theirs(operations ...do) string {
	v.t.Helper()
	response := v.begin(operations...).finish()
	if response.Status != http.StatusOK {
		v.t.Fatalf("Django answers %d:\n%s", response.Status, response.Log)
	}
	if len(response.Answers) == 0 {
		return ""
	}
	return response.Answers[len(response.Answers)-1]
}

// livePending is a request that Django has begun.
type livePending struct {
	visitor *liveVisitor
	pending *djangotest.Pending
}

// begin begins a request to Django, up to the operation pause.
func (v *liveVisitor) begin(operations ...do) livePending {
	v.t.Helper()
	return livePending{v, v.bench.django.Begin(v.t, djangotest.Request{Header: v.header(), Operations: operations})}
}

func (p livePending) finish() djangotest.Response {
	p.visitor.t.Helper()
	response := p.pending.Finish(p.visitor.t)
	p.visitor.keep(response.Cookies())
	return response
}

// holds checks what both sites find in the visitor's session, given as Python's
// JSON; empty for no session.
func (v *liveVisitor) holds(want string) {
	v.t.Helper()
	v.holdsUnder(v.key(), want)
}

// holdsUnder is holds for a session by its key.
func (v *liveVisitor) holdsUnder(key, want string) {
	v.t.Helper()
	data, ok := v.bench.django.Load(v.t, key)
	if !ok || key == "" {
		data = ""
	}
	if data != want {
		v.t.Errorf("Django finds %q, want %q", data, want)
	}
	if v.here.Store == nil {
		return
	}
	rec, err := v.here.Store.Load(v.t.Context(), key)
	if string(rec.Data) != want || (err != nil) != (want == "") {
		v.t.Errorf("our store finds %q, %v, want %q", rec.Data, err, want)
	}
}

// set is an operation that sets a value given as JSON.
func set(key, value string) do { return do{"set", key, json.RawMessage(value)} }

// loses checks that there is no session under key any more: not for a tab that
// still has it, at either site, and not after that tab's visits.
func (v *liveVisitor) loses(key string) {
	v.t.Helper()
	v.holdsUnder(key, "")
	stale := v.again()
	stale.cookie = &http.Cookie{Name: v.bench.settings.CookieName, Value: key}
	stale.must(func(s *sessions.Session) {
		if keys := s.Keys(); len(keys) > 0 {
			v.t.Errorf("our site still finds %q", keys)
		}
	})
	stale.cookie = &http.Cookie{Name: v.bench.settings.CookieName, Value: key}
	if items := stale.theirs(do{"items"}); items != "{}" {
		v.t.Errorf("Django still finds %s", items)
	}
	v.holdsUnder(key, "")
}
