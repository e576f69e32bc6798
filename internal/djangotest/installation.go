package djangotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// This file finds the Djangos that the machine has.

// PathVariable names the variable of the environment that lists further
// Djangos: directories, between colons, that hold the package django.
const PathVariable = "CLOAKROOM_DJANGO_PATH"

const install = "apt-get install --no-install-recommends python3-django python3-redis python3-pymemcache"

// Installation is one Django, and the Python that runs it.
type Installation struct {
	// Version is what django.get_version answers, such as 4.2.21.
	Version string

	// Modules are those of the drivers of Django's caches that can be imported:
	// redis, pymemcache.
	Modules []string

	python string // the interpreter
	path   string // goes before Python's own places, unless empty

	major, minor int
}

// Each runs test once for each version of Django, as a subtest of its name.
func Each(t *testing.T, test func(*testing.T, Installation)) {
	t.Helper()
	all, err := installations()
	switch {
	case err != nil:
		t.Fatal(err)
	case len(all) == 0:
		missing(t, "Django is not installed: "+install)
	}
	for _, in := range all {
		t.Run(in.Version, func(t *testing.T) { test(t, in) })
	}
}

// AtLeast reports whether this is Django major.minor or a later one.
func (in Installation) AtLeast(major, minor int) bool {
	return in.major > major || in.major == major && in.minor >= minor
}

// Need ends the test unless this Django can import module.
func (in Installation) Need(tb testing.TB, module string) {
	tb.Helper()
	if !slices.Contains(in.Modules, module) {
		missing(tb, in.python+" cannot import "+module+": "+install)
	}
}

func missing(tb testing.TB, lacking string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(lacking)
	}
	tb.Skip(lacking)
}

// debian is the interpreter that Debian's packages belong to; the one in PATH
// may be another.
const debian = "/usr/bin/python3"

var installations = sync.OnceValues(func() ([]Installation, error) {
	var found []Installation
	for _, python := range []string{debian, "python3"} {
		if in := (Installation{python: python}); in.probe() == nil {
			found = append(found, in)
			break
		}
	}
	for _, path := range filepath.SplitList(os.Getenv(PathVariable)) {
		in := Installation{python: debian, path: path}
		if _, err := os.Stat(debian); err != nil {
			in.python = "python3"
		}
		if err := in.probe(); err != nil {
			return nil, fmt.Errorf("%s names %s, which holds no Django that %s can import: %w", PathVariable, path, in.python, err)
		}
		if !slices.ContainsFunc(found, func(f Installation) bool { return f.Version == in.Version }) {
			found = append(found, in)
		}
	}
	return found, nil
})

// probe finds out what is there, or answers why nothing is.
func (in *Installation) probe() error {
	const script = `import importlib.util, json, django
print(json.dumps([django.get_version(), django.__file__, [m for m in ("redis", "pymemcache") if importlib.util.find_spec(m)]]))`
	said, err := in.command("-c", script).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return err
	}
	var file string
	if err := json.Unmarshal(said, &[]any{&in.Version, &file, &in.Modules}); err != nil {
		return fmt.Errorf("it says %q: %w", said, err)
	}
	if in.path != "" && filepath.Dir(filepath.Dir(file)) != filepath.Clean(in.path) {
		return fmt.Errorf("it imports %s instead", file)
	}
	_, err = fmt.Sscanf(in.Version, "%d.%d", &in.major, &in.minor)
	return err
}

// command is the interpreter, with arguments, that finds this Django first.
func (in Installation) command(args ...string) *exec.Cmd {
	cmd := exec.Command(in.python, args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if in.path != "" {
		cmd.Env = append(cmd.Env, "PYTHONPATH="+in.path)
	}
	return cmd
}
