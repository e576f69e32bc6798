package django_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file checks what Django's settings become here.

func TestSettingsAsConfig(t *testing.T) {
	s := valid()
	s.CookieName, s.CookiePath, s.CookieDomain, s.CookieAge = "sid", "/app", "example.com", time.Hour
	s.CookieSecure, s.CookieHTTPOnly, s.CookieSameSite = true, false, http.SameSiteStrictMode
	s.SaveEveryRequest, s.ExpireAtBrowserClose = true, true
	s.UseTZ, s.TimeZone = false, "Europe/Paris"
	got, err := s.Config()
	if err != nil || got.NaiveLocation.String() != "Europe/Paris" || got.Cookie != (sessions.Cookie{
		Name: "sid", Path: "/app", Domain: "example.com", AllowScripts: true, SameSite: http.SameSiteStrictMode,
	}) || got.Lifetime != time.Hour || !got.SaveEveryRequest || !got.ExpireAtBrowserClose || got.OwnerKey != "_auth_user_id" {
		t.Errorf("Config answers %+v, %v", got, err)
	}
}

// Django's defaults are those of the zero Config, but for Secure.
func TestDefaultSettingsAsConfig(t *testing.T) {
	got, err := valid().Config()
	if err != nil || got.NaiveLocation != nil || got.Lifetime != twoWeeks || got.SaveEveryRequest || got.ExpireAtBrowserClose ||
		got.Cookie != (sessions.Cookie{Name: "sessionid", Path: "/", AllowHTTP: true, SameSite: http.SameSiteLaxMode}) {
		t.Errorf("Config answers %+v, %v", got, err)
	}
}

func TestSettingsWithoutSecretAreNoConfig(t *testing.T) {
	s := django.DefaultSettings()
	_, err := s.Config()
	_, codec := s.Codec(nil)
	_, cookies := s.CookieCodec()
	_, file := s.FileFormat(nil)
	for what, err := range map[string]error{"Config": err, "Codec": codec, "CookieCodec": cookies, "FileFormat": file} {
		if !errors.Is(err, django.ErrNoSecret) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.Engine = django.EngineCache // which signs nothing, but logins are signed
	if _, err := s.Config(); !errors.Is(err, django.ErrNoSecret) {
		t.Errorf("the cache engine: %v", err)
	}
}

func TestSettingsAsLayouts(t *testing.T) {
	s := valid()
	s.SecretKeyFallbacks, s.Salt, s.CookieAge = []django.Secret{django.Secret("older")}, "django.contrib.sessions.MyStore", time.Minute
	older := newCodec(t, django.Secret("older"), django.CodecConfig{Salt: s.Salt})
	text, err := older.Encode([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	now := clock(1700000000)
	codec, err := s.Codec(at(1700000000))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := codec.Decode(text); err != nil || string(data) != `{"a":1}` {
		t.Errorf("the codec reads %s, %v", data, err)
	}
	file, err := s.FileFormat(at(1700000000))
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := file.Decode([]byte(text), now); err != nil || !rec.Expires.Equal(now.Add(time.Minute)) {
		t.Errorf("the file ends at %v, %v", rec.Expires, err)
	}
	cookies, err := s.CookieCodec()
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := cookies.Seal(record(`{}`), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cookies.Open(cookie, now.Add(61*time.Second)); !errors.Is(err, django.ErrSignatureExpired) {
		t.Errorf("an old cookie: %v", err)
	}
	if got := django.DefaultSettings().EntryPrefix(); got != "" {
		t.Errorf("the db engine's cache entries begin with %q", got)
	}
}
