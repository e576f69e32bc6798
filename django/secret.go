package django

import (
	"errors"
	"fmt"
	"io"
)

// This file is the type of SECRET_KEY, which does not print.

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
