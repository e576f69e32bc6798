package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/testserver"
)

// This file replays what Django did with one Redis, operation after operation,
// and compares what each has changed there.

type operationCase struct {
	Op, Engine, Raises string
	Result             any
	Commands           []string
}

// operationWorld is a site on a Redis of its own. Each operation goes on from
// where the one before it ended.
type operationWorld struct {
	*engine.Site
	t     *testing.T
	cache *rawCache
	key   string            // of the session that most operations are about
	last  *sessions.Session // of the last operation, or nil
	kept  *sessions.Session // one that is in memory when the cache loses it
}

const (
	missingKey = "nopenopenopenopenopenopenopenope"
	unknownKey = "unknownkeyunknownkey"
)

func (w *operationWorld) open(key string) *sessions.Session {
	w.last = w.Manager.Open(w.t.Context(), key)
	return w.last
}

// create saves a new session {"x": 1}.
func (w *operationWorld) create() (*sessions.Session, error) {
	s := w.open("")
	s.Set("x", 1)
	return s, s.Save()
}

func (w *operationWorld) load(key string) (any, error) { return nil, w.open(key).Load() }

func (w *operationWorld) exists(key string) (any, error) {
	return w.Manager.Exists(w.t.Context(), key)
}

func (w *operationWorld) expireAfter(seconds int) (any, error) {
	s := w.open(w.key)
	s.ExpireAfter(time.Duration(seconds) * time.Second)
	return nil, s.Save()
}

func (w *operationWorld) evict() {
	if reply, err := testserver.Ask(w.t.Context(), w.cache.Addr, "FLUSHDB"); reply != "+OK" {
		w.t.Fatalf("%q, %v", reply, err)
	}
}

// operations do what Django's did, and answer their result where it is more than
// the state of the session.
var operations = map[string]func(w *operationWorld) (any, error){
	"new: setitem + save": func(w *operationWorld) (any, error) {
		s, err := w.create()
		w.key = s.Key()
		return nil, err
	},
	"load existing":      func(w *operationWorld) (any, error) { return w.load(w.key) },
	"load, modify, save": func(w *operationWorld) (any, error) { s := w.open(w.key); s.Set("x", 2); return nil, s.Save() },
	"exists hit":         func(w *operationWorld) (any, error) { return w.exists(w.key) },
	"exists miss":        func(w *operationWorld) (any, error) { return w.exists(missingKey) },
	"load unknown":       func(w *operationWorld) (any, error) { return w.load(unknownKey) },
	"unknown key: clear, set, save": func(w *operationWorld) (any, error) {
		s := w.open(unknownKey)
		s.Clear()
		s.Set("a", 1)
		return nil, s.Save()
	},
	"unknown key: set, save":    func(w *operationWorld) (any, error) { s := w.open(unknownKey); s.Set("a", 1); return nil, s.Save() },
	"save must_create existing": func(w *operationWorld) (any, error) { return nil, w.open(w.key).SaveNew() },
	"cycle_key": func(w *operationWorld) (any, error) {
		s := w.open(w.key)
		s.CycleKey()
		err := s.Save()
		w.key = s.Key()
		return nil, err
	},
	"set_expiry(77), save": func(w *operationWorld) (any, error) { return w.expireAfter(77) },
	"set_expiry(0), save":  func(w *operationWorld) (any, error) { return w.expireAfter(0) },
	"set_expiry(-5), save": func(w *operationWorld) (any, error) { return w.expireAfter(-5) },
	"flush": func(w *operationWorld) (any, error) {
		s, err := w.create()
		return nil, errors.Join(err, s.Flush())
	},
	"load after cache eviction": func(w *operationWorld) (any, error) {
		s, err := w.create()
		w.kept = s
		w.evict()
		return w.open(s.Key()).Map(), err
	},
	"save after cache eviction": func(w *operationWorld) (any, error) {
		w.evict()
		w.last = w.kept
		w.last.Set("y", 2)
		return nil, w.last.Save()
	},
	"clear_expired": func(w *operationWorld) (any, error) {
		_, err := w.Manager.ClearExpired(w.t.Context())
		return nil, err
	},
	"load key with space": func(w *operationWorld) (any, error) { return w.load("has space and more") },
	"load 300-char key":   func(w *operationWorld) (any, error) { return w.load(strings.Repeat("x", 300)) },
}

func TestOperationsOnTheCache(t *testing.T) {
	for _, file := range []string{"../../django/cachelayout/testdata/cache_redis", "cache_redis_deb12_django42"} {
		cases := readVectors[struct{ Operations []operationCase }](t, file).Operations
		if len(cases) != 2*len(operations) {
			t.Errorf("%s: %d operations, and this test knows %d for each engine", file, len(cases), len(operations))
		}
		names := []string{}
		for _, kind := range []django.Engine{django.EngineCache, django.EngineCachedDB} {
			cache := rawRedis(t)
			w := &operationWorld{Site: openOn(t, string(kind), cache.url, time.Now), t: t, cache: cache}
			theirs := contents{}
			for _, c := range cases {
				if c.Engine == string(kind) {
					// Here and not in the subtest, for the next one goes on from it.
					differences, name := c.run(t, w, theirs), c.Engine+"/"+c.Op
					names = append(names, "operations/"+name)
					t.Run(path.Base(file)+"/"+name, func(t *testing.T) { compare(t, "operations/"+name, differences...) })
				}
			}
		}
		checkDeliberate(t, "operations", names)
	}
}

