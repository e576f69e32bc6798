package django_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file replays Django's signing, time stamps and numbers.

type primitives struct {
	Secrets    secrets  `json:"secrets"`
	Base62     [][2]any `json:"b62"`
	SaltedHMAC []struct {
		Secret, Algorithm, Value, Hex string
		Salt                          string `json:"key_salt"`
	} `json:"salted_hmac"`
	Signer []struct {
		Secret, Value    string
		SignerSalt       string  `json:"effective_salt_signer"`
		TimestampSalt    string  `json:"effective_salt_timestamp_signer"`
		Time             float64 `json:"time"`
		Signed           string  `json:"Signer.sign"`
		SignedAndStamped string  `json:"TimestampSigner.sign"`
	} `json:"signer"`
	AuthHash []struct {
		Password       string `json:"password_field"`
		Secret, Hash   string
		Fallbacks      []string
		FallbackHashes []string `json:"fallback_hashes"`
	} `json:"session_auth_hash"`
}

func TestSaltedHMAC(t *testing.T) {
	v := readVectors[primitives](t, "signing_primitives")
	algorithms := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
	for i, c := range v.SaltedHMAC {
		t.Run(fmt.Sprintf("%d %s %s", i, c.Secret, c.Algorithm), func(t *testing.T) {
			got := hex.EncodeToString(django.SaltedHMAC(algorithms[c.Algorithm], c.Salt, v.Secrets.get(t, c.Secret), c.Value))
			if got != c.Hex {
				t.Errorf("SaltedHMAC = %s, Django's is %s", got, c.Hex)
			}
		})
	}
}

func TestSigner(t *testing.T) {
	v := readVectors[primitives](t, "signing_primitives")
	for i, c := range v.Signer {
		t.Run(fmt.Sprintf("%d %s", i, c.Secret), func(t *testing.T) {
			secret := v.Secrets.get(t, c.Secret)
			plain, err := django.NewSigner(c.SignerSalt, secret)
			if err != nil {
				t.Fatal(err)
			}
			if got := plain.Sign(c.Value); got != c.Signed {
				t.Errorf("Sign = %s, Django's is %s", got, c.Signed)
			}
			if got, err := plain.Unsign(c.Signed); err != nil || got != c.Value {
				t.Errorf("Unsign = %q, %v", got, err)
			}
			stamped, err := django.NewSigner(c.TimestampSalt, secret)
			if err != nil {
				t.Fatal(err)
			}
			if got := stamped.SignAt(c.Value, clock(c.Time)); got != c.SignedAndStamped {
				t.Errorf("SignAt = %s, Django's is %s", got, c.SignedAndStamped)
			}
			value, unix, err := stamped.UnsignAt(c.SignedAndStamped)
			if err != nil || value != c.Value || unix != int64(c.Time) {
				t.Errorf("UnsignAt = %q, %d, %v", value, unix, err)
			}
		})
	}
}

// Base 62 is seen through the stamps that it writes.
func TestStampsAreBase62(t *testing.T) {
	v := readVectors[primitives](t, "signing_primitives")
	s := newSigner(t, "a secret of some length")
	for _, c := range v.Base62 {
		seconds, text := int64(c[0].(float64)), c[1].(string)
		if text == "AzL8n0Y58m8" { // 2^63 - 1, which a float64 cannot hold
			seconds = math.MaxInt64
		} else if got := s.SignAt("", time.Unix(seconds, 0)); !strings.HasPrefix(got, ":"+text+":") {
			t.Errorf("%d was written %s, Django writes %s", seconds, got, text)
		}
		if _, got, err := s.UnsignAt(s.Sign(":" + text)); err != nil || got != seconds {
			t.Errorf("%s was read as %d, %v; want %d", text, got, err, seconds)
		}
	}
}

