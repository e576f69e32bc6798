package django

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// This file is what Django's settings say about sessions, and Django's defaults.

// Settings are Django's settings that concern sessions, and a few of our own.
// Begin with [DefaultSettings], read what the site says over it, and call
// Validate. Each field's comment begins with its name in a settings file and
// in the environment.
type Settings struct {
	// SECRET_KEY signs sessions: text, or bytes in a map. Bytes that are no text
	// are given as base64 under SECRET_KEY_BASE64 instead.
	SecretKey Secret

	// SECRET_KEY_FALLBACKS verify, but do not sign: a list. In the environment,
	// a JSON array of strings, or secrets without commas between commas.
	SecretKeyFallbacks []Secret

	// SESSION_ENGINE: Django's dotted path or its last part. Default: db.
	Engine Engine

	// SESSION_CACHE_ALIAS names the cache in Django's CACHES. Default: default.
	CacheAlias string

	// SESSION_FILE_PATH is the file engine's directory. Default: the system's
	// directory for temporary files.
	FilePath string

	// SESSION_SERIALIZER: Django's JSONSerializer, which is the default, and
	// nothing else.
	Serializer string

	// SESSION_SALT is our own: the signature's salt, for a site whose engine
	// is a subclass. Default: that of Django's engine.
	Salt string

	// SESSION_COOKIE_NAME. Default: sessionid.
	CookieName string

	// SESSION_COOKIE_AGE, in seconds there, is how long a session lives after
	// its last save. Default: two weeks.
	CookieAge time.Duration

	// SESSION_COOKIE_DOMAIN. Default: none, the host alone.
	CookieDomain string

	// SESSION_COOKIE_PATH. Default: /.
	CookiePath string

	// SESSION_COOKIE_SECURE keeps the cookie to HTTPS. Default: false, Django's.
	CookieSecure bool

	// SESSION_COOKIE_HTTPONLY hides the cookie from scripts. Default: true.
	CookieHTTPOnly bool

	// SESSION_COOKIE_SAMESITE: 'Lax', 'Strict', 'None', or false, which leaves
	// the attribute out and is http.SameSiteDefaultMode here. Default: Lax.
	CookieSameSite http.SameSite

	// SESSION_SAVE_EVERY_REQUEST saves also what was not changed. Default: false.
	SaveEveryRequest bool

	// SESSION_EXPIRE_AT_BROWSER_CLOSE makes cookies that end with the browser.
	// Default: false.
	ExpireAtBrowserClose bool

	// USE_TZ says that dates have a time zone. Default: true, as in Django 5.
	UseTZ bool

	// TIME_ZONE is the zone of dates where USE_TZ is false. Default:
	// America/Chicago, Django's.
	TimeZone string

	// CSRF_USE_SESSIONS keeps the CSRF token in the session. Default: false.
	CSRFUseSessions bool

	// DATABASE_URL is our own: where the db and cached_db engines keep sessions.
	DatabaseURL URL

	// CACHE_URL is our own: the server of the cache that SESSION_CACHE_ALIAS names.
	CacheURL URL

	// CACHE_KEY_PREFIX is that cache's KEY_PREFIX in Django. Default: none.
	CacheKeyPrefix string

	// CACHE_VERSION is that cache's VERSION in Django. Default: 1.
	CacheVersion int
}

const jsonSerializer = "django.contrib.sessions.serializers.JSONSerializer"

// DefaultSettings answers Django's own defaults.
func DefaultSettings() Settings {
	return Settings{
		Engine:         EngineDB,
		CacheAlias:     "default",
		Serializer:     jsonSerializer,
		CookieName:     "sessionid",
		CookieAge:      14 * 24 * time.Hour,
		CookiePath:     "/",
		CookieHTTPOnly: true,
		CookieSameSite: http.SameSiteLaxMode,
		UseTZ:          true,
		TimeZone:       "America/Chicago",
		CacheVersion:   1,
	}
}

// NaiveLocation answers the zone of dates without an offset, or nil where
// USE_TZ gives each date its own. The error is a [*SettingError].
func (s Settings) NaiveLocation() (*time.Location, error) {
	if s.UseTZ {
		return nil, nil
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		return nil, &SettingError{"TIME_ZONE", fmt.Sprintf("there is no time zone %q on this machine; name one such as Europe/Paris, or set USE_TZ to true", s.TimeZone)}
	}
	return zone, nil
}

// An Engine is where Django keeps sessions: the last part of its dotted path.
type Engine string

// Django's engines.
const (
	EngineDB            Engine = "db"
	EngineCachedDB      Engine = "cached_db"
	EngineCache         Engine = "cache"
	EngineFile          Engine = "file"
	EngineSignedCookies Engine = "signed_cookies"
)

var engines = []Engine{EngineDB, EngineCachedDB, EngineCache, EngineFile, EngineSignedCookies}

const enginePath = "django.contrib.sessions.backends."

// ParseEngine reads SESSION_ENGINE: Django's dotted path, or its last part. The
// error is a [*SettingError].
func ParseEngine(name string) (Engine, error) {
	e := Engine(strings.TrimPrefix(name, enginePath))
	if !slices.Contains(engines, e) {
		return "", &SettingError{"SESSION_ENGINE", fmt.Sprintf("%q is none of Django's engines; choose db, cached_db, cache, file or signed_cookies", name)}
	}
	return e, nil
}

// Path answers Django's dotted path of e.
func (e Engine) Path() string { return enginePath + string(e) }

// A SettingError says what is wrong with one setting, and what to do.
type SettingError struct {
	Name    string // as in Django
	Problem string
}

// Error answers the name and the problem.
func (e *SettingError) Error() string { return "django: " + e.Name + ": " + e.Problem }
