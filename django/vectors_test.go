package django_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions/django"
)

// This file reads testdata/*.json, which Django itself wrote, and lists where we
// mean to differ from it.

// deliberate holds the cases in which we answer otherwise than Django, and why.
// A case that no longer differs fails as well.
var deliberate = map[string]string{
	"codec_decode/json_string": "a session is an object: Django returns the string, and fails at the first access",
	"codec_decode/json_number": "a session is an object: Django returns the number, and fails at the first access",
	"codec_decode/json_null":   "a session is an object: Django returns None, and fails at the first access",
}

// secretJSON is a key of a vector file's "secrets".
type secretJSON struct {
	Text string `json:"text"`
	B64  []byte `json:"b64"`
}

type secrets map[string]secretJSON

func (s secrets) get(t testing.TB, name string) django.Secret {
	t.Helper()
	secret, ok := s[name]
	if !ok {
		t.Fatalf("the vectors have no secret %q", name)
	}
	if secret.B64 != nil {
		return django.Secret(secret.B64)
	}
	return django.Secret(secret.Text)
}

func (s secrets) all(t testing.TB, names []string) (all []django.Secret) {
	for _, n := range names {
		all = append(all, s.get(t, n))
	}
	return all
}

// readVectors decodes testdata/name.json.
func readVectors[T any](t testing.TB, name string) T {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// clock answers the time that a vector was made at, in POSIX seconds.
func clock(seconds float64) time.Time {
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e9)))
}

func at(seconds float64) func() time.Time {
	return func() time.Time { return clock(seconds) }
}
