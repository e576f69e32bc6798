package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/engine"
)

// This file replays what Django does with keys that are none, entries that were
// damaged, and caches that are dead or that know less, or more, than the table.

type edgeCase struct {
	Name, Alias, Raises string
	Result              any
}

// edgeWorld is a site with a session {"a": 1} of the case at hand.
type edgeWorld struct {
	*engine.Site
	cache  *rawCache
	prefix string // of the names of its entries

	t   *testing.T
	ctx context.Context
	key string
}

func TestEdgesOfTheCache(t *testing.T) {
	cases := readVectors[struct{ Cases []edgeCase }](t, "../../django/cachelayout/testdata/cache_edge").Cases
	if len(cases) < 80 {
		t.Errorf("only %d cases", len(cases))
	}
	redis, memcached := rawRedis(t), rawMemcached(t)
	caches := map[string]func(t *testing.T) *rawCache{
		"default":   func(*testing.T) *rawCache { return redis },
		"mem":       func(*testing.T) *rawCache { return memcached },
		"loc":       func(*testing.T) *rawCache { return redis }, // into ours in memory nobody can look
		"downredis": rawRedis,
		"downmem":   rawMemcached,
	}
	worlds := map[string]*edgeWorld{}
	names := []string{}
	for _, c := range cases {
		names = append(names, c.fullName())
		kind, op, _ := strings.Cut(c.Name, " ")
		world := c.Alias + kind
		if start := caches[c.Alias]; start != nil && (worlds[world] == nil || c.isDown()) {
			worlds[world] = newEdgeWorld(t, kind, start(t))
		}
		t.Run(c.Alias+"/"+c.Name, func(t *testing.T) {
			if w := worlds[world]; w != nil {
				c.run(t, w, op)
			} else {
				compare(t, c.fullName(), "no such cache")
			}
		})
	}
	checkDeliberate(t, "edge", names)
}

func newEdgeWorld(t *testing.T, kind string, cache *rawCache) *edgeWorld {
	t.Helper()
	prefix := map[string]string{"cache": cachelayout.CachePrefix, "cached_db": cachelayout.CachedDBPrefix}[kind]
	return &edgeWorld{
		Site: openOn(t, kind, cache.url, time.Now), cache: cache,
		prefix: cachelayout.Key("", cachelayout.DefaultVersion, prefix),
	}
}

func (c *edgeCase) fullName() string { return "edge/" + c.Alias + "/" + c.Name }

func (c *edgeCase) isDown() bool { return strings.HasPrefix(c.Alias, "down") }

func (c *edgeCase) run(t *testing.T, w *edgeWorld, op string) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := w.Manager.Open(ctx, "")
	s.Set("a", 1)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if c.isDown() {
		w.cache.Kill()
		ctx, cancel = context.WithTimeout(ctx, patience) // Redis is asked again until the end of it
		defer cancel()
	}
	w.t, w.ctx, w.key = t, ctx, s.Key()
	answer, err := w.do(op)
	differences := []string{}
	if got := raised(err); got != c.Raises && !(isOutage(err) && strings.HasPrefix(c.Raises, "Connection")) {
		differences = append(differences, fmt.Sprintf("error %q, want %q", got, c.Raises))
	} else if got := plain(answer); err == nil && !reflect.DeepEqual(got, plain(c.Result)) {
		differences = append(differences, fmt.Sprintf("answer %v, want %v", got, c.Result))
	}
	compare(t, c.fullName(), differences...)
}

// patience is how long a dead cache is waited for.
const patience = 200 * time.Millisecond

