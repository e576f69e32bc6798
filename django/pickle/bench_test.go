package pickle_test

import (
	"testing"

	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file measures a session of ten keys, such as a logged-in visitor's.

const tenKeys = `{"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend",` +
	`"_auth_user_hash":"1f0e3dad99908345f7439f8ffabdffc41f0e3dad99908345f7439f8ffabdffc4",` +
	`"_csrftoken":"abcdefghijklmnopqrstuvwxyzABCDEF","theme":"dark","visits":1204,` +
	`"rate":1.25,"cart":[17,18,19],"seen":true,"next":null}`

func BenchmarkDecode(b *testing.B) {
	data, err := pickle.Encode([]byte(tenKeys))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := pickle.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	src := []byte(tenKeys)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pickle.Encode(src); err != nil {
			b.Fatal(err)
		}
	}
}
