package cachelayout_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file holds the package to what Django left in a real Redis and a real
// memcached.

type entry struct {
	Name       string `json:"name"`
	Engine     string `json:"engine"`
	Alias      string `json:"alias"`
	SessionKey string `json:"session_key"`
	JSON       string `json:"json"`
	FullKey    string `json:"full_key"`
	Settings   struct {
		Age *float64 `json:"SESSION_COOKIE_AGE"`
	} `json:"settings"`
	Raises string `json:"raises"`
	Raw    *struct {
		TTL   int64  `json:"ttl"`
		Flags uint32 `json:"flags"`
		Value []byte `json:"value_b64"`
	} `json:"raw"`
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, file string) []entry {
	t.Helper()
	var content struct {
		Entries []entry `json:"entries"`
	}
	load(t, file, &content)
	if len(content.Entries) == 0 {
		t.Fatalf("testdata/%s holds no entries", file)
	}
	return content.Entries
}

// key answers the full key by the settings that an entry's alias stands for.
func (e entry) key() string {
	prefix, version := "", cachelayout.DefaultVersion
	if strings.HasSuffix(e.Alias, "prefixed") {
		prefix, version = "site-a", 7
	}
	base := map[string]string{"cache": cachelayout.CachePrefix, "cached_db": cachelayout.CachedDBPrefix}[e.Engine]
	return cachelayout.Key(prefix, version, base+e.SessionKey)
}

// age answers how long the entry's session has to live; ok is false where that
// depends on the clock of the run.
func (e entry) age(t *testing.T) (age time.Duration, ok bool) {
	t.Helper()
	seconds := 1209600.0
	if e.Settings.Age != nil {
		seconds = *e.Settings.Age
	}
	if strings.Contains(e.JSON, "_session_expiry") {
		var session struct {
			Expiry any `json:"_session_expiry"`
		}
		if err := json.Unmarshal([]byte(e.JSON), &session); err != nil {
			t.Fatal(err)
		}
		own, isNumber := session.Expiry.(float64)
		if !isNumber {
			return 0, false
		}
		if own != 0 { // which stands for the cookie's age
			seconds = own
		}
	}
	return time.Duration(seconds * float64(time.Second)), true
}

func TestRedisEntries(t *testing.T) {
	for _, e := range entries(t, "cache_redis.json") {
		t.Run(e.Name+"/"+e.Engine+"/"+e.Alias, func(t *testing.T) {
			if got := e.key(); got != e.FullKey {
				t.Errorf("key %s, want %s", got, e.FullKey)
			}
			checkValue(t, e)
			age, ok := e.age(t)
			if !ok {
				return
			}
			want := int64(0)
			if e.Raw != nil {
				want = e.Raw.TTL
			}
			if got := cachelayout.RedisTTL(age); got != want {
				t.Errorf("TTL %d, want %d", got, want)
			}
		})
	}
}

func TestMemcachedEntries(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, e := range entries(t, "cache_memcached.json") {
		t.Run(e.Name+"/"+e.Engine+"/"+e.Alias, func(t *testing.T) {
			key := e.key()
			if key != e.FullKey {
				t.Errorf("key %s, want %s", key, e.FullKey)
			}
			if err := cachelayout.CheckMemcachedKey(key); err != nil {
				t.Error(err)
			}
			if e.Raw != nil && e.Raw.Flags != cachelayout.MemcachedFlags {
				t.Errorf("flags %d, want %d", e.Raw.Flags, cachelayout.MemcachedFlags)
			}
			checkValue(t, e)
			age, ok := e.age(t)
			if !ok || e.Raises != "" {
				return
			}
			switch got := int64(cachelayout.MemcachedExptime(age, now)); {
			case e.Raw == nil && got >= 0:
				t.Errorf("exptime %d, want a negative one", got)
			case e.Raw != nil && age <= 30*24*time.Hour && got != e.Raw.TTL:
				t.Errorf("exptime %d, want %d", got, e.Raw.TTL)
			case e.Raw != nil && age > 30*24*time.Hour && got != now.Unix()+e.Raw.TTL:
				t.Errorf("exptime %d, want %d", got, now.Unix()+e.Raw.TTL)
			}
		})
	}
}

// checkValue decodes what lay under the key, and encodes it again.
func checkValue(t *testing.T, e entry) {
	t.Helper()
	if e.Raw == nil {
		return
	}
	text, foreign, err := pickle.Decode(e.Raw.Value)
	if err != nil || string(text) != e.JSON || foreign != nil {
		t.Fatalf("value is %s, foreign %q, error %v; want %s", text, foreign, err, e.JSON)
	}
	data, err := pickle.Encode(text)
	if err != nil || string(data) != string(e.Raw.Value) {
		t.Errorf("pickled as %q, error %v; want %q", data, err, e.Raw.Value)
	}
}

// Every key in the commands that Django sent is one of ours.
func TestRedisCommands(t *testing.T) {
	var content struct {
		Operations []struct {
			Op       string   `json:"op"`
			Engine   string   `json:"engine"`
			Commands []string `json:"commands"`
		} `json:"operations"`
	}
	load(t, "cache_redis.json", &content)
	command := regexp.MustCompile(`^(?:EXISTS|GET|SET|DEL) (\S+)`)
	seen := 0
	for _, o := range content.Operations {
		for _, c := range o.Commands {
			m := command.FindStringSubmatch(c)
			if m == nil {
				continue
			}
			prefix := cachelayout.Key("", cachelayout.DefaultVersion, map[string]string{
				"cache": cachelayout.CachePrefix, "cached_db": cachelayout.CachedDBPrefix}[o.Engine])
			if !strings.HasPrefix(m[1], prefix) {
				t.Errorf("%s, %s: key %s, want %s...", o.Engine, o.Op, m[1], prefix)
			}
			seen++
		}
	}
	if seen == 0 {
		t.Error("no command was checked")
	}
}

// Django refuses the session keys that we refuse, and no other.
func TestMemcachedKeysThatDjangoRefuses(t *testing.T) {
	var content struct {
		Cases []struct{ Name, Alias, Raises string }
	}
	load(t, "cache_edge.json", &content)
	name := regexp.MustCompile(`^(cache|cached_db) (?:exists|delete) bad key '(.*)'$`)
	seen := 0
	for _, c := range content.Cases {
		m := name.FindStringSubmatch(c.Name)
		if m == nil || c.Alias != "mem" {
			continue
		}
		key := map[string]string{"has space key": "has space key", "x*300": strings.Repeat("x", 300),
			`ctrl\x01char1`: "ctrl\x01char1", "unicodékey99": "unicodékey99"}[m[2]]
		if key == "" {
			t.Fatalf("%s: a key that the test does not know", c.Name)
		}
		full := cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix+key)
		if err := cachelayout.CheckMemcachedKey(full); (err != nil) != (c.Raises == "InvalidCacheKey") {
			t.Errorf("%s: got %v, Django raised %q", c.Name, err, c.Raises)
		}
		seen++
	}
	if seen == 0 {
		t.Error("no key was checked")
	}
}
