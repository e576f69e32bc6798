package sessions

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"
)

// This file is what happens to the session around a request: it is attached to
// the request, and saved before the first byte of the response.

// Middleware gives each request that next handles its visitor's [Session]; see
// [From]. A request that does not use it causes no work in the store. What
// changed is saved just before the response begins, unless its status is 500 or
// above; if that fails, Config.OnError responds instead of next.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{Context: r.Context(), request: r}
		x.writer = writer{ResponseWriter: w, x: x}
		x.cookie, x.hadCookie = cookieValue(r.Header, m.cfg.Cookie.Name, m.plausible)
		x.session.init(m, x.Context, x.cookie)
		x.session.visiting = true
		next.ServeHTTP(&x.writer, r.WithContext(x))
		x.writer.finish()
	})
}

// Require loads the session before next handles the request, within
// [Manager.Middleware]: if the store cannot be asked, Config.OnError responds
// and next does nothing. Put it before handlers whose effects must not happen on
// a session that could not be read.
func (m *Manager) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := From(r)
		switch err := s.Load(); {
		case err == nil:
			next.ServeHTTP(w, r)
		case !s.visiting:
			m.cfg.OnError(w, r, err) // else Middleware will, once
		}
	})
}

// exchange is all that one request needs, in one allocation: it is the request's
// context, too.
type exchange struct {
	context.Context
	request   *http.Request
	session   Session
	writer    writer
	cookie    string
	hadCookie bool
}

type contextKey struct{}

func (x *exchange) Value(key any) any {
	if key == (contextKey{}) {
		return &x.session
	}
	return x.Context.Value(key)
}

// From returns the session of a request within [Manager.Middleware]. Without it
// From panics, for the handler could do nothing sensible.
func From(r *http.Request) *Session {
	s, ok := FromContext(r.Context())
	if !ok {
		panic("sessions: this request has no session; wrap the handler with Manager.Middleware")
	}
	return s
}

// FromContext returns the session of a request's context, and whether it has one.
func FromContext(ctx context.Context) (*Session, bool) {
	s, ok := ctx.Value(contextKey{}).(*Session)
	return s, ok
}

// NewContext returns a context that carries s: for handlers that are called
// without [Manager.Middleware], as in a test.
func NewContext(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// RespondError is the default Config.OnError. It answers 400 if the session
// ended meanwhile ([ErrInterrupted], as Django does), 409 for [ErrAnswerChanged],
// 500 for what the handler did wrong, and otherwise 503: the store failed.
func RespondError(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(err, ErrInterrupted):
		status = http.StatusBadRequest
	case errors.Is(err, ErrAnswerChanged):
		status = http.StatusConflict
	case errors.Is(err, ErrEncode), errors.Is(err, ErrForeign), errors.Is(err, ErrTooLarge), errors.Is(err, errInTransact):
		status = http.StatusInternalServerError
	}
	http.Error(w, http.StatusText(status), status)
}

// prepare runs just before a response of that status begins: it saves the
// session and sets the headers that follow from it. Afterwards the session is
// closed.
func (x *exchange) prepare(status int, h http.Header) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.closed = true }()

	touch := s.m.cfg.SaveEveryRequest && s.key != ""
	if !s.accessed && !s.modified && s.failure == nil && !touch && !(x.hadCookie && s.isEmpty()) {
		return nil
	}
	if status < http.StatusInternalServerError {
		if s.failure != nil {
			return s.failure
		}
		if s.unsaved || touch && !s.saved {
			if err := s.commit(false); err != nil {
				return err
			}
		}
	}
	x.setHeaders(h)
	return nil
}

// setHeaders sets Set-Cookie, where the visitor's cookie has to change, and Vary.
func (x *exchange) setHeaders(h http.Header) {
	s := &x.session
	s.hold()
	switch {
	case x.hadCookie && s.isEmpty():
		// While the tombstone stands, the visitor may already have been given the
		// next key, which this must not take away.
		if !s.ended {
			h.Add("Set-Cookie", s.m.cfg.Cookie.delete())
		}
	case s.saved && x.cookieDue():
		h.Add("Set-Cookie", s.newCookie(s.key))
	case !s.accessed && !s.saved:
		return
	}
	varyCookie(h, &s.vary)
}

// setMoved sets the headers of a request that failed after Save had stored its
// session under a new key, which the visitor would otherwise never learn.
func (x *exchange) setMoved(h http.Header) {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saved && s.key != x.cookie {
		x.setHeaders(h)
	}
}

// cookieDue reports whether the visitor's cookie is not the one that the saved
// session needs: it has another key, or would end too early, or with the
// browser instead of on a date, or the other way about. A cookie that would only
// be repeated is left out, lest a late response bring back an old key.
func (x *exchange) cookieDue() bool {
	s := &x.session
	choice, _ := s.values.get(expiryKey)
	switch {
	case s.m.sealer != nil, s.key != x.cookie, s.seen.changed && !bytes.Equal(choice, s.seen.choice):
		return true
	case s.expiry().atBrowserClose(s.m.cfg.ExpireAtBrowserClose):
		return false
	}
	return s.seen.expires.IsZero() || s.base.Expires.Unix() > s.seen.expires.Unix()
}

// newCookie is the Set-Cookie for that value, with the life that the session has.
func (s *Session) newCookie(value string) string {
	e := s.expiry()
	if e.atBrowserClose(s.m.cfg.ExpireAtBrowserClose) {
		return s.m.cfg.Cookie.set(value, 0, time.Time{})
	}
	now := s.m.now()
	age := e.ageAt(now, s.m.cfg.Lifetime)
	return s.m.cfg.Cookie.set(value, age, now.Add(age))
}