func TestOddStamps(t *testing.T) {
	s := newSigner(t, "a secret of some length")
	for stamp, want := range map[string]int64{
		"-": 0, "-0": 0, "0000": 0, "0001r31eq": 1700000000,
		"AzL8n0Y58m9": math.MaxInt64, "zzzzzzzzzzzzzzzzzzzzzzzz": math.MaxInt64, "-zzzzzzzzzzzzzzzzzzzzzzzz": -math.MaxInt64,
	} {
		if _, got, err := s.UnsignAt(s.Sign("v:" + stamp)); err != nil || got != want {
			t.Errorf("%s was read as %d, %v; want %d", stamp, got, err, want)
		}
	}
	for _, stamp := range []string{"", "!!", "--1", "1 ", "+1", "1-", "\u0661"} {
		if _, got, err := s.UnsignAt(s.Sign("v:" + stamp)); !errors.Is(err, django.ErrUndecodable) {
			t.Errorf("%q was read as %d, %v", stamp, got, err)
		}
	}
}

func newSigner(t testing.TB, secret string, fallbacks ...django.Secret) *django.Signer {
	t.Helper()
	s, err := django.NewSigner("salt", django.Secret(secret), fallbacks...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneChangedCharacterSpoilsASignature(t *testing.T) {
	s := newSigner(t, "a secret of some length")
	text := s.Sign("value")
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if got, err := s.Unsign(string(changed)); !errors.Is(err, django.ErrBadSignature) || !errors.Is(err, sessions.ErrCorrupt) {
			t.Errorf("byte %d changed: %q, %v", i, got, err)
		}
	}
	for _, other := range []string{"", ":", "value", text + "=", text[:len(text)-1], " " + text, text + "\n", strings.ReplaceAll(text, ":", ";")} {
		if got, err := s.Unsign(other); !errors.Is(err, django.ErrBadSignature) {
			t.Errorf("%q: %q, %v", other, got, err)
		}
	}
}

// An empty key in the list would let anybody sign.
func TestEmptySecretsAreRefused(t *testing.T) {
	for name, make := range map[string]func() error{
		"secret":      func() error { _, err := django.NewSigner("salt", nil); return err },
		"fallback":    func() error { _, err := django.NewSigner("salt", django.Secret("x"), nil); return err },
		"codec":       func() error { _, err := django.NewCodec(django.Secret(""), django.CodecConfig{}); return err },
		"cookiecodec": func() error { _, err := django.NewCookieCodec(nil, time.Hour, django.CodecConfig{}); return err },
	} {
		if err := make(); !errors.Is(err, django.ErrNoSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFallbacksVerifyButDoNotSign(t *testing.T) {
	old, current := newSigner(t, "the old secret"), newSigner(t, "the new secret", django.Secret("the old secret"))
	if got, err := current.Unsign(old.Sign("v")); err != nil || got != "v" {
		t.Errorf("signed with a fallback: %q, %v", got, err)
	}
	if got, err := old.Unsign(current.Sign("v")); !errors.Is(err, django.ErrBadSignature) {
		t.Errorf("the fallback signed: %q, %v", got, err)
	}
}

func FuzzUnsign(f *testing.F) {
	s := newSigner(f, "a secret of some length")
	for _, text := range []string{"", ":", "a:b", s.Sign("value"), s.SignAt("value", time.Unix(0, 0)), "\xff:\xfe:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if value, err := s.Unsign(text); err == nil && s.Sign(value) != text {
			t.Fatalf("%q was accepted, but is not how %q is signed", text, value)
		}
		if back, err := s.Unsign(s.Sign(text)); err != nil || back != text {
			t.Fatalf("%q came back as %q, %v", text, back, err)
		}
		if value, unix, err := s.UnsignAt(s.SignAt(text, time.Unix(-5, 999))); err != nil || value != text || unix != -5 {
			t.Fatalf("%q came back as %q, %d, %v", text, value, unix, err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s := newSigner(b, "a secret of some length")
	b.ReportAllocs()
	for b.Loop() {
		s.Sign(benchmarked)
	}
}

func BenchmarkUnsign(b *testing.B) {
	s := newSigner(b, "a secret of some length")
	text := s.Sign(benchmarked)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Unsign(text); err != nil {
			b.Fatal(err)
		}
	}
}
