package djangotest_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions/internal/djangotest"
)

// This file checks that what the package runs is Django, and obeys.

type ops = []djangotest.Op

func settings(t *testing.T) djangotest.Settings {
	return djangotest.Settings{
		"SECRET_KEY": "djangotest",
		"DATABASES": map[string]any{"default": map[string]any{
			"ENGINE": "django.db.backends.sqlite3",
			"NAME":   filepath.Join(t.TempDir(), "django.sqlite3"),
		}},
	}
}

func answers(r djangotest.Response) string {
	return strings.Join(r.Answers, " ")
}

// cookie is the request header that brings a response's session back.
func cookie(r djangotest.Response) http.Header {
	for _, c := range r.Cookies() {
		if c.Name == "sessionid" {
			return http.Header{"Cookie": {c.Name + "=" + c.Value}}
		}
	}
	return nil
}

func TestSite(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		site := in.Start(t, settings(t))
		for _, want := range []string{"Applying sessions.0001_initial", "No migrations to apply"} {
			if code, said := site.Manage(t, "migrate"); code != 0 || !strings.Contains(said, want) {
				t.Fatalf("migrate answers %d:\n%s\nwant %q", code, said, want)
			}
		}
		first := site.Do(t, djangotest.Request{Operations: ops{{"set", "n", json.RawMessage("1.0")}, {"save"}, {"session_key"}}})
		header := cookie(first)
		if header == nil {
			t.Fatalf("the response sets no cookie: %v", first.Header)
		}
		second := site.Do(t, djangotest.Request{Header: header, Operations: ops{{"get", "n"}, {"session_key"}, {"expiry_age"}}})
		if got, want := answers(second), "1.0 "+first.Answers[2]+" 1209600"; got != want {
			t.Errorf("answers %s, want %s", got, want)
		}
		key := strings.Trim(first.Answers[2], `"`)
		if data, ok := site.Load(t, key); !ok || data != `{"n":1.0}` {
			t.Errorf("loaded %s, %t", data, ok)
		}
		if data, ok := site.Load(t, strings.Repeat("0", 32)); ok || data != `{}` {
			t.Errorf("loaded a session that is not there: %s, %t", data, ok)
		}
	})
}

// A paused request knows nothing of what another one stores meanwhile, and
// Django then overwrites it: which shows that they overlap.
func TestPause(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		site := in.Start(t, settings(t))
		site.Manage(t, "migrate")
		header := cookie(site.Do(t, djangotest.Request{Operations: ops{{"set", "a", 0}}}))

		slow := site.Begin(t, djangotest.Request{Header: header, Operations: ops{{"set", "a", 1}, {"pause"}, {"items"}}})
		site.Do(t, djangotest.Request{Header: header, Operations: ops{{"set", "b", 1}}})
		if got := answers(slow.Finish(t)); got != `null null {"a":1}` {
			t.Errorf("the slow request saw %s", got)
		}

		slow = site.Begin(t, djangotest.Request{Header: header, Operations: ops{{"set", "a", 2}, {"pause"}}})
		site.Do(t, djangotest.Request{Header: header, Operations: ops{{"flush"}}})
		if r := slow.Finish(t); r.Status != 400 || r.Raised != "SessionInterrupted" {
			t.Errorf("status %d, raised %q:\n%s", r.Status, r.Raised, r.Log)
		}
	})
}

func TestUsersAndSettings(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		site := in.Start(t, settings(t))
		site.Manage(t, "migrate")
		irfan := site.SetPassword(t, "irfan", "secret")
		header := cookie(site.Do(t, djangotest.Request{Operations: ops{{"login", "irfan"}}}))
		who := djangotest.Request{Header: header, Operations: ops{{"user"}}}
		if got := answers(site.Do(t, who)); got != `"irfan"` {
			t.Errorf("logged in is %s", got)
		}
		t.Run("with another secret", func(t *testing.T) {
			site.Override(t, djangotest.Settings{"SECRET_KEY": "another"})
			if got := answers(site.Do(t, who)); got != `null` {
				t.Errorf("logged in is %s", got)
			}
		})
		if got := answers(site.Do(t, who)); got != `"irfan"` {
			t.Errorf("logged in is %s, after the settings were restored", got)
		}
		again := site.SetPassword(t, "irfan", "other")
		if again.ID != irfan.ID || again.Password == irfan.Password {
			t.Errorf("%v became %v", irfan, again)
		}
		if got := answers(site.Do(t, who)); got != `null` {
			t.Errorf("logged in is %s, after the password was changed", got)
		}
	})
}

func TestVersions(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		if !in.AtLeast(3, 2) || in.AtLeast(99, 0) || in.AtLeast(3, 99) != in.AtLeast(4, 0) {
			t.Errorf("%s is not compared by its parts", in.Version)
		}
		if slices.Contains(in.Modules, "redis") {
			in.Need(t, "redis")
		}
	})
}
