package engine_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/internal/djangotest"
)

// This file is the live bench with settings that change where sessions are
// found, or how dates are written.

func TestLiveSettings(t *testing.T) {
	for _, c := range []struct {
		name      string
		engine    liveEngine
		change    liveSettings
		scenarios []liveScenario
	}{
		{"dates without a zone", liveEngine{engine: django.EngineDB}, naiveDates, []liveScenario{
			{"a row's date", everywhere, naiveRow},
			{"a session's date", dated, naiveExpiry},
			{"clearsessions", everywhere, djangoSweeps},
			{"Sweep", everywhere, weSweep},
		}},
		{"a cache's prefix and version", liveEngine{django.EngineCache, liveMemcached}, namedCache, []liveScenario{
			{"one cookie for both", everywhere, oneCookie},
		}},
		{"a cookie's name and attributes", liveEngine{engine: django.EngineFile}, namedCookie, []liveScenario{
			{"one cookie for both", everywhere, oneCookie},
			{"attributes", everywhere, cookieAttributes},
			{"a file's name", everywhere, fileName},
			{"clearsessions", everywhere, djangoSweeps},
			{"Sweep", everywhere, weSweep},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
				newLiveBench(t, in, c.engine, c.change).play(t, c.scenarios)
			})
		})
	}
}

// kolkata is never less than five hours from UTC, and knows no daylight saving.
const kolkata = "Asia/Kolkata"

func naiveDates(there djangotest.Settings, here *django.Settings) {
	there["USE_TZ"], there["TIME_ZONE"] = false, kolkata
	here.UseTZ, here.TimeZone = false, kolkata
}

// naiveRow: in another zone these sessions would have ended, or go on for hours.
func naiveRow(t *testing.T, b *liveBench) {
	there, here := b.visitor(t), b.visitor(t)
	there.theirs(set("a", `1`), do{"expire_after", 300})
	here.must(func(s *sessions.Session) { s.Set("a", 1); s.ExpireAfter(300 * time.Second) })
	for _, v := range []*liveVisitor{there, here} {
		v.holds(`{"a":1,"_session_expiry":300}`)
		rec, err := v.here.Store.Load(t.Context(), v.key())
		if left := time.Until(rec.Expires); err != nil || left <= 0 || left > 300*time.Second {
			t.Errorf("the session goes on for %v, %v", left, err)
		}
	}
}

func naiveExpiry(t *testing.T, b *liveBench) {
	zone, err := time.LoadLocation(kolkata)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Hour).Truncate(time.Second)
	wall := at.In(zone).Format("2006-01-02T15:04:05")
	v := b.visitor(t)
	v.theirs(do{"expire_at", wall})
	v.holds(`{"_session_expiry":"` + wall + `"}`)
	v.must(func(s *sessions.Session) {
		if date := s.ExpiryDate(); !date.Equal(at) {
			t.Errorf("Django's session ends here at %v, want %v", date, at)
		}
		s.ResetExpiry()
	})
	v.must(func(s *sessions.Session) { s.ExpireAt(at) })
	v.holds(`{"_session_expiry":"` + wall + `"}`)
	if date := v.theirs(do{"expiry_date"}); date != `"`+wall+`"` {
		t.Errorf("our session ends in Django at %s, want %s", date, wall)
	}
}

func namedCache(there djangotest.Settings, here *django.Settings) {
	cache := there["CACHES"].(map[string]any)["default"].(map[string]any)
	cache["KEY_PREFIX"], cache["VERSION"] = "shop", 7
	here.CacheKeyPrefix, here.CacheVersion = "shop", 7
}

func namedCookie(there djangotest.Settings, here *django.Settings) {
	there["SESSION_COOKIE_NAME"], there["SESSION_COOKIE_PATH"], there["SESSION_COOKIE_DOMAIN"] = "visitor", "/shop", "example.com"
	there["SESSION_COOKIE_AGE"], there["SESSION_COOKIE_SECURE"] = 3600, true
	there["SESSION_COOKIE_HTTPONLY"], there["SESSION_COOKIE_SAMESITE"] = false, "Strict"
	here.CookieName, here.CookiePath, here.CookieDomain = "visitor", "/shop", "example.com"
	here.CookieAge, here.CookieSecure = time.Hour, true
	here.CookieHTTPOnly, here.CookieSameSite = false, http.SameSiteStrictMode
}

// cookieAttributes: the cookies of both are alike, but for key and time.
func cookieAttributes(t *testing.T, b *liveBench) {
	there := b.visitor(t)
	there.theirs(set("a", `1`))
	plain := func(c http.Cookie) string {
		c.Value, c.Expires = "key", time.Time{}
		return c.String()
	}
	here := b.returning(t)
	if got, want := plain(*here.cookie), plain(*there.cookie); got != want {
		t.Errorf("our cookie is    %s\nDjango's cookie is %s", got, want)
	}
}

// fileName: Django's file engine finds files by the cookie's name.
func fileName(t *testing.T, b *liveBench) {
	v := b.returning(t)
	if _, err := os.Stat(filepath.Join(b.settings.FilePath, "visitor"+v.key())); err != nil {
		t.Error(err)
	}
}
