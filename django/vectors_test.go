package django_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file reads testdata/*.json, which Django itself wrote, and lists where we
// mean to differ from it.

// What the site that wrote them was set to.
const (
	vectorSecret = "insecure-vector-secret-key-0123456789-abcdefghijklmnop"
	twoWeeks     = 14 * 24 * time.Hour
)

// deliberate holds the cases in which we answer otherwise than Django, and why.
// A name that ends in a star is the beginning of names. A case that no longer
// differs fails as well, unless a star covers it.
var deliberate = map[string]string{
	"codec_decode/json_string":             anObject,
	"codec_decode/json_number":             anObject,
	"codec_decode/json_null":               anObject,
	"file_backend/json_list_payload":       anObject,
	"file_backend/int_expiry_positive*":    secondsCount,
	"file_backend/float_expiry_positive*":  secondsCount,
	"file_backend/clear_expired":           secondsCount,
	"file_backend/corrupt_content_old":     "what cannot be decoded is kept, without data, until it is saved or removed: the secret may be wrong for a while",
	"file_backend/iso_expiry_naive_with_*": expiryUnread,
	"file_backend/iso_expiry_aware_with*":  expiryUnread,
	"file_backend/iso_expiry_garbage*":     expiryUnread,

	"file_backend/clear_then_save_unknown_key":             clearLoads,
	"file_backend/clear_then_save_must_create_unknown_key": clearLoads,
	"file_backend/exists_traversal":                        "what cannot be a key names nothing: there is no such session, and nothing to delete",
	"file_backend/delete_traversal":                        "what cannot be a key names nothing: there is no such session, and nothing to delete",
	"file_backend/storage_dir_missing_at_construction":     "a directory that is missing is made",

	"db_sqlite/unknown key: clear + setitem + save":         clearLoads,
	"db_sqlite/exists() on expired row":                     "an expired session does not exist, whether or not its row has been swept out",
	"db_sqlite/save must_create with 41-char key":           "keys have no upper case",
	"db_sqlite/key case sensitivity":                        "keys have no upper case",
	"db_sqlite/Session.objects.save(key, {}, date) deletes": "a method of Django's model, not of sessions",

	"middleware/file:existing_modified":          notRepeated,
	"middleware/file:ser_unknown_untouched":      neverCreates,
	"middleware/file:expired_read":               neverCreates,
	"middleware/file:invalid_chars_cookie_flush": "what cannot be a key names nothing, and there is nothing to end",
}

const (
	anObject     = "a session is an object: Django reads something else and fails at the first access"
	secondsCount = "a number of seconds counts from the last save, as with Django's other engines; Django's files with one never end"
	expiryUnread = "an expiry that cannot be read, or not beside USE_TZ, counts as none; Django fails"
	clearLoads   = "Clear looks the key up, so that an unknown one is dropped here too"
	notRepeated  = "a cookie is not sent again unless its key is new or its life longer"
	neverCreates = "no session begins by reading, nor by saving at every request; a dead cookie is deleted"
)

// compare reports how a case differs from Django, unless it is meant to.
func compare(t testing.TB, name string, differences ...string) {
	t.Helper()
	_, exact := deliberate[name]
	starred := false
	for pattern := range deliberate {
		beginning, star := strings.CutSuffix(pattern, "*")
		starred = starred || star && strings.HasPrefix(name, beginning)
	}
	switch {
	case exact && len(differences) == 0:
		t.Errorf("%s: meant to differ from Django, and does not", name)
	case !exact && !starred:
		for _, d := range differences {
			t.Errorf("%s: %s", name, d)
		}
	}
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

// readVectors decodes testdata/name.json; other packages' by their relative path.
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

// raised answers which of Django's exceptions an error stands for.
func raised(err error) string {
	switch {
	case errors.Is(err, sessions.ErrInterrupted):
		return "UpdateError"
	case errors.Is(err, sessions.ErrConflict):
		return "CreateError"
	case err != nil:
		return err.Error()
	}
	return ""
}
