package engine_test

import "testing"

// This file lists where we mean to differ from Django.

// deliberate holds the cases in which we answer otherwise than Django, and why.
// A case that no longer differs fails as well.
var deliberate = map[string]string{}

// compare reports how a case differs from Django, unless it is meant to.
func compare(t *testing.T, name string, differences ...string) {
	t.Helper()
	meant := deliberate[name] != ""
	switch {
	case meant && len(differences) == 0:
		t.Errorf("%s: meant to differ from Django, and does not", name)
	case !meant:
		for _, d := range differences {
			t.Errorf("%s: %s", name, d)
		}
	}
}
