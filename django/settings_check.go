package django

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// This file says what is valid, but unwise in production, as Django's
// "check --deploy" does.

// A Warning is one finding of [Settings.Check].
type Warning struct {
	ID   string // Django's, such as security.W012, or one of ours, cloakroom.W001 to W006
	Text string // what is unwise, and what to set instead
}

// Check answers what should be otherwise in production: what Django's
// "check --deploy" reports about sessions and secrets, under Django's ids, and
// more. Django tells apart whether its sessions app, its middleware or both are
// installed (security.W010, W011 and W012; W013, W014 and W015); here they
// always come together, which is W012 and W015.
func (s Settings) Check() []Warning {
	return slices.Concat(s.checkCookie(), s.checkSecrets(), s.checkEngine())
}

func (s Settings) checkCookie() (found []Warning) {
	warn := func(unwise bool, id, text string) {
		if unwise {
			found = append(found, Warning{id, text})
		}
	}
	const most = 400 * 24 * time.Hour // RFC 6265bis
	warn(!s.CookieSecure, "security.W012", "Session cookies also travel over plain HTTP, where anybody on the way can take them. Set SESSION_COOKIE_SECURE to true.")
	warn(!s.CookieHTTPOnly, "security.W015", "Scripts in a page can read session cookies, so one injected script takes the session. Set SESSION_COOKIE_HTTPONLY to true.")
	warn(s.CookieSameSite == http.SameSiteDefaultMode || s.CookieSameSite == http.SameSiteNoneMode, "cloakroom.W001", "Other sites' requests may carry the session cookie. Set SESSION_COOKIE_SAMESITE to 'Lax' unless other sites embed this one.")
	warn(s.CookieDomain != "", "cloakroom.W002", "Every subdomain of SESSION_COOKIE_DOMAIN is sent the session cookie and can replace it. Leave it empty unless they share sessions.")
	warn(s.CookieAge > most && !s.ExpireAtBrowserClose, "cloakroom.W003", "Browsers keep no cookie longer than 400 days. Lower SESSION_COOKIE_AGE.")
	return found
}

func (s Settings) checkSecrets() (found []Warning) {
	weak := func(secret Secret, id, name string) {
		if len(secret) > 0 && isWeak(secret) {
			found = append(found, Warning{id, name + " can be guessed, and whoever guesses it can make sessions of anybody. Use at least 50 random characters, 5 of them different, that do not begin with django-insecure-."})
		}
	}
	weak(s.SecretKey, "security.W009", "SECRET_KEY")
	for i, f := range s.SecretKeyFallbacks {
		weak(f, "security.W025", fmt.Sprintf("SECRET_KEY_FALLBACKS[%d]", i))
		if bytes.Equal(f, s.SecretKey) {
			found = append(found, Warning{"cloakroom.W004", fmt.Sprintf("SECRET_KEY_FALLBACKS[%d] is SECRET_KEY itself, so the secret was not changed. Remove it, or set a new SECRET_KEY.", i)})
		}
	}
	return found
}

// isWeak is Django's rule for secrets.
func isWeak(secret Secret) bool {
	text := string(secret)
	different := map[rune]bool{}
	length := 0
	for _, r := range text {
		different[r] = true
		length++
	}
	return length < 50 || len(different) < 5 || strings.HasPrefix(text, "django-insecure-")
}

func (s Settings) checkEngine() []Warning {
	switch s.Engine {
	case EngineSignedCookies:
		return []Warning{{"cloakroom.W005", "Sessions that travel in the cookie can be read by the visitor and cannot be ended: a copy of the cookie outlives a logout. Set SESSION_ENGINE to db to be able to."}}
	case EngineCache:
		return []Warning{{"cloakroom.W006", "A cache may drop sessions when it is full or restarted, which logs visitors out. Set SESSION_ENGINE to cached_db to keep them."}}
	}
	return nil
}
