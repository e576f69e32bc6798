// Package benchmarks measures Cloakroom beside other session libraries for
// net/http: the same data, the same requests, one run.
//
// All of it is in the tests; README.md says how to run them. This file is the
// data that every library is given.
package benchmarks

import "time"

// pair is one value of a session.
type pair struct {
	key   string
	value any
}

// data is what a session holds: a signed-in visitor of a shop, 8 keys, about 350
// bytes as JSON.
var data = []pair{
	{"_auth_user_id", "184467"},
	{"_auth_user_backend", "django.contrib.auth.backends.ModelBackend"},
	{"_auth_user_hash", "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"},
	{"sname", "irfan"},
	{"semail", "irfan.sssit@gmail.com"},
	{"visits", 1729},
	{"last_seen", "2026-01-01T00:00:00Z"},
	{"cart", []string{"kettle-steel-17", "teapot-blue-2", "cup-white-6", "sugar-bowl-9"}},
}

// The keys that are read and written. Both hold strings.
const (
	readKey  = "semail"
	writeKey = "last_seen"
)

// valueOf returns the string that data holds under key.
func valueOf(key string) string {
	for _, p := range data {
		if p.key == key {
			return p.value.(string)
		}
	}
	panic("benchmarks: no such key: " + key)
}

// clock returns values for writeKey, all of one length and each other than the
// one before. They are made ahead, so that taking one costs next to nothing.
func clock() (next func() string) {
	first, err := time.Parse(time.RFC3339, valueOf(writeKey))
	if err != nil {
		panic(err)
	}
	var seconds [1024]string
	for i := range seconds {
		seconds[i] = first.Add(time.Duration(i+1) * time.Second).Format(time.RFC3339)
	}
	n := -1
	return func() string {
		n = (n + 1) % len(seconds)
		return seconds[n]
	}
}
