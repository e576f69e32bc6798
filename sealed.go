package sessions

import (
	"errors"
	"fmt"
	"time"
)

// This file is the other way to keep sessions: whole in the visitor's cookie,
// with nothing stored here.

// Sealer turns sessions into cookies and back. It must make sure that a cookie
// which it opens was sealed by itself, and is not older than it may be.
//
// Sessions in cookies have no Store and none of its promises: of two requests
// that overlap, the browser keeps the response that comes last, with that one's
// changes alone; and a logout only asks the browser to forget, so whoever copied
// the cookie stays logged in until it is too old.
type Sealer interface {
	// Seal returns the cookie's value for rec at that time: letters, digits and
	// !#$%&'*+-.^_`|~: only.
	Seal(rec Record, now time.Time) (string, error)

	// Open returns the record of a cookie's value, or an error that is
	// [ErrNotFound] or [ErrCorrupt] for one that does not count at that time.
	Open(value string, now time.Time) (Record, error)
}

// maxCookie is what browsers take at least, and mostly at most, in bytes of
// name, value and attributes (RFC 6265, section 6.1).
const maxCookie = 4096

// NewSealed returns a Manager whose sessions travel in their cookies. The rules
// for cfg are those of [New]; OwnerKey and KeyGrace mean nothing here. A session
// that does not fit into a cookie is [ErrTooLarge] when it is saved.
func NewSealed(sealer Sealer, cfg Config) (*Manager, error) {
	if sealer == nil {
		return nil, errors.New("sessions: NewSealed needs a Sealer")
	}
	m, err := newManager(cfg)
	if err != nil {
		return nil, err
	}
	m.sealer = sealer
	return m, nil
}

// open is load for sessions in cookies.
func (m *Manager) open(value string) (Record, error) {
	rec, err := m.sealer.Open(value, m.now())
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
		return Record{}, errUnsealed
	}
	return rec, err
}

// errUnsealed: the cookie does not count. It is replaced by an empty session's.
var errUnsealed = errors.New("sessions: the cookie cannot be opened")

// seal is commit for sessions in cookies.
func (s *Session) seal() error {
	rec := s.record(s.values, s.base.Created)
	if rec.Created.IsZero() {
		rec.Created = s.m.now()
	}
	value, err := s.m.sealer.Seal(rec, s.m.now())
	if err != nil {
		return fmt.Errorf("sessions: sealing: %w", err)
	}
	if n := len(s.newCookie(value)); n > maxCookie {
		return fmt.Errorf("%w: %d bytes, and browsers take %d", ErrTooLarge, n, maxCookie)
	}
	s.committed(value, rec, s.values)
	s.stale, s.modified = false, true
	return nil
}
