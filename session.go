package sessions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Session is one visitor's data: a dict of JSON values under a key that only
// the visitor's cookie knows. It is loaded when it is first used, and what was
// changed is saved before the response begins, or by [Session.Save].
//
// A Session belongs to one request (or one job) and may be used by many
// goroutines of it at once. The methods that take and return values never fail
// outright: what went wrong is in [Session.Err], and a request whose session
// could not be read or saved is not answered as if it had been.
type Session struct {
	m   *Manager
	ctx context.Context

	mu sync.Mutex

	// key is where the session is, or is to be looked for; empty for none.
	// nextKey is where CycleKey moves it at the next commit.
	key, nextKey string

	// contents are what a session has only once it is used; see hold.
	*contents

	// values is base with the changes of log; nil until the session is used.
	values *object
	log    []change

	accessed, modified bool
	unsaved            bool // there is something to commit, be it only a touch
	saved              bool // something has been committed
	lost               bool // the key led nowhere
	ended              bool // it led to a tombstone
	closed             bool // the response has begun
	visiting           bool // the key is what a visitor sent
	transacting        bool // this is the Session that Transact hands out
	commits            int  // how often the session was stored or ended here
	failure            error
	unread             error // the failure, if it was to load the session
	softErr            error
}

// contents are apart from the Session so that a request which does not use its
// session costs little.
type contents struct {
	// base is the record as the store had it when it was last seen; stale says
	// that this session itself has replaced it since.
	base  Record
	stale bool

	// first is what values points to at first.
	first object

	// seen is what the visitor's cookie goes by: when the session was to end
	// before this request, and its own choice of that before the first change.
	seen struct {
		expires time.Time
		choice  []byte
		changed bool
	}

	vary [1]string // the response's header
}

// hold makes room for contents. Wherever there are values, there is.
func (s *Session) hold() {
	if s.contents == nil {
		s.contents = &contents{}
	}
}

// blank begins with no values, unless there are any.
func (s *Session) blank() {
	s.hold()
	if s.values == nil {
		s.values = &s.first
	}
}

// Key is the session's key, or empty for a session that has none yet. It is the
// secret that the cookie carries: don't log it or show it.
func (s *Session) Key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nextKey != "" {
		return s.nextKey
	}
	return s.key
}

// Accessed reports whether the session's data has been used.
func (s *Session) Accessed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accessed
}

// Modified reports whether the session has been changed. It stays true after
// a save.
func (s *Session) Modified() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modified
}

// SetModified(true) has the session saved, and so its life extended, though no
// value changed; a session without key and data is still not saved.
// SetModified(false) keeps the end of the request from saving what has been
// changed so far, unless more is; Save saves it all the same.
// (Django: session.modified = …)
func (s *Session) SetModified(modified bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setModified(modified)
}

func (s *Session) setModified(modified bool) {
	if s.closed {
		s.fail(ErrTooLate)
		return
	}
	s.modified, s.unsaved = modified, modified
}

// SetAccessed sets whether the session counts as used, which is what has the
// response say Vary: Cookie. (Django: session.accessed = …)
func (s *Session) SetAccessed(accessed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessed = accessed
}

// IsEmpty reports whether the session has neither a key nor data. It loads
// nothing: a session whose key has not been looked up is not empty.
func (s *Session) IsEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isEmpty()
}

func (s *Session) isEmpty() bool {
	return s.key == "" && s.nextKey == "" && (s.values == nil || s.values.len() == 0)
}

// Err is what first went wrong with the session, or nil: a store that could not
// be asked, a value that could not be encoded, a change after the response had
// begun ([ErrTooLate]), or a value of another type than was asked for
// ([ErrType]). All but the last keep the session from being saved.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return s.failure
	}
	return s.softErr
}

// Load asks the store now, if the session has not been loaded yet, and reports
// whether it could be asked. That there is no session is no error.
func (s *Session) Load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	return s.failure
}

// fail notes an error that keeps the session from being saved.
func (s *Session) fail(err error) {
	if s.failure == nil {
		s.failure = err
	}
}

// open makes values ready for the handler's use. Afterwards they are, if only
// empty.
func (s *Session) open() {
	s.accessed = true
	s.load()
}

func (s *Session) load() {
	if s.values != nil {
		return
	}
	s.hold()
	switch {
	case s.key == "":
	case s.closed:
		s.unread = ErrTooLate
		s.fail(ErrTooLate)
	default:
		s.read()
	}
	s.values = &s.first
}

// read loads the record under key into base and the first values.
func (s *Session) read() {
	rec, err := s.m.fetch(s.ctx, s.key, nil, &s.first)
	switch {
	case errors.Is(err, ErrNotFound):
		s.lost, s.ended = true, errors.Is(err, ErrEnded)
		s.key = ""
	case err == errUnsealed:
		s.modified, s.unsaved = true, true
	case err != nil:
		s.unread = fmt.Errorf("sessions: loading: %w", err)
		s.fail(s.unread)
	default:
		s.base = rec
		s.seen.expires = rec.Expires
	}
}

// change applies c to the session's values and logs it for the commit.
func (s *Session) change(c change) {
	s.open()
	switch {
	case s.closed:
		s.fail(ErrTooLate)
	case len(s.base.Foreign) > 0:
		s.fail(ErrForeign)
	}
	if s.failure != nil {
		return
	}
	if !s.seen.changed {
		s.seen.choice, _ = s.values.get(expiryKey)
		s.seen.changed = true
	}
	if err := c.apply(s.values); err != nil {
		s.fail(err)
		return
	}
	s.log = append(s.log, c)
	s.modified, s.unsaved = true, true
}
