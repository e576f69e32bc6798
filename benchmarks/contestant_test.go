package benchmarks

import (
	"net/http"
	"testing"
)

// This file is what a library must be able to do to take part. To add one, or
// one of its stores, write a contestant and name it in a list below.

// contestant is a session library with a store of its own. Each handler is a
// whole one, with the library's middleware if it has any, and ends with ok.
type contestant interface {
	// untouched does nothing with the session.
	untouched() http.Handler

	// create begins a session and puts data into it.
	create() http.Handler

	// read hands the string under key to got.
	read(key string, got func(value string)) http.Handler

	// write sets key to what next returns, without reading anything first.
	write(key string, next func() string) http.Handler

	// update reads key, or "" if it is not set, and then sets it to what fn
	// makes of that. fn is called when the session has been loaded, once.
	update(key string, fn func(old string) string) http.Handler
}

// entrant is a contestant's name in the results and how to set up a fresh one.
type entrant struct {
	name  string
	enter func(testing.TB) contestant
}

// sprinters are timed with each library's store in memory; gorilla/sessions has
// none, so it keeps the session in its usual place, the cookie.
var sprinters = []entrant{
	{"cloakroom", newCloakroom},
	{"scs", newSCS},
	{"gorilla", newGorillaCookie},
}

// keepers all keep the session on the server: only there can overlapping
// requests meet.
var keepers = []entrant{
	{"cloakroom", newCloakroom},
	{"scs", newSCS},
	{"gorilla", newGorillaFiles},
}

var okBody = []byte("ok")

// ok is the response of every handler.
func ok(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(okBody) }

// must ends the run: a library that answers an error has not done the work.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
