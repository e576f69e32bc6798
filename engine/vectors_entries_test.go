package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
)

// This file reads the entries that Django left in a real Redis and a real
// memcached from such a server, and has the same sessions saved there by us.

type entryCase struct {
	Name, Engine, Alias, JSON, Raises string
	Key                               string `json:"session_key"`
	FullKey                           string `json:"full_key"`
	Settings                          struct {
		Age *float64 `json:"SESSION_COOKIE_AGE"`
	}
	Raw *entry
}

func TestEntriesInTheCache(t *testing.T) {
	redis, memcached := rawRedis(t), rawMemcached(t)
	for _, file := range []struct {
		name  string
		cache *rawCache
		cases int
	}{
		{"../../django/cachelayout/testdata/cache_redis", redis, 100},
		{"../../django/cachelayout/testdata/cache_memcached", memcached, 40},
		{"cache_redis_deb12_django42", redis, 100},
		{"cache_memcached_deb12_django42", memcached, 60},
	} {
		w := &entryWorld{cache: file.cache, sites: map[string]*engine.Site{}}
		cases := readVectors[struct{ Entries []entryCase }](t, file.name).Entries
		if len(cases) < file.cases {
			t.Errorf("%s: only %d cases", file.name, len(cases))
		}
		name := file.name[strings.LastIndex(file.name, "/")+1:]
		for _, c := range cases {
			site := w.site(t, &c) // outlives the case
			t.Run(strings.Join([]string{name, c.Name, c.Engine, c.Alias}, "/"), func(t *testing.T) { c.run(t, w, site) })
		}
	}
}

// entryWorld has one cache, and one site for each settings of the cases.
type entryWorld struct {
	cache *rawCache
	sites map[string]*engine.Site
	now   time.Time
}

func (w *entryWorld) site(t *testing.T, c *entryCase) *engine.Site {
	t.Helper()
	prefixed, age := strings.HasSuffix(c.Alias, "prefixed"), ""
	if c.Settings.Age != nil {
		age = fmt.Sprint(*c.Settings.Age)
	}
	name := fmt.Sprint(c.Engine, prefixed, age)
	if w.sites[name] == nil {
		w.sites[name] = openOn(t, c.Engine, w.cache.url, func() time.Time { return w.now }, func(s *django.Settings) {
			if prefixed {
				s.CacheKeyPrefix, s.CacheVersion = "site-a", 7
			}
			if c.Settings.Age != nil {
				s.CookieAge = time.Duration(*c.Settings.Age) * time.Second
			}
		})
	}
	return w.sites[name]
}

// clock answers when Django made the entry, if a date in the session makes that
// matter, and else the present.
func (c *entryCase) clock(t *testing.T) time.Time {
	t.Helper()
	var session struct {
		Expiry any `json:"_session_expiry"`
	}
	if err := json.Unmarshal([]byte(c.JSON), &session); err != nil {
		t.Fatal(err)
	}
	ends, err := time.Parse(time.RFC3339Nano, fmt.Sprint(session.Expiry))
	if err != nil || c.Raw == nil {
		return time.Now()
	}
	return ends.Add(-time.Duration(c.Raw.TTL) * time.Second)
}

func (c *entryCase) run(t *testing.T, w *entryWorld, site *engine.Site) {
	if size := "<1500000 x>"; strings.Contains(c.JSON, size) { // the file tells the rest
		c.JSON = strings.Replace(c.JSON, size, strings.Repeat("x", 1500000), 1)
	}
	w.now = c.clock(t)
	if c.Raw != nil {
		w.cache.put(t, c.FullKey, c.Raw.Value)
		rec, err := site.Store.Load(t.Context(), c.Key)
		if err != nil || string(rec.Data) != c.JSON || rec.Foreign != nil {
			t.Fatalf("read as %s, foreign %q, %v; want %s", rec.Data, rec.Foreign, err, c.JSON)
		}
		if err := site.Store.Delete(t.Context(), c.Key); err != nil {
			t.Fatal(err)
		}
		if e := live(w.cache.get(t, c.FullKey)); e != nil {
			t.Fatalf("after the end there is %q", e.Value)
		}
	}
	rec := sessions.Record{Data: []byte(`{"a":0}`), Expires: w.now.Add(day)}
	if err := site.Store.Create(t.Context(), c.Key, rec); err != nil {
		t.Fatal(err)
	}
	err := c.save(t, site)
	compare(t, strings.Join([]string{"entries", c.Name, c.Engine, c.Alias}, "/"), c.saved(t, err, live(w.cache.get(t, c.FullKey)))...)
}

// save has the session's values set, in their order, and saved.
func (c *entryCase) save(t *testing.T, site *engine.Site) error {
	t.Helper()
	s := site.Manager.Open(t.Context(), c.Key)
	s.Clear()
	s.SetModified(true)
	decoder := json.NewDecoder(strings.NewReader(c.JSON))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err = errors.Join(err, decoder.Decode(&value)); err != nil {
			t.Fatal(err)
		}
		s.Set(name.(string), value)
	}
	return s.Save()
}

func (c *entryCase) saved(t *testing.T, err error, left *entry) []string {
	if (err != nil) != (c.Raises != "") {
		return []string{fmt.Sprintf("error %v, want %q", err, c.Raises)}
	}
	if difference := left.differs(c.Raw); err == nil && difference != "" {
		return []string{difference}
	}
	return nil
}
