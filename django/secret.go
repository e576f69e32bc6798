package django

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// This file is the types of settings that do not print: secrets, and URLs that
// may hold a password.

// Secret is a SECRET_KEY: the UTF-8 of Django's text, or its bytes. Whatever
// prints or marshals it as text, shows stars.
type Secret []byte

// ErrNoSecret: there is no SECRET_KEY, or one of SECRET_KEY_FALLBACKS is empty.
// Anybody could sign with that.
var ErrNoSecret = errors.New("django: SECRET_KEY and each of SECRET_KEY_FALLBACKS must not be empty")

const stars = "********************"

// Format writes stars, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, stars) }

// MarshalText answers stars.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }

// URL is where a server is, maybe with the password for it. Whatever prints or
// marshals it as text, shows no more than its scheme.
type URL string

func (u URL) shown() string {
	scheme, _, ok := strings.Cut(string(u), "://")
	if !ok {
		return strings.Repeat("*", min(len(u), len(stars)))
	}
	return scheme + "://" + stars
}

// Format writes the scheme and stars, whatever the verb.
func (u URL) Format(f fmt.State, _ rune) { io.WriteString(f, u.shown()) }

// MarshalText answers the scheme and stars.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.shown()), nil }
