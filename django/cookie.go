package django

import (
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the format of Django's signed_cookies engine, in which the
// session travels whole in the cookie.

// CookieSalt is the salt of Django's signed_cookies engine.
const CookieSalt = "django.contrib.sessions.backends.signed_cookies"

// ErrSignatureExpired: the cookie is rightly signed, but longer ago than it may
// be. It is a [sessions.ErrNotFound].
var ErrSignatureExpired = fmt.Errorf("%w: the cookie was signed too long ago", sessions.ErrNotFound)

// A CookieCodec writes and reads cookies of Django's signed_cookies engine. It
// is a [sessions.Sealer].
//
// The cookies are signed, not encrypted: the visitor can read them. They cannot
// be revoked either: until it is too old, a copy of a cookie is a valid session,
// also after a logout. As with Django, how old that is does not depend on the
// expiry that a session chooses for itself: that is for the browser alone.
type CookieCodec struct {
	codec  *Codec
	maxAge time.Duration
}

// NewCookieCodec answers a CookieCodec that signs with secret and opens what is
// at most maxAge old, which in Django is SESSION_COOKIE_AGE. The error is
// [ErrNoSecret].
func NewCookieCodec(secret Secret, maxAge time.Duration, config CodecConfig) (*CookieCodec, error) {
	if config.Salt == "" {
		config.Salt = CookieSalt
	}
	codec, err := NewCodec(secret, config)
	return &CookieCodec{codec, maxAge}, err
}

// Seal answers the cookie of rec's Data, signed at now; the format has no place
// for anything else. The error is [ErrTooLarge], far beyond what browsers take.
func (c *CookieCodec) Seal(rec sessions.Record, now time.Time) (string, error) {
	return c.codec.encode(rec.Data, now)
}

// Open answers the session in a cookie, if it is not too old at now; one from
// the future is young. The age is from the beginning of the second of signing.
// The errors are [ErrSignatureExpired], [ErrBadSignature] and [ErrUndecodable].
func (c *CookieCodec) Open(value string, now time.Time) (sessions.Record, error) {
	payload, signed, err := c.codec.signer.UnsignAt(value)
	if err != nil {
		return sessions.Record{}, err
	}
	// In float64, as in Django: the time may be any int64.
	seconds := float64(now.Unix()) + float64(now.Nanosecond())/1e9
	if seconds-float64(signed) > c.maxAge.Seconds() {
		return sessions.Record{}, ErrSignatureExpired
	}
	data, err := c.codec.payload(payload)
	if err != nil {
		return sessions.Record{}, err
	}
	const never = 1 << 38 // beyond the year 10000
	last := time.Unix(min(signed, never), 0).Add(c.maxAge)
	return sessions.Record{Data: data, Expires: last.Add(time.Microsecond)}, nil
}
