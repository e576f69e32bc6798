package django_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions/django"
)

// This file reads settings from every form in which a site may have them.

const strong = "q8#vT2m!xWz5@kLr9^pN4&sDf7*hJ1(gYb3)cUe6-aQo0_iVtX"

func valid() django.Settings {
	s := django.DefaultSettings()
	s.SecretKey = django.Secret(strong)
	return s
}

func TestReadMapAndEnvironmentAgree(t *testing.T) {
	want := django.Settings{
		SecretKey:          django.Secret("current"),
		SecretKeyFallbacks: []django.Secret{django.Secret("older, with a comma"), django.Secret("oldest")},
		Engine:             django.EngineCachedDB, CacheAlias: "sessions", FilePath: "/var/sessions", Serializer: "x.JSONSerializer", Salt: "django.contrib.sessions.MyStore",
		CookieName: "sid", CookieAge: time.Hour, CookieDomain: "example.com", CookiePath: "/app", CookieSecure: true, CookieHTTPOnly: false,
		CookieSameSite: http.SameSiteStrictMode, SaveEveryRequest: true, ExpireAtBrowserClose: true,
		UseTZ: false, TimeZone: "Europe/Paris", CSRFUseSessions: true,
		DatabaseURL: "postgres://db/site", CacheURL: "redis://cache/1", CacheKeyPrefix: "site", CacheVersion: 2,
	}
	file, environ := django.DefaultSettings(), django.DefaultSettings()
	err := file.ReadMap(map[string]any{
		"SECRET_KEY": "current", "SECRET_KEY_FALLBACKS": []any{"older, with a comma", []byte("oldest")},
		"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db", "SESSION_CACHE_ALIAS": "sessions", "SESSION_FILE_PATH": "/var/sessions",
		"SESSION_SERIALIZER": "x.JSONSerializer", "SESSION_SALT": "django.contrib.sessions.MyStore",
		"SESSION_COOKIE_NAME": "sid", "SESSION_COOKIE_AGE": int64(3600), "SESSION_COOKIE_DOMAIN": "example.com", "SESSION_COOKIE_PATH": "/app",
		"SESSION_COOKIE_SECURE": true, "SESSION_COOKIE_HTTPONLY": false, "SESSION_COOKIE_SAMESITE": "Strict",
		"SESSION_SAVE_EVERY_REQUEST": true, "SESSION_EXPIRE_AT_BROWSER_CLOSE": true, "USE_TZ": false, "TIME_ZONE": "Europe/Paris", "CSRF_USE_SESSIONS": true,
		"DATABASE_URL": "postgres://db/site", "CACHE_URL": "redis://cache/1", "CACHE_KEY_PREFIX": "site", "CACHE_VERSION": 2.0,
		"DEBUG": false, "server": map[string]any{"port": int64(80)},
	})
	if err != nil || !reflect.DeepEqual(file, want) {
		t.Errorf("ReadMap gave %+v, %v; want %+v", file, err, want)
	}
	err = environ.ReadEnviron([]string{
		"SECRET_KEY=current", `SECRET_KEY_FALLBACKS=["older, with a comma", "oldest"]`,
		"SESSION_ENGINE=cached_db", "SESSION_CACHE_ALIAS=sessions", "SESSION_FILE_PATH=/var/sessions",
		"SESSION_SERIALIZER=x.JSONSerializer", "SESSION_SALT=django.contrib.sessions.MyStore",
		"SESSION_COOKIE_NAME=sid", "SESSION_COOKIE_AGE=3600", "SESSION_COOKIE_DOMAIN=example.com", "SESSION_COOKIE_PATH=/app",
		"SESSION_COOKIE_SECURE=True", "SESSION_COOKIE_HTTPONLY=off", "SESSION_COOKIE_SAMESITE=strict",
		"SESSION_SAVE_EVERY_REQUEST=1", "SESSION_EXPIRE_AT_BROWSER_CLOSE=yes", "USE_TZ=0", "TIME_ZONE=Europe/Paris", "CSRF_USE_SESSIONS=on",
		"DATABASE_URL=postgres://db/site", "CACHE_URL=redis://cache/1", "CACHE_KEY_PREFIX=site", "CACHE_VERSION=2",
		"PATH=/bin", "SESSION_MANAGER=local/host:@/tmp/.ICE-unix/1", "XDG_SESSION_ID=3", "DATABASE_URI=x", "",
	})
	if err != nil || !reflect.DeepEqual(environ, want) {
		t.Errorf("ReadEnviron gave %+v, %v; want %+v", environ, err, want)
	}
}

