package django

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"

	"github.com/cloakroom-go/sessions"
)

// This file logs visitors in and out of sessions, as django.contrib.auth does
// with login, logout, get_user and update_session_auth_hash.

// ErrNoUser is what a [LoadUser] answers if there is no such user, or none who
// may be logged in.
var ErrNoUser = errors.New("django: there is no such user")

// LoadUser finds a user by Django's text of the primary key. It also answers the
// password field as the database has it, such as pbkdf2_sha256$…: sessions end
// when that changes. If there is no active user of that id, it answers an error
// that is [ErrNoUser].
type LoadUser[U any] func(ctx context.Context, id string) (user U, passwordField string, err error)

// AuthConfig holds what is optional about an [Auth].
type AuthConfig struct {
	// Fallbacks are SECRET_KEY_FALLBACKS: hashes under them count, and are
	// renewed.
	Fallbacks []Secret

	// Backends are AUTHENTICATION_BACKENDS. Who was logged in by another is
	// nobody here. Login names the first. Default: [ModelBackend] alone.
	Backends []string
}

// An Auth logs visitors in and out of sessions, for a Django site and with it.
// U is the application's type for a user. An Auth may be used by many goroutines
// at once.
type Auth[U any] struct {
	load      LoadUser[U]
	secret    Secret
	fallbacks []Secret
	backends  []string
}

// NewAuth answers an Auth for a site with that SECRET_KEY. It is an error to give
// no secret ([ErrNoSecret]) or no load.
func NewAuth[U any](secret Secret, load LoadUser[U], config AuthConfig) (*Auth[U], error) {
	empty := func(s Secret) bool { return len(s) == 0 }
	if empty(secret) || slices.ContainsFunc(config.Fallbacks, empty) {
		return nil, ErrNoSecret
	}
	if load == nil {
		return nil, errors.New("django: NewAuth needs a LoadUser")
	}
	if len(config.Backends) == 0 {
		config.Backends = []string{ModelBackend}
	}
	return &Auth[U]{load, secret, config.Fallbacks, config.Backends}, nil
}

// Login makes s the session of the user with that id, whose credentials the
// caller has checked. A session of nobody keeps its data under a new key; one of
// another user, or from before a change of password, ends, and a new one begins.
// The CSRF secret, if it is in the session, changes.
//
// The error is LoadUser's, or what keeps the session from being read or saved.
func (a *Auth[U]) Login(ctx context.Context, s *sessions.Session, id string) (U, error) {
	var nobody U
	user, password, err := a.load(ctx, id)
	if err != nil {
		return nobody, err
	}
	before, err := textOf(s, AuthUserIDKey)
	if err != nil {
		return nobody, err
	}
	switch {
	case !s.Has(AuthUserIDKey):
		s.CycleKey()
	case before != id || !a.isCurrent(s, password):
		if err := s.Flush(); err != nil {
			return nobody, err
		}
	}
	s.Set(AuthUserIDKey, id)
	s.Set(AuthBackendKey, a.backends[0])
	s.Set(AuthHashKey, SessionAuthHash(password, a.secret))
	if s.Has(CSRFTokenKey) {
		s.Set(CSRFTokenKey, newCSRFSecret())
	}
	return user, s.Load()
}

// Logout ends the session with all its data, at once.
func (a *Auth[U]) Logout(s *sessions.Session) error { return s.Flush() }

// User answers the user whose session s is, and whether it is anybody's.
//
// A session from before a change of password ends here. One whose hash is that
// of a fallback gets a new key and the current hash. The error is LoadUser's,
// unless that is [ErrNoUser], or the session's.
func (a *Auth[U]) User(ctx context.Context, s *sessions.Session) (user U, ok bool, err error) {
	var nobody U
	id, err := textOf(s, AuthUserIDKey)
	if err != nil {
		return nobody, false, err
	}
	backend, err := textOf(s, AuthBackendKey)
	if err != nil || id == "" || !slices.Contains(a.backends, backend) {
		return nobody, false, err
	}
	user, password, err := a.load(ctx, id)
	if errors.Is(err, ErrNoUser) {
		return nobody, false, nil
	}
	if err != nil {
		return nobody, false, err
	}
	hash, _ := textOf(s, AuthHashKey) // one that cannot be read is wrong
	switch MatchAuthHash(hash, password, a.secret, a.fallbacks...) {
	case AuthHashCurrent:
		return user, true, nil
	case AuthHashFallback:
		return user, true, a.renew(s, password)
	}
	return nobody, false, s.Flush()
}

// UpdateSessionAuthHash keeps a visitor logged in whose password has just been
// changed, and whom [Auth.User] has answered for s before: the session gets a
// new key and the new hash. All other sessions of that user end. A session that
// is not that user's gets a new key only.
func (a *Auth[U]) UpdateSessionAuthHash(ctx context.Context, s *sessions.Session, id string) error {
	_, password, err := a.load(ctx, id)
	if err != nil {
		return err
	}
	current, err := textOf(s, AuthUserIDKey)
	if err != nil {
		return err
	}
	if current != id {
		s.CycleKey()
		return s.Load()
	}
	return a.renew(s, password)
}

func (a *Auth[U]) renew(s *sessions.Session, password string) error {
	s.CycleKey()
	s.Set(AuthHashKey, SessionAuthHash(password, a.secret))
	return s.Load()
}

func (a *Auth[U]) isCurrent(s *sessions.Session, password string) bool {
	hash, _ := textOf(s, AuthHashKey)
	return MatchAuthHash(hash, password, a.secret) == AuthHashCurrent
}

// textOf is a value as text; numbers, too, since a program other than Django may
// have written an id as one. What is missing, or neither, is empty.
func textOf(s *sessions.Session, key string) (string, error) {
	v, err := s.Value(key)
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		return big.NewInt(v).String(), nil
	case *big.Int:
		return v.String(), nil
	}
	if errors.Is(err, sessions.ErrNoKey) {
		err = nil
	}
	return "", err
}

// newCSRFSecret answers 32 letters and digits.
func newCSRFSecret() string { return (rand.Text() + rand.Text())[:32] }
