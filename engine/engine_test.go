package engine_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/testserver"
)

// This file opens every engine as a site would, and everything that cannot be opened.

const secret = "a-key-for-these-tests-0123456789-abcdefghijklmnopqrst"

// settings are those of a site on that engine.
func settings(t *testing.T, kind django.Engine) *django.Settings {
	t.Helper()
	s := django.DefaultSettings()
	s.SecretKey = django.Secret(secret)
	s.Engine = kind
	s.FilePath = t.TempDir()
	s.DatabaseURL = django.URL("sqlite:///" + filepath.Join(t.TempDir(), "db.sqlite3"))
	s.CacheURL = "locmem://"
	return &s
}

// open opens the site, with its table made.
func open(t *testing.T, s *django.Settings, adjust ...func(*sessions.Config)) *engine.Site {
	t.Helper()
	site, err := engine.Open(t.Context(), s, adjust...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	if site.Migrator != nil {
		if _, err := site.Migrator.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return site
}

func TestEveryEngineKeepsSessions(t *testing.T) {
	caches := map[string]func(*testing.T) string{
		"locmem":    func(*testing.T) string { return "locmem://" },
		"redis":     func(t *testing.T) string { return "redis://" + testserver.Redis(t).Addr + "/0" },
		"memcached": func(t *testing.T) string { return "memcached://" + testserver.Memcached(t).Addr },
	}
	for kind, caches := range map[django.Engine]map[string]func(*testing.T) string{
		django.EngineDB: {"": nil}, django.EngineFile: {"": nil}, django.EngineSignedCookies: {"": nil},
		django.EngineCache: caches, django.EngineCachedDB: caches,
	} {
		for name, cache := range caches {
			t.Run(strings.TrimSuffix(string(kind)+"/"+name, "/"), func(t *testing.T) {
				s := settings(t, kind)
				if cache != nil {
					s.CacheURL = django.URL(cache(t))
				}
				serves(t, open(t, s))
			})
		}
	}
}

// serves lets a visitor set a value with one request, read it with the next, and
// log out.
func serves(t *testing.T, site *engine.Site) {
	t.Helper()
	var cookie *http.Cookie
	visit := func(handle func(*sessions.Session)) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		site.Manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			handle(sessions.From(r))
		})).ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("status %d", w.Code)
		}
		for _, c := range w.Result().Cookies() {
			cookie = &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	visit(func(s *sessions.Session) { s.Set("name", "Irfan 日本"); s.Set("n", 1.0) })
	visit(func(s *sessions.Session) {
		if s.Get("name") != "Irfan 日本" || s.Get("n") != 1.0 {
			t.Errorf("got %v, %v", s.Map(), s.Err())
		}
		s.Set("more", true)
	})
	visit(func(s *sessions.Session) {
		if s.Len() != 3 {
			t.Errorf("got %v", s.Map())
		}
		if err := s.Flush(); err != nil {
			t.Error(err)
		}
	})
	visit(func(s *sessions.Session) {
		if s.Len() != 0 {
			t.Errorf("after the logout: %v", s.Map())
		}
	})
}

func TestAdjust(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, kind := range []django.Engine{django.EngineDB, django.EngineFile, django.EngineCachedDB} {
		site := open(t, settings(t, kind), func(cfg *sessions.Config) { cfg.Now = func() time.Time { return now } })
		s := site.Manager.Open(t.Context(), "")
		s.Set("a", 1)
		s.ExpireAt(now.Add(time.Hour))
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour - time.Microsecond)
		if ok, err := site.Manager.Exists(t.Context(), s.Key()); !ok || err != nil {
			t.Errorf("%s: a microsecond before the end: %t, %v", kind, ok, err)
		}
		now = now.Add(time.Microsecond)
		if ok, err := site.Manager.Exists(t.Context(), s.Key()); ok || err != nil {
			t.Errorf("%s: at the end: %t, %v", kind, ok, err)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*django.Settings)
		says   string
	}{
		"no secret":         {func(s *django.Settings) { s.SecretKey = nil }, "SECRET_KEY"},
		"no database":       {func(s *django.Settings) { s.DatabaseURL = "" }, "DATABASE_URL"},
		"unknown database":  {func(s *django.Settings) { s.DatabaseURL = "oracle://u:p4ss@h/d" }, "oracle"},
		"no cache":          {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "" }, "CACHE_URL"},
		"unknown cache":     {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "hazel://u:p4ss@h" }, "hazel"},
		"no memcached":      {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "memcached://" }, "memcached://host:11211"},
		"dead Redis":        {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "redis://:p4ss@127.0.0.1:1/0" }, "Redis"},
		"bad Redis":         {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "redis://:p4ss@h/x/y" }, "redis://"},
		"no directory":      {func(s *django.Settings) { s.Engine, s.FilePath = django.EngineFile, "/dev/null" }, "SESSION_FILE_PATH"},
		"no such directory": {func(s *django.Settings) { s.Engine, s.FilePath = django.EngineFile, s.FilePath+"/typo" }, "SESSION_FILE_PATH"},
		"dead memcached":    {func(s *django.Settings) { s.Engine, s.CacheURL = django.EngineCache, "memcached://127.0.0.1:1" }, "memcached does not answer"},
		"unknown engine":    {func(s *django.Settings) { s.Engine = "abacus" }, "SESSION_ENGINE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t, django.EngineDB)
			c.change(s)
			site, err := engine.Open(t.Context(), s)
			if err == nil {
				site.Close()
				t.Fatal("it opens")
			}
			if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, "p4ss") || strings.Contains(text, secret) || strings.Contains(text, "\n") {
				t.Errorf("the error is %q, and should say %q", text, c.says)
			}
		})
	}
}

func TestReadSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`
SECRET_KEY = "from the file, and long enough for anyone to be content"
SECRET_KEY_FALLBACKS = ["old", "older"]
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 3600
SESSION_COOKIE_SAMESITE = false
USE_TZ = false
TIME_ZONE = "Europe/Warsaw"
`)
	got, err := engine.ReadSettings(path, []string{"SESSION_COOKIE_AGE=60", "SESSION_COOKIE_SECURE=yes", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Engine != django.EngineCachedDB || got.CookieAge != time.Minute || !got.CookieSecure || len(got.SecretKeyFallbacks) != 2 ||
		got.CookieSameSite != http.SameSiteDefaultMode || got.UseTZ || got.TimeZone != "Europe/Warsaw" {
		t.Errorf("got %+v", got)
	}
	for text, says := range map[string]string{
		"[DATABASES]\nx = 1": "DATABASE_URL", "[CACHES]\nx = 1": "CACHE_URL", "DEBUG = true": "DEBUG", "[django]\nSECRET_KEY = 'hidden'": "django",
		"SECRET_KEY = \"hidden": "line 1", "SESSION_COOKIE_AGEE = 1": "SESSION_COOKIE_AGE", "SESSION_COOKIE_AGE = \"long\"": "SESSION_COOKIE_AGE",
	} {
		write(text)
		if _, err := engine.ReadSettings(path, nil); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := engine.ReadSettings("", []string{"SECRET_KEY=" + secret, "SECRET_KEY_BASE=of Rails"}); err != nil {
		t.Error(err)
	}
	if _, err := engine.ReadSettings(path+"x", nil); err == nil {
		t.Error("a file that does not exist is no error")
	}
	if got, err := engine.ReadSettings("", []string{"SECRET_KEY=" + secret}); err != nil || got.Engine != django.EngineDB {
		t.Errorf("from the environment alone: %+v, %v", got, err)
	}
}
