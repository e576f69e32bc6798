package engine_test

import (
	"slices"
	"strings"
	"testing"
)

// This file lists where we mean to differ from Django.

// deliberate holds the cases in which we answer otherwise than Django, by the
// reason. A case that no longer differs fails as well.
var deliberate = map[string][]string{
	"an expiry that cannot be read, or not beside USE_TZ, counts as none; Django fails": {
		"entries/expiry_iso_naive/cache/default",
		"entries/expiry_iso_naive/cached_db/default",
	},
	"Load counts as access, for what the response says may depend on it": {
		"operations/cache/load existing", "operations/cached_db/load existing",
		"operations/cache/load unknown", "operations/cached_db/load unknown",
		"operations/cache/load key with space", "operations/cached_db/load key with space",
		"operations/cache/load 300-char key", "operations/cached_db/load 300-char key",
		"edge/downredis/cached_db load", "edge/downmem/cached_db load",
	},
	"Clear looks the key up, so that an unknown one is dropped here too": {
		"operations/cache/unknown key: clear, set, save",
		"operations/cached_db/unknown key: clear, set, save",
	},
	"who asks for expired sessions to be removed is told that a cache does that by itself": {
		"operations/cache/clear_expired",
	},
	"no session begins by reading, nor by saving at every request; a dead cookie is deleted": {
		"requests/cache:ser_unknown_untouched",
	},
	"what cannot be a key names nothing: there is no such session, and nothing to delete": {
		"edge/mem/cache exists bad key 'has space key'", "edge/mem/cache delete bad key 'has space key'",
		"edge/mem/cache exists bad key 'x*300'", "edge/mem/cache delete bad key 'x*300'",
		`edge/mem/cache exists bad key 'ctrl\x01char1'`, `edge/mem/cache delete bad key 'ctrl\x01char1'`,
		"edge/mem/cached_db exists bad key 'has space key'", "edge/mem/cached_db delete bad key 'has space key'",
		"edge/mem/cached_db exists bad key 'x*300'", "edge/mem/cached_db delete bad key 'x*300'",
		`edge/mem/cached_db exists bad key 'ctrl\x01char1'`, `edge/mem/cached_db delete bad key 'ctrl\x01char1'`,
	},
	"what cannot be decoded counts as empty and keeps its key, so that the next save mends it": {
		"edge/default/cache load corrupt value (garbage bytes)",
		"edge/default/cache load corrupt value (empty)",
		"edge/default/cache load corrupt value (truncated pickle)",
		"edge/default/cache load pickled None",
		"edge/default/cache load JSON text",
		"edge/default/cache save over corrupt value",
	},
	"a session is an object: Django reads something else and fails at the first access": {
		"edge/default/cached_db load value int text '5'",
	},
	"a cache that cannot be asked is an error: Django answers that there is no session, which logs its visitor out": {
		"edge/downredis/cache load", "edge/downmem/cache load", "edge/downmem/cache exists",
	},
	"cached_db goes on by the table alone while its cache is dead": {
		"edge/downredis/cached_db setitem + save (new)", "edge/downredis/cached_db exists",
	},
	"Django's DummyCache, which keeps nothing, has no counterpart": {
		"edge/dummy/cache load", "edge/dummy/cache exists", "edge/dummy/cache delete",
		"edge/dummy/cached_db setitem + save (new)", "edge/dummy/cached_db exists", "edge/dummy/cached_db delete",
	},
}

// meant reports whether a case is meant to differ.
func meant(name string) bool {
	for _, names := range deliberate {
		if slices.Contains(names, name) {
			return true
		}
	}
	return false
}

// compare reports how a case differs from Django, unless it is meant to.
func compare(t *testing.T, name string, differences ...string) {
	t.Helper()
	switch {
	case meant(name) && len(differences) == 0:
		t.Errorf("%s: meant to differ from Django, and does not", name)
	case !meant(name):
		for _, d := range differences {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// checkDeliberate fails for what is said of cases that there are not.
func checkDeliberate(t *testing.T, kind string, cases []string) {
	t.Helper()
	for _, names := range deliberate {
		for _, name := range names {
			if strings.HasPrefix(name, kind+"/") && !slices.Contains(cases, name) {
				t.Errorf("%s: there is no such case", name)
			}
		}
	}
}