// isOutage reports whether err says that a server cannot be reached.
func isOutage(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

// state is the state of a session as these cases tell it.
func state(s *sessions.Session) map[string]any {
	state := map[string]any{"key": nil, "modified": s.Modified(), "accessed": s.Accessed(), "data": s.Map()}
	if key := s.Key(); key != "" {
		state["key"] = fmt.Sprintf("len%d", len(key))
	}
	return state
}

var (
	badKey = regexp.MustCompile(`^(load|exists|delete) bad key '(.*)'$`)

	badKeys = map[string]string{
		"has space key": "has space key", "x*300": strings.Repeat("x", 300),
		`ctrl\x01char1`: "ctrl\x01char1", "unicodékey99": "unicodékey99",
	}

	damagedEntries = map[string]string{
		"corrupt value (garbage bytes)":    "\xff\xfe garbage",
		"corrupt value (empty)":            "",
		"corrupt value (truncated pickle)": "\x80\x05\x95\n\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a",
		"value int text '5'":               "5",
		"pickled None":                     "\x80\x05N.",
		"pickled empty dict":               "\x80\x05}\x94.",
		"pickle protocol 0":                "(dp0\nVa\np1\nI2\ns.",
		"pickle protocol 2":                "\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x02s.",
		"JSON text":                        `{"a": 2}`,
	}
)

// do does what Django's case did, and answers as it did.
func (w *edgeWorld) do(op string) (any, error) {
	if m := badKey.FindStringSubmatch(op); m != nil {
		key, ok := badKeys[m[2]]
		if !ok {
			w.t.Fatalf("this test does not know the key %q", m[2])
		}
		return w.one(m[1], key)
	}
	if entry, ok := damagedEntries[strings.TrimPrefix(op, "load ")]; ok {
		w.cache.put(w.t, w.prefix+w.key, []byte(entry))
		s := w.Manager.Open(w.ctx, w.key)
		return map[string]any{"data": s.Map(), "key_kept": s.Key() == w.key}, s.Err()
	}
	if do, ok := edges[op]; ok {
		return do(w)
	}
	return w.one(op, missingKey)
}

// one does one operation on the session under key.
func (w *edgeWorld) one(op, key string) (any, error) {
	switch op {
	case "load":
		s := w.Manager.Open(w.ctx, key)
		err := s.Load()
		return []any{s.Map(), state(s)}, err
	case "exists":
		return w.Manager.Exists(w.ctx, key)
	case "delete":
		return nil, w.Manager.End(w.ctx, key)
	}
	w.t.Fatalf("this test does not know %q", op)
	return nil, nil
}

// edges are the cases that are more than an operation.
var edges = map[string]func(w *edgeWorld) (any, error){
	"setitem + save (new)": func(w *edgeWorld) (any, error) {
		s := w.Manager.Open(w.ctx, "")
		s.Set("a", 1)
		err := s.Save()
		return state(s), err
	},
	"save over corrupt value": func(w *edgeWorld) (any, error) {
		w.cache.put(w.t, w.prefix+w.key, []byte(damagedEntries["corrupt value (truncated pickle)"]))
		s := w.Manager.Open(w.ctx, w.key)
		s.Set("a", 1)
		return nil, s.Save()
	},
	"serves from cache although the DB row has expired": func(w *edgeWorld) (any, error) {
		w.row(`UPDATE django_session SET expire_date = '2001-01-01 00:00:00' WHERE session_key = ?`)
		s := w.Manager.Open(w.ctx, w.key)
		return map[string]any{"load_after_db_row_expired_but_cached": s.Map()}, s.Err()
	},
	"save with DB row gone": func(w *edgeWorld) (any, error) {
		w.row(`DELETE FROM django_session WHERE session_key = ?`)
		s := w.Manager.Open(w.ctx, w.key)
		s.Set("a", 2)
		return nil, s.Save()
	},
	"reload repopulates the cache": func(w *edgeWorld) (any, error) {
		w.cache.put(w.t, w.prefix+w.key, []byte(damagedEntries["pickled None"]))
		s := w.Manager.Open(w.ctx, w.key)
		answer := map[string]any{"data": s.Map(), "recached": nil}
		if e := live(w.cache.get(w.t, w.prefix+w.key)); e != nil {
			rec, err := django.CacheFormat{}.Decode(e.Value)
			if err != nil {
				return nil, err
			}
			answer["recached"] = plain(json.RawMessage(rec.Data))
		}
		return answer, s.Err()
	},
}

// row changes the session's row behind the cache's back.
func (w *edgeWorld) row(change string) {
	w.t.Helper()
	result, err := w.Database.DB.Exec(change, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n != 1 || err != nil {
		w.t.Fatalf("%d rows, %v", n, err)
	}
}
