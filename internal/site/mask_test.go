package site

import "testing"

// This file masks and unmasks tokens.

// The token was computed in Python, with the two lines of Django's
// _mask_cipher_secret.
func TestMaskAsDjango(t *testing.T) {
	const (
		pad    = "NtHcR2vYq0bXm7sLwKfJ4uE9dGzPaT1i"
		secret = "qW3eR5tY7uI9oP0aS2dF4gH6jK8lZxCv"
		token  = "NtHcR2vYq0bXm7sLwKfJ4uE9dGzPaT1i3fAgyXOMnkJWAMiLeCieYAb5mgx0ZgtD"
	)
	if got := mask(secret, pad); got != token {
		t.Errorf("masked: %s, want %s", got, token)
	}
	if got := unmask(token); got != secret {
		t.Errorf("unmasked: %s, want %s", got, secret)
	}
}

func FuzzUnmask(f *testing.F) {
	secret := newSecret()
	f.Add(secret)
	f.Add(mask(secret, newSecret()))
	f.Add("")
	f.Add("é")
	f.Fuzz(func(t *testing.T, token string) {
		secret := unmask(token)
		switch {
		case secret == "":
		case len(secret) != secretLength || !isSecret(secret):
			t.Errorf("%q unmasks to %q", token, secret)
		case len(token) == 2*secretLength && mask(secret, token[:secretLength]) != token:
			t.Errorf("%q unmasks to %q, which masks to another", token, secret)
		}
	})
}
