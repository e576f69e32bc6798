package django_test

import (
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file replays the cookies of the signed_cookies engine.

type cookieVectors struct {
	Secrets secrets `json:"secrets"`
	Values  []struct {
		Name, Secret, Salt string
		JSON               string
		Cookie             string
		Time               float64
		Compressed         bool
	} `json:"values"`
	Loads []struct {
		Name, Secret, Cookie string
		Fallbacks            []string
		Time                 float64
		Age                  float64 `json:"SESSION_COOKIE_AGE"`
		Loaded               string  `json:"loaded_json"`
		Modified             bool    `json:"modified_after_load"`
	} `json:"loads"`
}

func newCookieCodec(t testing.TB, secret django.Secret, maxAge time.Duration, config django.CodecConfig) *django.CookieCodec {
	t.Helper()
	c, err := django.NewCookieCodec(secret, maxAge, config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func record(json string) sessions.Record { return sessions.Record{Data: []byte(json)} }

func TestCookiesAreWrittenAsDjangoWritesThem(t *testing.T) {
	v := readVectors[cookieVectors](t, "signed_cookies")
	for _, c := range v.Values {
		t.Run(c.Name, func(t *testing.T) {
			if c.Salt != django.CookieSalt {
				t.Fatalf("Django's salt is %s", c.Salt)
			}
			codec := newCookieCodec(t, v.Secrets.get(t, c.Secret), time.Hour, django.CodecConfig{})
			got, err := codec.Seal(record(c.JSON), clock(c.Time))
			if err != nil {
				t.Fatal(err)
			}
			if !c.Compressed && got[0] != '.' && got != c.Cookie {
				t.Errorf("Seal = %s, Django wrote %s", got, c.Cookie)
			}
			for who, cookie := range map[string]string{"ours": got, "Django's": c.Cookie} {
				back, err := codec.Open(cookie, clock(c.Time))
				if err != nil || string(back.Data) != c.JSON {
					t.Errorf("Open of %s = %s, %v; want %s", who, back.Data, err, c.JSON)
				}
			}
		})
	}
}

func TestCookiesAreReadAsDjangoReadsThem(t *testing.T) {
	v := readVectors[cookieVectors](t, "signed_cookies")
	for _, c := range v.Loads {
		t.Run(c.Name, func(t *testing.T) {
			maxAge := time.Duration(c.Age * float64(time.Second))
			codec := newCookieCodec(t, v.Secrets.get(t, c.Secret), maxAge, django.CodecConfig{Fallbacks: v.Secrets.all(t, c.Fallbacks)})
			got, err := codec.Open(c.Cookie, clock(c.Time))
			// Django marks a session modified where it could not load the cookie,
			// unless there was none to load.
			if failed := c.Modified || c.Cookie == ""; (err != nil) != failed {
				t.Errorf("%v; Django failed: %v", err, failed)
			}
			if err == nil && string(got.Data) != c.Loaded {
				t.Errorf("Open = %s, Django read %s", got.Data, c.Loaded)
			}
			if err == nil && !got.Expires.After(clock(c.Time)) {
				t.Errorf("opened, but it ended at %v", got.Expires)
			}
		})
	}
}

func TestOldCookiesAreNoSessions(t *testing.T) {
	codec := newCookieCodec(t, django.Secret("a secret of some length"), time.Minute, django.CodecConfig{})
	signed := time.Unix(1700000000, 900e6)
	cookie, err := codec.Seal(record(`{}`), signed)
	if err != nil {
		t.Fatal(err)
	}
	whole := signed.Truncate(time.Second)
	for _, c := range []struct {
		age     time.Duration
		expired bool
	}{{-time.Hour, false}, {0, false}, {time.Minute, false}, {time.Minute + time.Millisecond, true}, {1000 * time.Hour, true}} {
		_, err := codec.Open(cookie, whole.Add(c.age))
		if errors.Is(err, django.ErrSignatureExpired) != c.expired || errors.Is(err, sessions.ErrNotFound) != c.expired {
			t.Errorf("at %v: %v", c.age, err)
		}
	}
}

// Times that no clock shows neither overflow nor pass for young.
func TestCookiesWithAbsurdTimes(t *testing.T) {
	secret := django.Secret("a secret of some length")
	codec := newCookieCodec(t, secret, time.Hour, django.CodecConfig{})
	s, err := django.NewSigner(django.CookieSalt, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stamp   string
		expired bool
	}{{"zzzzzzzzzzzzzzzzzzzzz", false}, {"-zzzzzzzzzzzzzzzzzzzz", true}, {"AzL8n0Y58m7", false}, {"-AzL8n0Y58m7", true}, {"0", true}} {
		_, err := codec.Open(s.Sign("e30:"+c.stamp), time.Unix(1700000000, 0))
		if errors.Is(err, django.ErrSignatureExpired) != c.expired {
			t.Errorf("%s: %v", c.stamp, err)
		}
	}
	patient := newCookieCodec(t, secret, math.MaxInt64, django.CodecConfig{})
	if _, err := patient.Open(s.Sign("e30:1r31eq"), time.Unix(1<<40, 0)); !errors.Is(err, django.ErrSignatureExpired) {
		t.Errorf("after %d seconds: %v", 1<<40, err)
	}
}

// A cookie's text in the database, or the other way round, is worth nothing.
func TestCookieAndStoredFormsDoNotMix(t *testing.T) {
	secret := django.Secret("a secret of some length")
	stored, cookies := newCodec(t, secret, django.CodecConfig{}), newCookieCodec(t, secret, time.Hour, django.CodecConfig{})
	text, err := stored.Encode([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cookies.Open(text, time.Now()); !errors.Is(err, django.ErrBadSignature) {
		t.Errorf("a stored session as cookie: %s, %v", got.Data, err)
	}
	cookie, err := cookies.Seal(record(`{"a":1}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stored.Decode(cookie); !errors.Is(err, django.ErrBadSignature) {
		t.Errorf("a cookie as stored session: %s, %v", got, err)
	}
}

func BenchmarkSealAndOpen(b *testing.B) {
	codec := newCookieCodec(b, django.Secret("a secret of some length"), time.Hour, django.CodecConfig{})
	now := time.Now()
	for _, size := range []int{20, 300} {
		data := []byte(benchmarked)
		if size == 20 {
			data = []byte(`{"_auth_user_id":"42"}`)
		}
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cookie, err := codec.Seal(sessions.Record{Data: data}, now)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := codec.Open(cookie, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
