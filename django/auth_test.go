package django_test

import (
	"fmt"
	"testing"

	"github.com/cloakroom-go/sessions/django"
)

// This file compares the session hash of a password with what Django computes.

func TestSessionAuthHash(t *testing.T) {
	v := readVectors[primitives](t, "signing_primitives")
	for i, c := range v.AuthHash {
		t.Run(fmt.Sprintf("%d %s", i, c.Secret), func(t *testing.T) {
			secret, fallbacks := v.Secrets.get(t, c.Secret), v.Secrets.all(t, c.Fallbacks)
			if got := django.SessionAuthHash(c.Password, secret); got != c.Hash {
				t.Errorf("SessionAuthHash = %s, Django's is %s", got, c.Hash)
			}
			if got := django.MatchAuthHash(c.Hash, c.Password, secret, fallbacks...); got != django.AuthHashCurrent {
				t.Errorf("the current hash: %v", got)
			}
			for j, hash := range c.FallbackHashes {
				want := django.AuthHashFallback
				if hash == c.Hash { // the fallback is the current secret
					want = django.AuthHashCurrent
				}
				if got := django.MatchAuthHash(hash, c.Password, secret, fallbacks...); got != want {
					t.Errorf("the hash of fallback %d: %v, want %v", j, got, want)
				}
			}
			for _, wrong := range []string{"", c.Hash[1:], c.Hash + "0", django.SessionAuthHash(c.Password+"x", secret)} {
				if got := django.MatchAuthHash(wrong, c.Password, secret, fallbacks...); got != django.AuthHashWrong {
					t.Errorf("a wrong hash: %v", got)
				}
			}
		})
	}
}

func TestSessionAuthHashOfDjango32(t *testing.T) {
	v := readVectors[struct {
		Secret string            `json:"SECRET_KEY"`
		Hashes map[string]string `json:"session_auth_hash"`
	}](t, "legacy_django_3_2")
	if got := django.MatchAuthHash(v.Hashes["legacy_sha1"], "pbkdf2_sha256$1$salt$hash1", django.Secret(v.Secret)); got != django.AuthHashWrong {
		t.Errorf("a SHA-1 hash, which Django 4 gave up: %v", got)
	}
}

func TestEmptySecretsMatchNoAuthHash(t *testing.T) {
	forged := django.SessionAuthHash("password", nil)
	if got := django.MatchAuthHash(forged, "password", nil, nil, django.Secret("x")); got != django.AuthHashWrong {
		t.Errorf("a hash under no secret: %v", got)
	}
}
