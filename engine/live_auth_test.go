package engine_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/internal/djangotest"
)

// This file is what the rest of Django keeps in a session: who is logged in,
// messages, and the secret against CSRF.

const (
	oldSecret = "the secret of the live bench"
	newSecret = "another secret of the live bench"
)

// liveUsers are Django's users as our application sees them.
type liveUsers struct {
	bench  *liveBench
	byName map[string]djangotest.User
}

func (b *liveBench) users(t *testing.T, names ...string) *liveUsers {
	users := &liveUsers{b, map[string]djangotest.User{}}
	for _, name := range names {
		users.setPassword(t, name, "first")
	}
	return users
}

func (u *liveUsers) setPassword(t *testing.T, name, password string) {
	u.byName[name] = u.bench.django.SetPassword(t, name, password)
}

// auth is who knows them here, with that secret.
func (u *liveUsers) auth(t *testing.T, secret string, fallbacks ...django.Secret) *django.Auth[string] {
	t.Helper()
	load := func(_ context.Context, id string) (string, string, error) {
		for name, user := range u.byName {
			if user.ID == id {
				return name, user.Password, nil
			}
		}
		return "", "", django.ErrNoUser
	}
	auth, err := django.NewAuth(django.Secret(secret), load, django.AuthConfig{Fallbacks: fallbacks})
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// isUser checks who the visitor is at our site, empty for nobody.
func (v *liveVisitor) isUser(auth *django.Auth[string], want string) {
	v.t.Helper()
	v.must(func(s *sessions.Session) {
		name, ok, err := auth.User(v.t.Context(), s)
		if name != want || ok != (want != "") || err != nil {
			v.t.Errorf("our site knows %q, %t, %v; want %q", name, ok, err, want)
		}
	})
}

// isTheirUser checks who the visitor is at Django.
func (v *liveVisitor) isTheirUser(want string) {
	v.t.Helper()
	if want == "" {
		want = "null"
	} else {
		want = `"` + want + `"`
	}
	if user := v.theirs(do{"user"}); user != want {
		v.t.Errorf("Django knows %s, want %s", user, want)
	}
}

func (v *liveVisitor) login(auth *django.Auth[string], user djangotest.User) {
	v.t.Helper()
	v.must(func(s *sessions.Session) {
		if _, err := auth.Login(v.t.Context(), s, user.ID); err != nil {
			v.t.Error(err)
		}
	})
}

func djangoLogin(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan")
	auth := users.auth(t, oldSecret)
	v := b.returning(t)
	anonymous := v.key()
	v.theirs(do{"login", "irfan"})
	v.isUser(auth, "irfan")
	v.must(func(s *sessions.Session) {
		if s.Get("a") != int64(1) {
			t.Error("what the visitor had before is lost")
		}
	})
	if keyed(b) {
		v.loses(anonymous)
	}
	v.theirs(do{"logout"})
	v.isUser(auth, "")
	v.isTheirUser("")
}

func ourLogin(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan")
	auth := users.auth(t, oldSecret)
	v := b.visitor(t)
	v.theirs(set("a", `1`))
	anonymous := v.key()
	v.login(auth, users.byName["irfan"])
	v.isTheirUser("irfan")
	if a := v.theirs(do{"get", "a"}); a != "1" {
		t.Errorf("what the visitor had before is now %s", a)
	}
	if keyed(b) {
		v.loses(anonymous)
	}
	// Django's own login of the same user keeps the session as it is.
	key := v.key()
	v.theirs(do{"login", "irfan"})
	if keyed(b) && v.key() != key {
		t.Error("Django took our login for another user's")
	}
	v.must(func(s *sessions.Session) {
		if err := auth.Logout(s); err != nil {
			t.Error(err)
		}
	})
	v.isTheirUser("")
}

// otherLogin: nothing of one user's session comes to another.
func otherLogin(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan", "maria")
	auth := users.auth(t, oldSecret)
	v := b.visitor(t)
	v.theirs(do{"login", "irfan"}, set("a", `1`))
	irfans := v.key()
	v.login(auth, users.byName["maria"])
	v.isTheirUser("maria")
	if v.theirs(do{"has", "a"}) != "false" {
		t.Error("maria has what was irfan's")
	}
	if keyed(b) {
		v.loses(irfans)
	}
	v.theirs(do{"login", "irfan"})
	v.isUser(auth, "irfan")
}

// newPassword ends the sessions of before, whichever site finds out.
func newPassword(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan")
	auth := users.auth(t, oldSecret)
	begunHere, begunThere, changing := b.visitor(t), b.visitor(t), b.visitor(t)
	begunHere.login(auth, users.byName["irfan"])
	begunThere.theirs(do{"login", "irfan"})
	changing.theirs(do{"login", "irfan"})
	changing.isUser(auth, "irfan")

	users.setPassword(t, "irfan", "second")
	changing.must(func(s *sessions.Session) {
		if err := auth.UpdateSessionAuthHash(t.Context(), s, users.byName["irfan"].ID); err != nil {
			t.Error(err)
		}
	})
	changing.isTheirUser("irfan")

	here, there := begunHere.key(), begunThere.key()
	begunHere.isTheirUser("")
	begunThere.isUser(auth, "")
	if keyed(b) {
		begunHere.loses(here)
		begunThere.loses(there)
	}
}

// rotated is our site after the secret was changed.
func (b *liveBench) rotated(t *testing.T) *liveVisitor {
	settings := b.settings
	settings.SecretKey, settings.SecretKeyFallbacks = django.Secret(newSecret), []django.Secret{django.Secret(oldSecret)}
	v := b.visitor(t)
	v.here = b.open(t, settings)
	return v
}

// weRotate: our site has the new secret first, and keeps who is logged in.
func weRotate(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan")
	v := b.rotated(t)
	v.theirs(do{"login", "irfan"}, set("a", `1`))
	v.isUser(users.auth(t, newSecret, django.Secret(oldSecret)), "irfan")

	b.django.Override(t, djangotest.Settings{"SECRET_KEY": newSecret})
	v.isTheirUser("irfan")
	if a := v.theirs(do{"get", "a"}); a != "1" {
		t.Errorf("a is now %s", a)
	}
}

// djangoRotates: Django has the new secret first.
func djangoRotates(t *testing.T, b *liveBench) {
	users := b.users(t, "irfan")
	v := b.returning(t)
	v.login(users.auth(t, oldSecret), users.byName["irfan"])

	b.django.Override(t, djangotest.Settings{"SECRET_KEY": newSecret, "SECRET_KEY_FALLBACKS": []string{oldSecret}})
	v.isTheirUser("irfan")
	v.here = b.rotated(t).here
	v.isUser(users.auth(t, newSecret), "irfan")
	v.must(func(s *sessions.Session) {
		if s.Get("a") != int64(1) {
			t.Errorf("a is now %v", s.Get("a"))
		}
	})
}

func messages(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(do{"message", django.LevelSuccess, "Saved <b>&Žluť", "fade"})
	v.must(func(s *sessions.Session) {
		want := []django.Message{{Level: django.LevelSuccess, Text: "Saved <b>&Žluť", Tags: "fade"}}
		if got := django.PeekMessages(s); !reflect.DeepEqual(got, want) {
			t.Errorf("our site reads %v, want %v", got, want)
		}
		django.AddMessage(s, django.LevelError, "\"Full\"\n\u2028")
	})
	if got, want := v.theirs(do{"read_messages"}), `[[25,"Saved <b>&\u017dlu\u0165","fade"],[40,"\"Full\"\n\u2028",""]]`; got != want {
		t.Errorf("Django reads %s\nwant         %s", got, want)
	}
	v.theirs(do{"message", django.LevelInfo, "Once"})
	v.must(func(s *sessions.Session) {
		if got := django.ReadMessages(s); len(got) != 1 || got[0].Text != "Once" {
			t.Errorf("our site reads %v", got)
		}
	})
	if got := v.theirs(do{"read_messages"}); got != "[]" {
		t.Errorf("Django reads %s a second time", got)
	}
}

// csrfSecret: a form that Django made is still good after we have changed the
// session.
func csrfSecret(t *testing.T, b *liveBench) {
	b.django.Override(t, djangotest.Settings{"CSRF_USE_SESSIONS": true})
	v := b.visitor(t)
	token := strings.Trim(v.theirs(do{"csrf_token"}), `"`)
	v.must(func(s *sessions.Session) { s.Set("a", 1) })
	post := func(token string) int {
		h := v.header()
		h.Set("X-CSRFToken", token)
		return b.django.Do(t, djangotest.Request{Method: http.MethodPost, Header: h}).Status
	}
	if status := post(token); status != http.StatusOK {
		t.Errorf("the form is answered %d", status)
	}
	if status := post(strings.Repeat("x", len(token))); status != http.StatusForbidden {
		t.Errorf("a forged form is answered %d", status)
	}
}
