package django_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/memstore"
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

// Serve the sessions of a site with SESSION_ENGINE = "…signed_cookies".
func ExampleCookieCodec() {
	codec, err := django.NewCookieCodec(django.Secret("a secret"), 14*24*time.Hour, django.CodecConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	manager, err := sessions.NewSealed(codec, sessions.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cookie, _ := codec.Seal(sessions.Record{Data: []byte(`{"lang":"fr"}`)}, time.Now()) // as Django would
	session := manager.Open(context.Background(), cookie)
	fmt.Println(session.Get("lang"))
	// Output: fr
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

// Share the sessions of a site with SESSION_ENGINE = "…file".
func ExampleFileFormat() {
	dir, _ := os.MkdirTemp("", "") // the site's SESSION_FILE_PATH
	defer os.RemoveAll(dir)
	settings := django.DefaultSettings()
	settings.SecretKey = django.Secret("django-insecure-for-this-example")

	format, err := settings.FileFormat(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := filestore.Open(dir, filestore.Config{Prefix: settings.CookieName, Format: format})
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := settings.Config()
	if err != nil {
		fmt.Println(err)
		return
	}
	manager, err := sessions.New(store, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	session := manager.Open(context.Background(), "")
	session.Set("lang", "fr")
	fmt.Println(session.Save())
	// Output: <nil>
}

func ExampleAuth() {
	users := map[string]string{"42": "pbkdf2_sha256$720000$salt$hash"} // the password field by id
	auth, err := django.NewAuth(django.Secret("a secret"), func(_ context.Context, id string) (string, string, error) {
		password, ok := users[id]
		if !ok {
			return "", "", django.ErrNoUser
		}
		return "irfan", password, nil
	}, django.AuthConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	manager, _ := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	session := manager.Open(context.Background(), "")
	_, err = auth.Login(context.Background(), session, "42") // once the password has been checked
	fmt.Println(err)
	fmt.Println(auth.User(context.Background(), session))

	users["42"] = "pbkdf2_sha256$720000$salt$changed"
	_, ok, err := auth.User(context.Background(), session)
	fmt.Println(ok, err)
	// Output:
	// <nil>
	// irfan true <nil>
	// false <nil>
}

func ExampleAddMessage() {
	manager, _ := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	session := manager.Open(context.Background(), "")
	django.AddMessage(session, django.LevelSuccess, "Saved.")

	for _, m := range django.ReadMessages(session) { // by the page that shows them
		fmt.Println(m.Level, m.Text)
	}
	fmt.Println(len(django.ReadMessages(session)))
	// Output:
	// 25 Saved.
	// 0
}
