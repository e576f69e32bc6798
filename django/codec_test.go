package django_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file replays what Django encodes and decodes, and damages it.

type encodeVectors struct {
	Secrets secrets `json:"secrets"`
	Vectors []struct {
		Name       string  `json:"name"`
		Secret     string  `json:"secret"`
		Time       float64 `json:"time"`
		Salt       string  `json:"salt"`
		JSON       string  `json:"json"`
		Encoded    string  `json:"encoded"`
		Compressed bool    `json:"compressed"`
	} `json:"vectors"`
	KeyCoercion []struct {
		Name    string `json:"name"`
		JSON    string `json:"json"`
		Encoded string `json:"encoded"`
	} `json:"key_coercion"`
}

func newCodec(t testing.TB, secret django.Secret, config django.CodecConfig) *django.Codec {
	t.Helper()
	c, err := django.NewCodec(secret, config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCodecWritesAsDjango(t *testing.T) {
	v := readVectors[encodeVectors](t, "codec_encode")
	for _, c := range v.Vectors {
		t.Run(c.Name, func(t *testing.T) {
			codec := newCodec(t, v.Secrets.get(t, c.Secret), django.CodecConfig{Salt: c.Salt, Now: at(c.Time)})
			got, err := codec.Encode([]byte(c.JSON))
			if err != nil {
				t.Fatal(err)
			}
			// Two deflates differ in their bytes, and now and then in whether they
			// save a byte; what they stand for must not.
			if !c.Compressed && got[0] != '.' && got != c.Encoded {
				t.Errorf("Encode = %s, Django wrote %s", got, c.Encoded)
			}
			payload, _, _ := strings.Cut(got, ":")
			if plain := base64.RawURLEncoding.EncodedLen(len(c.JSON)); len(payload) > plain {
				t.Errorf("a payload of %d characters, where %d would do without compression", len(payload), plain)
			}
			for who, text := range map[string]string{"ours": got, "Django's": c.Encoded} {
				back, err := codec.Decode(text)
				if err != nil || string(back) != c.JSON {
					t.Errorf("Decode of %s = %s, %v; want %s", who, back, err, c.JSON)
				}
			}
		})
	}
	for _, c := range v.KeyCoercion {
		t.Run("key/"+c.Name, func(t *testing.T) {
			codec := newCodec(t, v.Secrets.get(t, "ascii"), django.CodecConfig{Now: at(1700000000)})
			if got, err := codec.Encode([]byte(c.JSON)); err != nil || got != c.Encoded {
				t.Errorf("Encode = %s, %v; Django wrote %s", got, err, c.Encoded)
			}
		})
	}
}

func TestCodecReadsAsDjango(t *testing.T) {
	v := readVectors[struct {
		Secrets secrets `json:"secrets"`
		Vectors []struct {
			Name      string     `json:"name"`
			Secret    string     `json:"secret"`
			Fallbacks []string   `json:"fallbacks"`
			Time      float64    `json:"time"`
			Input     string     `json:"input"`
			Decoded   string     `json:"decoded_json"`
			Log       [][]string `json:"log"`
		} `json:"vectors"`
	}](t, "codec_decode")
	for _, c := range v.Vectors {
		t.Run(c.Name, func(t *testing.T) {
			codec := newCodec(t, v.Secrets.get(t, c.Secret), django.CodecConfig{
				Fallbacks: v.Secrets.all(t, c.Fallbacks), Now: at(c.Time),
			})
			got, err := codec.Decode(c.Input)
			if errors.Is(err, django.ErrBadSignature) != (len(c.Log) > 0) {
				t.Errorf("%v; Django logs %v", err, c.Log)
			}
			if err != nil {
				if !errors.Is(err, sessions.ErrCorrupt) {
					t.Errorf("%v is no ErrCorrupt", err)
				}
				got = []byte("{}") // what Django goes on with
			}
			var differences []string
			if string(got) != c.Decoded {
				differences = append(differences, fmt.Sprintf("Decode = %s, %v; Django reads %s", got, err, c.Decoded))
			}
			compare(t, "codec_decode/"+c.Name, differences...)
		})
	}
}

// The formats that Django 4.0 gave up are corrupt here as they are there.
func TestCodecRefusesWhatDjango4Refuses(t *testing.T) {
	v := readVectors[struct {
		Secret string `json:"SECRET_KEY"`
		Legacy []struct {
			Name   string `json:"name"`
			Base64 string `json:"legacy_base64_format"`
			SHA1   string `json:"signed_cookie_sha1"`
		} `json:"legacy"`
	}](t, "legacy_django_3_2")
	codec := newCodec(t, django.Secret(v.Secret), django.CodecConfig{})
	cookies, err := django.NewCookieCodec(django.Secret(v.Secret), time.Hour, django.CodecConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Legacy {
		t.Run(c.Name, func(t *testing.T) {
			if got, err := codec.Decode(c.Base64); !errors.Is(err, django.ErrBadSignature) {
				t.Errorf("base64 format: %s, %v", got, err)
			}
			if got, err := cookies.Open(c.SHA1, clock(1700000000)); !errors.Is(err, django.ErrBadSignature) {
				t.Errorf("SHA-1 signature: %s, %v", got.Data, err)
			}
		})
	}
}

// sign puts a payload of the test's choice into a rightly signed text.
func sign(t testing.TB, secret django.Secret, payload string) string {
	t.Helper()
	s, err := django.NewSigner(django.SessionSalt, secret)
	if err != nil {
		t.Fatal(err)
	}
	return s.SignAt(payload, clock(1700000000))
}

func compress(t testing.TB, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "." + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func TestCodecBoundsWhatItInflates(t *testing.T) {
	secret := django.Secret("a secret of some length")
	object := func(n int) []byte { return []byte(`{"k":"` + strings.Repeat("a", n-8) + `"}`) }
	for _, c := range []struct {
		name    string
		max     int
		payload string
		refused bool
	}{
		{"inflates to the limit", 1000, compress(t, object(1000)), false},
		{"inflates beyond it", 1000, compress(t, object(1001)), true},
		{"bomb", 0, compress(t, object(django.DefaultMaxSize+1)), true},
		{"plain, at the limit", 999, base64.RawURLEncoding.EncodeToString(object(999)), false},
		{"plain, beyond it", 999, base64.RawURLEncoding.EncodeToString(object(1000)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			codec := newCodec(t, secret, django.CodecConfig{MaxSize: c.max})
			got, err := codec.Decode(sign(t, secret, c.payload))
			if errors.Is(err, django.ErrUndecodable) != c.refused || (err == nil) == c.refused {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	codec := newCodec(t, secret, django.CodecConfig{MaxSize: 100})
	if _, err := codec.Encode(object(101)); !errors.Is(err, django.ErrTooLarge) {
		t.Errorf("Encode of too much: %v", err)
	}
}

func TestCodecIgnoresWhatFollowsTheDeflatedStream(t *testing.T) {
	secret := django.Secret("a secret of some length")
	codec := newCodec(t, secret, django.CodecConfig{})
	stream, err := base64.RawURLEncoding.DecodeString(compress(t, []byte(`{"a":1}`))[1:])
	if err != nil {
		t.Fatal(err)
	}
	text := sign(t, secret, "."+base64.RawURLEncoding.EncodeToString(append(stream, "trailing"...)))
	if got, err := codec.Decode(text); err != nil || string(got) != `{"a":1}` {
		t.Errorf("Decode = %s, %v", got, err)
	}
}

// A pooled inflater that has seen a broken stream must read the next one well.
func TestCodecRecoversFromBrokenStreams(t *testing.T) {
	secret := django.Secret("a secret of some length")
	codec := newCodec(t, secret, django.CodecConfig{})
	whole := compress(t, []byte(`{"a":"`+strings.Repeat("spam", 99)+`"}`))
	for i := range len(whole) - 1 {
		if got, err := codec.Decode(sign(t, secret, whole[:1+i])); err == nil {
			t.Fatalf("a torn stream was read as %s", got)
		}
		if _, err := codec.Decode(sign(t, secret, whole)); err != nil {
			t.Fatalf("after a torn stream: %v", err)
		}
	}
}

// Visitors never see each other's data through the pools.
func TestCodecIsSafeForConcurrentUse(t *testing.T) {
	codec := newCodec(t, django.Secret("a secret of some length"), django.CodecConfig{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 60 {
				want := fmt.Sprintf(`{"who":"%d-%d","pad":"%s"}`, g, i, strings.Repeat("x", i))
				text, err := codec.Encode([]byte(want))
				if err != nil {
					t.Error(err)
				}
				if got, err := codec.Decode(text); err != nil || string(got) != want {
					t.Errorf("%s came back as %s, %v", want, got, err)
				}
			}
		})
	}
	wg.Wait()
}

// What Decode answered stays as it is, whatever is decoded later.
func TestDecodedDataIsTheCallersOwn(t *testing.T) {
	codec := newCodec(t, django.Secret("a secret of some length"), django.CodecConfig{})
	for _, pad := range []string{"", strings.Repeat("first", 50)} {
		want := `{"k":"` + pad + `"}`
		text, err := codec.Encode([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		first, err := codec.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		other, err := codec.Encode([]byte(strings.ToUpper(want)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := codec.Decode(other); err != nil {
			t.Fatal(err)
		}
		if string(first) != want {
			t.Errorf("%s became %s", want, first)
		}
	}
}

func FuzzDecode(f *testing.F) {
	secret := django.Secret("a secret of some length")
	for _, payload := range []string{"e30", "", ".", "eyJh!!IjoiYiJ9", "e30=", "e30\n", compress(f, []byte(`{"a":"aaaaaaaaaaaaaaaaaaaaaaa"}`)), "NQ", "eyJhIjoi6SJ9"} {
		f.Add(payload, "")
	}
	f.Add("e30", "e30:1r31eq:AAAA")
	f.Add("e30", ":::")
	codec := newCodec(f, secret, django.CodecConfig{MaxSize: 1 << 16})
	f.Fuzz(func(t *testing.T, payload, forged string) {
		if got, err := codec.Decode(forged); !errors.Is(err, sessions.ErrCorrupt) {
			t.Fatalf("a forged text was read as %q, %v", got, err)
		}
		data, err := codec.Decode(sign(t, secret, payload))
		if err != nil {
			if !errors.Is(err, django.ErrUndecodable) {
				t.Fatalf("%q: %v", payload, err)
			}
			return
		}
		text, err := codec.Encode(data)
		if err != nil {
			if len(data) > 1<<16 && errors.Is(err, django.ErrTooLarge) {
				return
			}
			t.Fatal(err)
		}
		if again, err := codec.Decode(text); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q became %q, %v", data, again, err)
		}
	})
}

// benchmarked is a session of a logged-in user, some 300 bytes.
const benchmarked = `{"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"b8c1c2d7c6f8b3ad4ad70b9d4dd5d4f0ba20ba67d0c37ae8b5c8ec12d9b4bd3a","_csrftoken":"abcdefghijklmnopqrstuvwxyzABCDEF","cart":[{"sku":"SKU-00001","qty":2,"price":12.5}],"lang":"fr","seen":1700000000}`

func BenchmarkEncode(b *testing.B) {
	for name, json := range map[string]string{"300B": benchmarked, "small": `{"_auth_user_id":"42"}`} {
		b.Run(name, func(b *testing.B) {
			codec := newCodec(b, django.Secret("a secret of some length"), django.CodecConfig{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Encode([]byte(json)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	secret := django.Secret("a secret of some length")
	codec := newCodec(b, secret, django.CodecConfig{})
	compressed, err := codec.Encode([]byte(benchmarked))
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"compressed": compressed,
		"plain":      sign(b, secret, base64.RawURLEncoding.EncodeToString([]byte(benchmarked))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Decode(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
