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

// wellFormed reports whether a store may be asked for the key at all.
func wellFormed(key string) bool {
	if len(key) < minKeyLength || len(key) > maxKeyLength {
		return false
	}
	for i := 0; i < len(key); i++ {
		if c := key[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}
