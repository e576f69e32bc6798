//go:build unix && !aix && !solaris

package django_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file checks who is logged in, and for how long.

// site is a site whose users may change their passwords.
type site struct {
	*fileWorld
	*django.Auth[string]
	passwords map[string]string
}

var errDown = errors.New("connection refused")

func newSite(t testing.TB, secret string, config django.AuthConfig) *site {
	t.Helper()
	s := &site{newFileWorld(t, sessions.Config{Now: at(1700000000)}), nil, map[string]string{"1": "one", "2": "two"}}
	var err error
	s.Auth, err = django.NewAuth(django.Secret(secret), func(_ context.Context, id string) (string, string, error) {
		password, ok := s.passwords[id]
		switch {
		case password == "down":
			return "", "", errDown
		case !ok:
			return "", "", fmt.Errorf("users: %w", django.ErrNoUser)
		}
		return "user " + id, password, nil
	}, config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// login answers the key of a new session of user 1 that holds a cart.
func (s *site) login(t testing.TB) string {
	t.Helper()
	session := s.Open(t.Context(), "")
	session.Set("cart", 1)
	if user, err := s.Login(t.Context(), session, "1"); err != nil || user != "user 1" {
		t.Fatalf("Login answers %q, %v", user, err)
	}
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	return session.Key()
}

// who is whose session is under a key, if it is saved afterwards.
func (s *site) who(t testing.TB, key string) (user, newKey string) {
	t.Helper()
	session := s.Open(t.Context(), key)
	user, ok, err := s.User(t.Context(), session)
	if err != nil || ok != (user != "") {
		t.Fatalf("User answers %q, %t, %v", user, ok, err)
	}
	if session.Modified() && session.Key() != "" {
		if err := session.Save(); err != nil {
			t.Fatal(err)
		}
	}
	return user, session.Key()
}

func TestLoginLeavesNoKeyThatWasPlanted(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	planted := s.saved(t).Key()
	session := s.Open(t.Context(), planted)
	if _, err := s.Login(t.Context(), session, "1"); err != nil {
		t.Fatal(err)
	}
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	if user, _ := s.who(t, planted); user != "" {
		t.Errorf("the planted key is %s's", user)
	}
	if user, _ := s.who(t, session.Key()); user != "user 1" || session.Get("a") != int64(1) {
		t.Errorf("the new key is %q's, with %v", user, session.Map())
	}
}

func TestLoginAgain(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	for _, c := range []struct {
		what, id  string
		before    func(*sessions.Session)
		keepsKey  bool
		keepsData bool
	}{
		{"the same user", "1", func(*sessions.Session) {}, true, true},
		{"another user", "2", func(*sessions.Session) {}, false, false},
		{"an id as a number", "1", func(s *sessions.Session) { s.Set(django.AuthUserIDKey, 1) }, true, true},
		{"an id as an object", "1", func(s *sessions.Session) { s.Set(django.AuthUserIDKey, map[string]int{}) }, false, false},
		{"a stale hash", "1", func(s *sessions.Session) { s.Set(django.AuthHashKey, "stale") }, false, false},
		{"no hash", "1", func(s *sessions.Session) { s.Delete(django.AuthHashKey) }, false, false},
	} {
		key := s.login(t)
		session := s.Open(t.Context(), key)
		c.before(session)
		if _, err := s.Login(t.Context(), session, c.id); err != nil {
			t.Fatal(err)
		}
		if err := session.Save(); err != nil {
			t.Fatal(err)
		}
		if (session.Key() == key) != c.keepsKey || session.Has("cart") != c.keepsData {
			t.Errorf("%s: key kept %t, data %v", c.what, session.Key() == key, session.Keys())
		}
		if user, _ := s.who(t, session.Key()); user != "user "+c.id {
			t.Errorf("%s: the session is %q's", c.what, user)
		}
	}
}

func TestLoginChangesTheCSRFSecret(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	session := s.Open(t.Context(), "")
	session.Set(django.CSRFTokenKey, "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD")
	for range 2 {
		before := session.Get(django.CSRFTokenKey)
		if _, err := s.Login(t.Context(), session, "1"); err != nil {
			t.Fatal(err)
		}
		after, _ := session.Get(django.CSRFTokenKey).(string)
		if after == before || !regexp.MustCompile(`^[A-Za-z0-9]{32}$`).MatchString(after) {
			t.Errorf("the secret %v became %q", before, after)
		}
	}
}

// A change of password ends every session but the one that made it.
func TestChangeOfPassword(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	mine, other := s.login(t), s.login(t)
	session := s.Open(t.Context(), mine)
	if _, ok, err := s.User(t.Context(), session); !ok || err != nil {
		t.Fatal(ok, err)
	}
	s.passwords["1"] = "changed"
	if err := s.UpdateSessionAuthHash(t.Context(), session, "1"); err != nil {
		t.Fatal(err)
	}
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	if user, _ := s.who(t, session.Key()); user != "user 1" || session.Key() == mine || !session.Has("cart") {
		t.Errorf("this session is %q's, with %v", user, session.Keys())
	}
	for _, key := range []string{mine, other} {
		if user, now := s.who(t, key); user != "" || now != "" {
			t.Errorf("another session is %q's", user)
		}
		if alive, err := s.Exists(t.Context(), key); alive || err != nil {
			t.Errorf("another session is alive: %t, %v", alive, err)
		}
	}
	// Of a session that is somebody else's, only the key changes.
	session = s.Open(t.Context(), session.Key())
	if err := s.UpdateSessionAuthHash(t.Context(), session, "2"); err != nil {
		t.Fatal(err)
	}
	if user, ok, err := s.User(t.Context(), session); user != "user 1" || !ok || err != nil {
		t.Errorf("it is %q's, %t, %v", user, ok, err)
	}
}

func TestChangeOfSecret(t *testing.T) {
	before := newSite(t, "old", django.AuthConfig{})
	key := before.login(t)
	fallback := newSite(t, "new", django.AuthConfig{Fallbacks: []django.Secret{django.Secret("old")}})
	without := newSite(t, "new", django.AuthConfig{})
	fallback.fileWorld, without.fileWorld = before.fileWorld, before.fileWorld

	user, renewed := fallback.who(t, key)
	if user != "user 1" || renewed == key || renewed == "" {
		t.Fatalf("with the fallback it is %q's, the key is new: %t", user, renewed != key)
	}
	if user, same := without.who(t, renewed); user != "user 1" || same != renewed {
		t.Errorf("once renewed, it is %q's, the key kept: %t", user, same == renewed)
	}
	if user, now := without.who(t, before.login(t)); user != "" || now != "" {
		t.Errorf("without the fallback it is %q's", user)
	}
}

func TestNobody(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	for what, c := range map[string]struct {
		change func(*sessions.Session)
		ends   bool
	}{
		"no id":             {func(s *sessions.Session) { s.Delete(django.AuthUserIDKey) }, false},
		"no backend":        {func(s *sessions.Session) { s.Delete(django.AuthBackendKey) }, false},
		"an unknown id":     {func(s *sessions.Session) { s.Set(django.AuthUserIDKey, "9") }, false},
		"another backend":   {func(s *sessions.Session) { s.Set(django.AuthBackendKey, "x.Backend") }, false},
		"no hash":           {func(s *sessions.Session) { s.Delete(django.AuthHashKey) }, true},
		"a wrong hash":      {func(s *sessions.Session) { s.Set(django.AuthHashKey, "0") }, true},
		"another's hash":    {func(s *sessions.Session) { s.Set(django.AuthUserIDKey, "2") }, true},
		"a hash of numbers": {func(s *sessions.Session) { s.Set(django.AuthHashKey, 12) }, true},
	} {
		key := s.login(t)
		session := s.Open(t.Context(), key)
		c.change(session)
		if err := session.Save(); err != nil {
			t.Fatal(err)
		}
		before := s.files(t)
		if user, now := s.who(t, key); user != "" || (now == "") != c.ends {
			t.Errorf("%s: it is %q's, ended %t", what, user, now == "")
		}
		if !c.ends && !maps.Equal(before, s.files(t)) {
			t.Errorf("%s: the session was changed", what)
		}
	}
}

func TestBackends(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{Backends: []string{"app.LDAP", django.ModelBackend}})
	key := s.login(t)
	if got := s.Open(t.Context(), key).Get(django.AuthBackendKey); got != "app.LDAP" {
		t.Errorf("the backend is %v", got)
	}
	err := s.Update(t.Context(), key, func(s *sessions.Session) error { s.Set(django.AuthBackendKey, django.ModelBackend); return nil })
	if user, _ := s.who(t, key); user != "user 1" || err != nil {
		t.Errorf("by the second backend it is %q's, %v", user, err)
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	key := s.login(t)
	if err := s.Logout(s.Open(t.Context(), key)); err != nil {
		t.Fatal(err)
	}
	if len(s.files(t)) != 0 {
		t.Errorf("there are files %v", slices.Collect(maps.Keys(s.files(t))))
	}
}

// Users that cannot be looked up are neither anybody nor nobody.
func TestUsersThatCannotBeLoaded(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	key := s.login(t)
	s.passwords["1"] = "down"
	before := s.files(t)
	session := s.Open(t.Context(), key)
	if _, ok, err := s.User(t.Context(), session); ok || !errors.Is(err, errDown) {
		t.Errorf("User: %t, %v", ok, err)
	}
	if _, err := s.Login(t.Context(), session, "1"); !errors.Is(err, errDown) {
		t.Errorf("Login: %v", err)
	}
	if err := s.UpdateSessionAuthHash(t.Context(), session, "1"); !errors.Is(err, errDown) {
		t.Errorf("UpdateSessionAuthHash: %v", err)
	}
	if _, err := s.Login(t.Context(), session, "9"); !errors.Is(err, django.ErrNoUser) {
		t.Errorf("Login of nobody: %v", err)
	}
	if session.Modified() || !maps.Equal(before, s.files(t)) {
		t.Error("the session was changed")
	}
}

// A session that cannot be read is an error, not a visitor without a login.
func TestSessionsThatCannotBeRead(t *testing.T) {
	s := newSite(t, "secret", django.AuthConfig{})
	m, err := sessions.New(deadStore{}, sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(*sessions.Session) error{
		"User":                  func(x *sessions.Session) error { _, _, err := s.User(t.Context(), x); return err },
		"Login":                 func(x *sessions.Session) error { _, err := s.Login(t.Context(), x, "1"); return err },
		"Logout":                func(x *sessions.Session) error { return s.Logout(x) },
		"UpdateSessionAuthHash": func(x *sessions.Session) error { return s.UpdateSessionAuthHash(t.Context(), x, "1") },
	} {
		if err := call(m.Open(t.Context(), existingKey)); !errors.Is(err, errDown) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// deadStore is a store whose backend has gone.
type deadStore struct{ sessions.Store }

func (deadStore) Load(context.Context, string) (sessions.Record, error) {
	return sessions.Record{}, errDown
}

func (deadStore) Delete(context.Context, string) error { return errDown }

func TestAuthNeedsSecrets(t *testing.T) {
	for _, fallbacks := range [][]django.Secret{nil, {nil}} {
		secret := django.Secret("x")
		if fallbacks == nil {
			secret = nil
		}
		if _, err := django.NewAuth(secret, loadUser, django.AuthConfig{Fallbacks: fallbacks}); !errors.Is(err, django.ErrNoSecret) {
			t.Errorf("fallbacks %d: %v", len(fallbacks), err)
		}
	}
}
