package django

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// This file refuses settings that contradict each other or cannot work.

// Validate reports everything that cannot be meant, as [*SettingError]s joined:
// what browsers would refuse, ages that are none, serializers that are not
// JSON, and, as [ErrNoSecret], signing without a secret.
func (s Settings) Validate() error {
	_, zone := s.NaiveLocation()
	_, engine := ParseEngine(string(s.Engine))
	return errors.Join(append(s.validateCookie(), s.validateSecrets(), s.validateSerializer(), engine, zone)...)
}

func (s Settings) validateSecrets() error {
	if slices.ContainsFunc(s.SecretKeyFallbacks, func(f Secret) bool { return len(f) == 0 }) {
		return fmt.Errorf("%w; remove the empty one from SECRET_KEY_FALLBACKS", ErrNoSecret)
	}
	if len(s.SecretKey) == 0 { // the cache engine signs nothing, but logins are signed everywhere
		return fmt.Errorf("%w; set it to the SECRET_KEY of the Django site", ErrNoSecret)
	}
	return nil
}

func (s Settings) validateSerializer() error {
	switch {
	case s.Serializer == "", s.Serializer == jsonSerializer:
		return nil
	case strings.Contains(s.Serializer, "Pickle"):
		return &SettingError{"SESSION_SERIALIZER", "pickled sessions run whatever code they hold; Django 5 removed them too; set it to " + jsonSerializer}
	}
	return &SettingError{"SESSION_SERIALIZER", "sessions can be shared as JSON only; set it to " + jsonSerializer}
}

func (s Settings) validateCookie() (problems []error) {
	refuse := func(wrong bool, name, problem string) {
		if wrong {
			problems = append(problems, &SettingError{name, problem})
		}
	}
	host := strings.HasPrefix(s.CookieName, "__Host-")
	secure := host || strings.HasPrefix(s.CookieName, "__Secure-")
	refuse(!isToken(s.CookieName), "SESSION_COOKIE_NAME", "a cookie's name is letters, digits and some signs such as - and _, without spaces, and not empty")
	refuse(secure && !s.CookieSecure, "SESSION_COOKIE_SECURE", "must be true for a cookie whose name begins with __Host- or __Secure-, or browsers refuse it")
	refuse(host && s.CookieDomain != "", "SESSION_COOKIE_DOMAIN", "must be empty for a cookie whose name begins with __Host-, or browsers refuse it")
	refuse(host && s.CookiePath != "/", "SESSION_COOKIE_PATH", "must be / for a cookie whose name begins with __Host-, or browsers refuse it")
	refuse(s.CookieDomain != "" && !isDomain(s.CookieDomain), "SESSION_COOKIE_DOMAIN", "must be a host name without scheme, port or path, such as example.com, or empty for the host alone")
	refuse(!isCookiePath(s.CookiePath), "SESSION_COOKIE_PATH", "must begin with / and hold no semicolon, space or control character")
	refuse(s.CookieSameSite == http.SameSiteNoneMode && !s.CookieSecure, "SESSION_COOKIE_SAMESITE", "'None' needs SESSION_COOKIE_SECURE = true, or browsers refuse the cookie")
	refuse(s.CookieAge < 0, "SESSION_COOKIE_AGE", "must not be a negative number of seconds; for cookies that end with the browser set SESSION_EXPIRE_AT_BROWSER_CLOSE")
	refuse(s.CookieAge > longest, "SESSION_COOKIE_AGE", "must be at most 100 years, in seconds")
	return problems
}

// longest keeps expiry dates within what databases hold.
const longest = 100 * 365 * 24 * time.Hour

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func isCookiePath(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || c == ';' {
			return false
		}
	}
	return strings.HasPrefix(s, "/")
}

// isDomain reports whether s can be a cookie's Domain. Python's None, written
// as text, is a host name too, but not meant.
func isDomain(s string) bool {
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return s != "None"
}