func (c *operationCase) run(t *testing.T, w *operationWorld, theirs contents) (differences []string) {
	run, ok := operations[c.Op]
	if !ok {
		t.Fatalf("this test does not know %s", c.Op)
	}
	ourBefore, theirBefore := w.contents(), maps.Clone(theirs)
	if strings.Contains(strings.Join(c.Commands, "\n"), "FLUSHDB") { // what was there before is none of its affairs
		ourBefore, theirBefore = nil, nil
	}
	w.last = nil
	answer, err := run(w)
	for _, command := range c.Commands {
		theirs.do(t, command)
	}
	if got := raised(err); got != c.Raises {
		differences = append(differences, fmt.Sprintf("error %q, want %q", got, c.Raises))
	} else if err == nil {
		differences = w.state(answer, c.Result)
	}
	if got, want := w.contents().since(ourBefore), theirs.since(theirBefore); !slices.Equal(got, want) {
		differences = append(differences, fmt.Sprintf("changed\n got %q\nwant %q", got, want))
	}
	return differences
}

// raised names an error as Django does.
func raised(err error) string {
	switch {
	case errors.Is(err, sessions.ErrInterrupted):
		return "UpdateError"
	case errors.Is(err, sessions.ErrConflict):
		return "CreateError"
	case err != nil:
		return err.Error()
	}
	return ""
}

// state compares what Django tells of an operation: its answer, or of its session
// whether there is a key, the flags, and the data.
func (w *operationWorld) state(answer, result any) (differences []string) {
	want, ok := result.(map[string]any)
	if !ok {
		if answer != result {
			differences = append(differences, fmt.Sprintf("answer %v, want %v", answer, result))
		}
		return differences
	}
	got := map[string]any{"accessed": w.last.Accessed(), "modified": w.last.Modified(), "key": "none"}
	if w.last.Key() != "" {
		got["key"] = fmt.Sprintf("%d-char", len(w.last.Key()))
	}
	got["data"] = plain(w.last.Map())
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			differences = append(differences, fmt.Sprintf("%s %v, want %v", name, got[name], want[name]))
		}
	}
	return differences
}

// contents are the entries of a cache, by their names.
type contents map[string]entry

var (
	setCommand = regexp.MustCompile(`^SET (\S+) (.*) EX (\d+)( NX)?$`)
	delCommand = regexp.MustCompile(`^DEL (\S+)$`)
)

// do does what Redis does at a command.
func (c contents) do(t *testing.T, command string) {
	t.Helper()
	set, del := setCommand.FindStringSubmatch(command), delCommand.FindStringSubmatch(command)
	switch {
	case set != nil:
		if _, taken := c[set[1]]; taken && set[4] != "" {
			return
		}
		value, err := strconv.Unquote(`"` + set[2] + `"`)
		ttl, atoiErr := strconv.Atoi(set[3])
		if err = errors.Join(err, atoiErr); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		c[set[1]] = entry{Value: []byte(value), TTL: int64(ttl)}
	case del != nil:
		delete(c, del[1])
	case command == "FLUSHDB":
		clear(c)
	case !strings.HasPrefix(command, "GET ") && !strings.HasPrefix(command, "EXISTS "):
		t.Fatalf("this test does not know the command %s", command)
	}
}

// since answers how c differs from what was there before, without the random
// part of the names, and but for a few seconds.
func (c contents) since(before contents) (changes []string) {
	text := func(e entry) string {
		return fmt.Sprintf("%q for %d s", e.Value, (e.TTL+5)/10*10)
	}
	random := regexp.MustCompile(`[a-z0-9]{32}$`)
	for name, e := range c {
		if old, ok := before[name]; !ok || text(old) != text(e) {
			changes = append(changes, random.ReplaceAllString(name, "")+" is "+text(e))
		}
	}
	for name, old := range before {
		if _, ok := c[name]; !ok {
			changes = append(changes, random.ReplaceAllString(name, "")+" is no longer "+text(old))
		}
	}
	slices.Sort(changes)
	return changes
}

// contents answers the entries that Django would find.
func (w *operationWorld) contents() contents {
	names, err := testserver.Ask(w.t.Context(), w.cache.Addr, "KEYS *")
	if err != nil {
		w.t.Fatal(err)
	}
	c := contents{}
	for _, name := range strings.Fields(names) {
		if e := live(w.cache.get(w.t, name)); e != nil {
			c[name] = *e
		}
	}
	return c
}
