package django_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions/django"
)

// Read the session_data of a row of Django's django_session table.
func ExampleCodec() {
	codec, err := django.NewCodec(django.Secret("insecure-vector-secret-key-0123456789-abcdefghijklmnop"), django.CodecConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := codec.Decode("eyJhIjoiYiJ9:1r31eq:3m9T16GdkwP0yLpqaslLP5FfooVk-EpftFLkKlmKBiA")
	fmt.Println(string(data), err)

	_, err = codec.Decode("eyJhIjoiYyJ9:1r31eq:3m9T16GdkwP0yLpqaslLP5FfooVk-EpftFLkKlmKBiA")
	fmt.Println("forged:", errors.Is(err, django.ErrBadSignature))
	// Output:
	// {"a":"b"} <nil>
	// forged: true
}

// Change SECRET_KEY without ending anybody's session.
func ExampleCodecConfig_fallbacks() {
	before, _ := django.NewCodec(django.Secret("the old secret"), django.CodecConfig{})
	text, _ := before.Encode([]byte(`{"cart":[1,2]}`))

	after, _ := django.NewCodec(django.Secret("the new secret"), django.CodecConfig{
		Fallbacks: []django.Secret{django.Secret("the old secret")},
	})
	data, err := after.Decode(text)
	fmt.Println(string(data), err)
	// Output: {"cart":[1,2]} <nil>
}

func ExampleCookieCodec() {
	codec, _ := django.NewCookieCodec(django.Secret("a secret"), django.CodecConfig{})
	signed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cookie, _ := codec.Seal([]byte(`{"lang":"fr"}`), signed)

	data, err := codec.Open(cookie, time.Hour, signed.Add(time.Minute))
	fmt.Println(string(data), err)
	_, err = codec.Open(cookie, time.Hour, signed.Add(2*time.Hour))
	fmt.Println("expired:", errors.Is(err, django.ErrSignatureExpired))
	// Output:
	// {"lang":"fr"} <nil>
	// expired: true
}

func ExampleSigner() {
	signer, _ := django.NewSigner("newsletter", django.Secret("a secret"))
	link := signer.Sign("unsubscribe:42")
	value, err := signer.Unsign(link)
	fmt.Println(value, err)
	// Output: unsubscribe:42 <nil>
}

// Tell whether a session is still its user's, after a possible change of password.
func ExampleMatchAuthHash() {
	secret := django.Secret("a secret")
	stored := django.SessionAuthHash("pbkdf2_sha256$720000$salt$hash", secret)

	fmt.Println(django.MatchAuthHash(stored, "pbkdf2_sha256$720000$salt$hash", secret) == django.AuthHashCurrent)
	fmt.Println(django.MatchAuthHash(stored, "pbkdf2_sha256$720000$salt$changed", secret) == django.AuthHashWrong)
	// Output:
	// true
	// true
}

func ExampleEncodeMessages() {
	text, err := django.EncodeMessages([]django.Message{{Level: django.LevelSuccess, Text: "Saved."}})
	fmt.Println(text, err)
	// Output: [["__json_message", 0, 25, "Saved.", ""]] <nil>
}

func ExampleSettings() {
	settings := django.DefaultSettings()
	err := settings.ReadMap(map[string]any{ // a decoded TOML file, for example
		"SECRET_KEY":          "django-insecure-for-this-example",
		"SESSION_ENGINE":      "django.contrib.sessions.backends.cached_db",
		"SESSION_COOKIE_AGES": 3600,
		"SESSION_COOKIE_NAME": "sid",
		"EMAIL_HOST":          "localhost", // not about sessions
	})
	fmt.Println(err)
	fmt.Println(settings.Engine, settings.CookieName, settings.CookieAge)
	for _, w := range settings.Check() {
		fmt.Println(w.ID)
	}
	// Output:
	// django: SESSION_COOKIE_AGES: there is no such setting; did you mean SESSION_COOKIE_AGE?
	// cached_db sid 336h0m0s
	// security.W012
	// security.W009
}
