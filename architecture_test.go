package sessions_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// This file holds the rules of the house that docs/design.md explains: which
// package may import what.

const module = "github.com/cloakroom-go/sessions"

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listedPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listedPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// drivers may be imported by the package made for each, and by engine.
var drivers = map[string]string{
	"modernc.org/sqlite":             "",
	"github.com/jackc/pgx/v5":        "pgxstore",
	"github.com/go-sql-driver/mysql": "",
	"github.com/redis/rueidis":       "redisstore",
	"github.com/bradfitz/gomemcache": "memcachestore",
}

// roof are the packages that may import what is not in the standard library.
var roof = []string{"engine", "internal/cli", "internal/site", "internal/testserver", "cmd/cloakroom", "redisstore", "memcachestore", "pgxstore"}

// floor is what the packages below the roof may import of this module.
var floor = map[string][]string{
	"":                    {"internal/pyjson", "internal/pyfloat"},
	"internal/pyfloat":    {},
	"internal/pyjson":     {"internal/pyfloat"},
	"memstore":            {""},
	"filestore":           {""},
	"sqlstore":            {""},
	"cachedstore":         {""},
	"sessiontest":         {""},
	"django/pickle":       {"", "internal/pyjson", "internal/pyfloat"},
	"django/cachelayout":  {},
	"django":              {"", "internal/pyjson", "internal/pyfloat", "django/pickle", "django/cachelayout", "filestore", "sqlstore"},
	"internal/cacheentry": {""},
	"redisstore":          {"", "internal/cacheentry", "django/cachelayout"},
	"memcachestore":       {"", "internal/cacheentry", "django/cachelayout"},
	"internal/testserver": {},
	"internal/djangotest": {},
	"internal/site":       {"", "internal/pyfloat"},
	"cmd/cloakroom":       {"internal/cli"},
}

func TestArrowsRunDown(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imported := range p.Imports {
			switch {
			case imported == module || strings.HasPrefix(imported, module+"/"):
				below := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
				if allowed, ruled := floor[name]; ruled && !slices.Contains(allowed, below) {
					t.Errorf("package %q imports %q: only %q may stand below it", name, below, allowed)
				}
			case strings.Contains(strings.Split(imported, "/")[0], "."):
				if !slices.Contains(roof, name) {
					t.Errorf("package %q imports %s: only the standard library may be imported there", name, imported)
				}
				for driver, owner := range drivers {
					if strings.HasPrefix(imported, driver) && name != "engine" && name != owner && name != "internal/cli" {
						t.Errorf("package %q imports the driver %s: only engine and the store made for it may", name, imported)
					}
				}
			}
		}
		if _, ruled := floor[name]; !ruled && !slices.Contains(roof, name) && !strings.HasPrefix(name, "examples/") {
			t.Errorf("package %q has no place in the house: give it one in architecture_test.go and docs/design.md", name)
		}
	}
}