func TestWhatIsNotSetStays(t *testing.T) {
	s := valid()
	if err := errors.Join(s.ReadMap(nil), s.ReadEnviron(nil)); err != nil || !reflect.DeepEqual(s, valid()) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestReadingOddForms(t *testing.T) {
	raw := []byte{0xE7, 0, 0xFF}
	for _, c := range []struct {
		name string
		read func(*django.Settings) error
		ok   func(django.Settings) bool
	}{
		{"secret in base64", func(s *django.Settings) error {
			return s.ReadEnviron([]string{"SECRET_KEY_BASE64=" + base64.StdEncoding.EncodeToString(raw)})
		}, func(s django.Settings) bool { return string(s.SecretKey) == string(raw) }},
		{"fallbacks between commas", func(s *django.Settings) error { return s.ReadEnviron([]string{"SECRET_KEY_FALLBACKS=a,b"}) },
			func(s django.Settings) bool {
				return reflect.DeepEqual(s.SecretKeyFallbacks, []django.Secret{django.Secret("a"), django.Secret("b")})
			}},
		{"no fallbacks", func(s *django.Settings) error { return s.ReadEnviron([]string{"SECRET_KEY_FALLBACKS="}) },
			func(s django.Settings) bool { return len(s.SecretKeyFallbacks) == 0 }},
		{"no SameSite in the environment", func(s *django.Settings) error { return s.ReadEnviron([]string{"SESSION_COOKIE_SAMESITE=False"}) },
			func(s django.Settings) bool { return s.CookieSameSite == http.SameSiteDefaultMode }},
		{"no SameSite in a file", func(s *django.Settings) error { return s.ReadMap(map[string]any{"SESSION_COOKIE_SAMESITE": false}) },
			func(s django.Settings) bool { return s.CookieSameSite == http.SameSiteDefaultMode }},
		{"SameSite=None", func(s *django.Settings) error { return s.ReadEnviron([]string{"SESSION_COOKIE_SAMESITE=None"}) },
			func(s django.Settings) bool { return s.CookieSameSite == http.SameSiteNoneMode }},
		{"null for Python's None", func(s *django.Settings) error {
			return s.ReadMap(map[string]any{"SESSION_COOKIE_DOMAIN": nil, "SESSION_FILE_PATH": nil})
		}, func(s django.Settings) bool { return s.CookieDomain == "" && s.FilePath == "" }},
		{"an equals sign in a value", func(s *django.Settings) error { return s.ReadEnviron([]string{"SECRET_KEY=a=b="}) },
			func(s django.Settings) bool { return string(s.SecretKey) == "a=b=" }},
	} {
		s := valid()
		if err := c.read(&s); err != nil || !c.ok(s) {
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
}

// Each fault is an error that names the setting and what to do.
func TestFaultsWhileReading(t *testing.T) {
	for _, c := range []struct {
		values map[string]any
		name   string
		says   string
	}{
		{map[string]any{"SESION_COOKIE_AGE": int64(5)}, "SESION_COOKIE_AGE", "SESSION_COOKIE_AGE"},
		{map[string]any{"session_cookie_age": int64(5)}, "session_cookie_age", "SESSION_COOKIE_AGE"},
		{map[string]any{"SESSION_COOKIE_HTTP_ONLY": true}, "SESSION_COOKIE_HTTP_ONLY", "SESSION_COOKIE_HTTPONLY"},
		{map[string]any{"SESSION_TIMEOUT": int64(5)}, "SESSION_TIMEOUT", "no such setting"},
		{map[string]any{"SECRET_KEYS": "x"}, "SECRET_KEYS", "SECRET_KEY"},
		{map[string]any{"TIMEZONE": "UTC"}, "TIMEZONE", "TIME_ZONE"},
		{map[string]any{"DATABASE_URI": "x"}, "DATABASE_URI", "DATABASE_URL"},
		{map[string]any{"SESSION_COOKIE_AGE": "3600"}, "SESSION_COOKIE_AGE", "seconds, not text"},
		{map[string]any{"SESSION_COOKIE_AGE": 1.5}, "SESSION_COOKIE_AGE", "not a number with a fraction"},
		{map[string]any{"SESSION_COOKIE_SECURE": "true"}, "SESSION_COOKIE_SECURE", "true or false, not text"},
		{map[string]any{"SESSION_COOKIE_NAME": int64(1)}, "SESSION_COOKIE_NAME", "text"},
		{map[string]any{"SESSION_COOKIE_SAMESITE": "Laxx"}, "SESSION_COOKIE_SAMESITE", "'Lax'"},
		{map[string]any{"SESSION_COOKIE_SAMESITE": true}, "SESSION_COOKIE_SAMESITE", "'Lax'"},
		{map[string]any{"SESSION_ENGINE": "redis"}, "SESSION_ENGINE", "cached_db"},
		{map[string]any{"SESSION_ENGINE": []any{}}, "SESSION_ENGINE", "not a list"},
		{map[string]any{"SECRET_KEY": int64(1)}, "SECRET_KEY", "text"},
		{map[string]any{"SECRET_KEY_FALLBACKS": "x"}, "SECRET_KEY_FALLBACKS", "a list"},
		{map[string]any{"SECRET_KEY_FALLBACKS": []any{"a", nil}}, "SECRET_KEY_FALLBACKS", "number 1"},
		{map[string]any{"SECRET_KEY_BASE64": "!"}, "SECRET_KEY_BASE64", "base64"},
		{map[string]any{"SECRET_KEY_BASE64": "eA==", "SECRET_KEY": "x"}, "SECRET_KEY_BASE64", "keep one"},
		{map[string]any{"CACHE_VERSION": map[string]any{}}, "CACHE_VERSION", "not a table"},
		{map[string]any{"USE_TZ": nil}, "USE_TZ", "not null"},
	} {
		s := valid()
		expectSetting(t, s.ReadMap(c.values), c.name, c.says)
	}
	for _, c := range []struct{ pair, name, says string }{
		{"SESSION_COOKIE_SECURE=maybe", "SESSION_COOKIE_SECURE", "true or false"},
		{"SESSION_COOKIE_SECURE=", "SESSION_COOKIE_SECURE", "true or false"},
		{"SESSION_COOKIE_AGE=2w", "SESSION_COOKIE_AGE", "seconds"},
		{"SESSION_COOKIE_AGE=99999999999999999999", "SESSION_COOKIE_AGE", "seconds"},
		{"SECRET_KEY_FALLBACKS=[1]", "SECRET_KEY_FALLBACKS", "JSON array"},
		{"SESSION_COKIE_NAME=x", "SESSION_COKIE_NAME", "SESSION_COOKIE_NAME"},
		{"SECRETKEY=x", "SECRETKEY", "SECRET_KEY"},
	} {
		s := valid()
		expectSetting(t, s.ReadEnviron([]string{c.pair}), c.name, c.says)
	}
}

func expectSetting(t *testing.T, err error, name, says string) {
	t.Helper()
	var problem *django.SettingError
	if !errors.As(err, &problem) || problem.Name != name || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want one about %s that says %q", err, name, says)
	}
}

func TestEveryFaultIsReported(t *testing.T) {
	s := valid()
	err := s.ReadMap(map[string]any{"SESSION_COOKIE_AGE": "x", "SESSION_COOKIE_SECURE": 1, "SESSION_TTL": 1, "SESSION_COOKIE_NAME": "sid"})
	for _, name := range []string{"SESSION_COOKIE_AGE", "SESSION_COOKIE_SECURE", "SESSION_TTL"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	if s.CookieName != "sid" {
		t.Error("what is right was not set")
	}
}

func TestValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Errorf("Django's defaults: %v", err)
	}
	for _, c := range []struct {
		name   string
		change func(*django.Settings)
	}{
		{"SESSION_COOKIE_SAMESITE", func(s *django.Settings) { s.CookieSameSite = http.SameSiteNoneMode }},
		{"SESSION_COOKIE_SECURE", func(s *django.Settings) { s.CookieName = "__Host-sid" }},
		{"SESSION_COOKIE_SECURE", func(s *django.Settings) { s.CookieName = "__Secure-sid" }},
		{"SESSION_COOKIE_DOMAIN", func(s *django.Settings) {
			s.CookieName, s.CookieSecure, s.CookieDomain = "__Host-sid", true, "example.com"
		}},
		{"SESSION_COOKIE_PATH", func(s *django.Settings) { s.CookieName, s.CookieSecure, s.CookiePath = "__Host-sid", true, "/app" }},
		{"SESSION_COOKIE_NAME", func(s *django.Settings) { s.CookieName = "" }},
		{"SESSION_COOKIE_NAME", func(s *django.Settings) { s.CookieName = "my sid" }},
		{"SESSION_COOKIE_NAME", func(s *django.Settings) { s.CookieName = "sid;" }},
		{"SESSION_COOKIE_DOMAIN", func(s *django.Settings) { s.CookieDomain = "https://example.com" }},
		{"SESSION_COOKIE_DOMAIN", func(s *django.Settings) { s.CookieDomain = "example.com:80" }},
		{"SESSION_COOKIE_DOMAIN", func(s *django.Settings) { s.CookieDomain = "example.com; Secure" }},
		{"SESSION_COOKIE_DOMAIN", func(s *django.Settings) { s.CookieDomain = "None" }},
		{"SESSION_COOKIE_PATH", func(s *django.Settings) { s.CookiePath = "" }},
		{"SESSION_COOKIE_PATH", func(s *django.Settings) { s.CookiePath = "app" }},
		{"SESSION_COOKIE_PATH", func(s *django.Settings) { s.CookiePath = "/;x" }},
		{"SESSION_COOKIE_AGE", func(s *django.Settings) { s.CookieAge = -time.Second }},
		{"SESSION_COOKIE_AGE", func(s *django.Settings) { s.CookieAge = 101 * 365 * 24 * time.Hour }},
		{"SESSION_SERIALIZER", func(s *django.Settings) { s.Serializer = "django.contrib.sessions.serializers.PickleSerializer" }},
		{"SESSION_SERIALIZER", func(s *django.Settings) { s.Serializer = "mysite.MessagePack" }},
		{"SESSION_ENGINE", func(s *django.Settings) { s.Engine = "redis" }},
		{"TIME_ZONE", func(s *django.Settings) { s.UseTZ, s.TimeZone = false, "Mars/Olympus" }},
		{"TIME_ZONE", func(s *django.Settings) { s.UseTZ, s.TimeZone = false, "" }},
	} {
		s := valid()
		c.change(&s)
		expectSetting(t, s.Validate(), c.name, c.name)
	}
	for _, change := range []func(*django.Settings){
		func(s *django.Settings) { s.CookieName, s.CookieSecure = "__Host-sid", true },
		func(s *django.Settings) { s.CookieSameSite, s.CookieSecure = http.SameSiteNoneMode, true },
		func(s *django.Settings) { s.CookieDomain = ".example.com" },
		func(s *django.Settings) { s.Serializer = "" },
		func(s *django.Settings) { s.TimeZone = "Mars/Olympus" }, // unused with USE_TZ
	} {
		s := valid()
		change(&s)
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestSecretsAreRequired(t *testing.T) {
	for _, engine := range []django.Engine{django.EngineDB, django.EngineCachedDB, django.EngineCache, django.EngineFile, django.EngineSignedCookies} {
		s := django.DefaultSettings()
		s.Engine = engine
		if err := s.Validate(); !errors.Is(err, django.ErrNoSecret) {
			t.Errorf("%s without a secret: %v", engine, err)
		}
		s.SecretKey, s.SecretKeyFallbacks = django.Secret(strong), []django.Secret{nil}
		if err := s.Validate(); !errors.Is(err, django.ErrNoSecret) {
			t.Errorf("%s with an empty fallback: %v", engine, err)
		}
		if e, err := django.ParseEngine(engine.Path()); err != nil || e != engine {
			t.Errorf("%s is read as %s, %v", engine.Path(), e, err)
		}
	}
}

func TestNaiveLocation(t *testing.T) {
	s := valid()
	if zone, err := s.NaiveLocation(); zone != nil || err != nil {
		t.Errorf("with USE_TZ: %v, %v", zone, err)
	}
	s.UseTZ, s.TimeZone = false, "UTC"
	if zone, err := s.NaiveLocation(); err != nil || zone.String() != "UTC" {
		t.Errorf("without USE_TZ: %v, %v", zone, err)
	}
}

func TestCheck(t *testing.T) {
	hardened := func() django.Settings {
		s := valid()
		s.CookieSecure = true
		return s
	}
	for _, c := range []struct {
		name   string
		change func(*django.Settings)
		want   []string
	}{
		{"hardened", func(s *django.Settings) {}, nil},
		{"not secure", func(s *django.Settings) { s.CookieSecure = false }, []string{"security.W012"}},
		{"open to scripts", func(s *django.Settings) { s.CookieHTTPOnly = false }, []string{"security.W015"}},
		{"no SameSite", func(s *django.Settings) { s.CookieSameSite = http.SameSiteDefaultMode }, []string{"cloakroom.W001"}},
		{"subdomains", func(s *django.Settings) { s.CookieDomain = "example.com" }, []string{"cloakroom.W002"}},
		{"two years", func(s *django.Settings) { s.CookieAge = 2 * 365 * 24 * time.Hour }, []string{"cloakroom.W003"}},
		{"short secret", func(s *django.Settings) { s.SecretKey = s.SecretKey[:49] }, []string{"security.W009"}},
		{"monotonous secret", func(s *django.Settings) { s.SecretKey = django.Secret(strings.Repeat("abcd", 20)) }, []string{"security.W009"}},
		{"startproject's secret", func(s *django.Settings) { s.SecretKey = django.Secret("django-insecure-" + strong) }, []string{"security.W009"}},
		{"characters, not bytes", func(s *django.Settings) {
			s.SecretKey = django.Secret(strings.Repeat("\u00e9\u00e8\u00ea\u00eb\u00e0", 9))
		}, []string{"security.W009"}},
		{"weak fallback", func(s *django.Settings) { s.SecretKeyFallbacks = []django.Secret{django.Secret("x")} }, []string{"security.W025"}},
		{"unchanged secret", func(s *django.Settings) { s.SecretKeyFallbacks = []django.Secret{s.SecretKey} }, []string{"cloakroom.W004"}},
		{"signed cookies", func(s *django.Settings) { s.Engine = django.EngineSignedCookies }, []string{"cloakroom.W005"}},
		{"cache only", func(s *django.Settings) { s.Engine = django.EngineCache }, []string{"cloakroom.W006"}},
	} {
		s := hardened()
		c.change(&s)
		var got []string
		for _, w := range s.Check() {
			got = append(got, w.ID)
			if w.Text == "" || strings.Contains(w.Text, string(s.SecretKey)) {
				t.Errorf("%s: %q", c.name, w.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := valid()
	s.CacheURL, s.DatabaseURL = django.URL("redis://:"+strong+"@h/0"), strong
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var text, structured strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("settings", "settings", s, "secret", s.SecretKey)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("settings", "settings", s, "secret", s.SecretKey)
	hex := fmt.Sprintf("%x", strong[:8])
	for how, out := range map[string]string{
		"json": string(asJSON), "text log": text.String(), "json log": structured.String(),
		"%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", s), "%#v": fmt.Sprintf("%#v", s),
		"%s": fmt.Sprintf("%s", s.SecretKey), "%x": fmt.Sprintf("%x", s.SecretKey), "%d": fmt.Sprintf("%d", s.SecretKey), "%q": fmt.Sprintf("%q", s.SecretKey),
	} {
		for _, leak := range []string{strong[:8], hex, base64.StdEncoding.EncodeToString([]byte(strong))[:8], "113 56 35"} {
			if strings.Contains(out, leak) {
				t.Errorf("%s shows the secret: %s", how, out)
			}
		}
	}
}

func FuzzReadSettings(f *testing.F) {
	for _, pair := range []string{"SESSION_COOKIE_AGE=5", "SECRET_KEY_FALLBACKS=[\"a\"]", "SECRET_KEY_FALLBACKS=a,,b", "SESSION_X=", "=", "SESSION_COOKIE_SAMESITE=NONE", "SECRET_KEY_BASE64=eA=="} {
		f.Add(pair, "SESSION_ENGINE=file")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		s := django.DefaultSettings()
		err := s.ReadEnviron([]string{one, two})
		var problem *django.SettingError
		if err != nil && !errors.As(err, &problem) {
			t.Fatalf("%q %q: %v names no setting", one, two, err)
		}
		if err == nil && s.Validate() == nil {
			if _, err := django.NewCodec(s.SecretKey, django.CodecConfig{Fallbacks: s.SecretKeyFallbacks}); err != nil {
				t.Fatalf("%q %q: valid, but %v", one, two, err)
			}
		}
	})
}
