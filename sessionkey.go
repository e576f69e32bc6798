package sessions

import "crypto/rand"

// This file makes session keys and knows what one looks like. Alphabet, length
// and the lower bound are Django's (django.contrib.sessions.backends.base).

const (
	keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	keyLength   = 32 // 165 bits

	minKeyLength = 8
	maxKeyLength = 128
)

// newKey returns a fresh session key from the system's random source. If that
// fails, the program ends: there is no safe way on (see crypto/rand).
func newKey() string {
	var key [keyLength]byte
	var random [keyLength + 16]byte
	for n := 0; n < keyLength; {
		rand.Read(random[:])
		for _, b := range random {
			// 252 is the largest multiple of 36 in a byte; what lies above
			// would make the first letters likelier.
			if b < 252 && n < keyLength {
				key[n] = keyAlphabet[b%36]
				n++
			}
		}
	}
	return string(key[:])
}

// ValidKey reports whether key has the shape of a session key, 8 to 128
// characters of a-z and 0-9, so that a store may be asked for it at all.
func ValidKey(key string) bool {
	if len(key) < minKeyLength || len(key) > maxKeyLength {
		return false
	}
	for i := 0; i < len(key); i++ {
		if !inAlphabet[key[i]] {
			return false
		}
	}
	return true
}

var inAlphabet = func() (in [256]bool) {
	for _, c := range []byte(keyAlphabet) {
		in[c] = true
	}
	return in
}()
