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

// A CookieCodec writes and reads cookies of Django's signed_cookies engine.
//
// They are signed, not encrypted: the visitor can read them. They cannot be
// revoked either: until it is too old, a copy of a cookie is a valid session,
// also after a logout.
type CookieCodec struct {
	codec *Codec
}

// NewCookieCodec answers a CookieCodec that signs with secret. The error is
// [ErrNoSecret].
func NewCookieCodec(secret Secret, config CodecConfig) (*CookieCodec, error) {
	if config.Salt == "" {
		config.Salt = CookieSalt
	}
	codec, err := NewCodec(secret, config)
	return &CookieCodec{codec}, err
}

// Seal answers the cookie of a session, signed at now. Its json is as for
// [Codec.Encode]. Browsers drop cookies of more than 4096 bytes; that is the
// caller's to see to. The error is [ErrTooLarge].
func (c *CookieCodec) Seal(json []byte, now time.Time) (string, error) {
	return c.codec.encode(json, now)
}

// Open answers the JSON of a cookie that is at most maxAge old; one from the
// future is young. The age is from the beginning of the second of signing, and
// Django takes SESSION_COOKIE_AGE for maxAge, whatever expiry the session names.
// The errors are [ErrSignatureExpired], [ErrBadSignature] and [ErrUndecodable].
func (c *CookieCodec) Open(text string, maxAge time.Duration, now time.Time) ([]byte, error) {
	payload, signed, err := c.codec.signer.UnsignAt(text)
	if err != nil {
		return nil, err
	}
	// In float64, as in Django: the time may be any int64.
	seconds := float64(now.Unix()) + float64(now.Nanosecond())/1e9
	if seconds-float64(signed) > maxAge.Seconds() {
		return nil, ErrSignatureExpired
	}
	return c.codec.payload(payload)
}
