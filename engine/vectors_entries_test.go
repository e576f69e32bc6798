package engine_test

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/memcachestore"
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
	names := []string{}
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
		for _, c := range cases {
			names = append(names, c.fullName())
			site := w.site(t, &c) // outlives the case
			t.Run(path.Base(file.name)+"/"+c.fullName(), func(t *testing.T) { c.run(t, w, site) })
		}
	}
	checkDeliberate(t, "entries", names)
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

func (c *entryCase) fullName() string {
	return strings.Join([]string{"entries", c.Name, c.Engine, c.Alias}, "/")
}

var dateInSession = regexp.MustCompile(`"_session_expiry":"([^"]*)"`)

// clock answers when Django made the entry, if a date in the session makes that
// matter, and else the present.
func (c *entryCase) clock() time.Time {
	if date := dateInSession.FindStringSubmatch(c.JSON); date != nil && c.Raw != nil {
		if ends, err := time.Parse(time.RFC3339Nano, date[1]); err == nil {
			return ends.Add(-time.Duration(c.Raw.TTL) * time.Second)
		}
	}
	return time.Now()
}

func (c *entryCase) run(t *testing.T, w *entryWorld, site *engine.Site) {
	if size := "<1500000 x>"; strings.Contains(c.JSON, size) { // the file tells the rest
		c.JSON = strings.Replace(c.JSON, size, strings.Repeat("x", 1500000), 1)
	}
	w.now = c.clock()
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
	err := c.save(t, site, w.now)
	left := live(w.cache.get(t, c.FullKey))
	compare(t, c.fullName(), c.differences(err, left)...)
	if err := site.Store.Delete(t.Context(), c.Key); err != nil { // another file may have the same key
		t.Fatal(err)
	}
}

// save puts the session under its key, to end another day, and has the Manager
// save it, to end when its own expiry or the settings say.
func (c *entryCase) save(t *testing.T, site *engine.Site, now time.Time) error {
	t.Helper()
	rec := sessions.Record{Data: []byte(c.JSON), Expires: now.Add(day)}
	if err := site.Store.Create(t.Context(), c.Key, rec); err != nil {
		return err
	}
	s := site.Manager.Open(t.Context(), c.Key)
	s.SetModified(true)
	return s.Save()
}

func (c *entryCase) differences(err error, left *entry) []string {
	if (err != nil) != (c.Raises != "") || err != nil && !errors.Is(err, memcachestore.ErrTooLarge) {
		return []string{fmt.Sprintf("error %v, want %q", err, c.Raises)}
	}
	if difference := left.differs(c.Raw); difference != "" {
		return []string{difference}
	}
	return nil
}
