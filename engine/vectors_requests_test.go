package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file replays whole requests to a Django site with its cache and cached_db
// engines.

type requestCase struct {
	Name, Engine string
	Settings     map[string]any
	Time         float64
	Existing     *string
	Cookie       string `json:"request_cookie_header"`
	Ops          [][]json.RawMessage
	Response     struct {
		Status    int
		SetCookie []string `json:"set_cookie"`
		Vary      string
	}
	Reads        []any
	SessionAfter struct {
		Key                *string
		Accessed, Modified bool
		IsEmpty            bool `json:"is_empty"`
	} `json:"session_after"`
	StoreAfter map[string]storedAfter `json:"store_after"`
}

// storedAfter is a session that a request left; those in a cache have no date.
type storedAfter struct {
	Data       string
	ExpireDate time.Time `json:"expire_date"`
}

const existingKey = "existingsessionkey00000000000000"

func TestRequestsToACache(t *testing.T) {
	cases := readVectors[struct{ Cases []requestCase }](t, "../../testdata/django/middleware").Cases
	names := []string{}
	for name, cache := range map[string]*rawCache{"redis": rawRedis(t), "memcached": rawMemcached(t)} {
		for _, c := range cases {
			if c.Engine == "cache" || c.Engine == "cached_db" {
				names = append(names, "requests/"+c.Name)
				t.Run(name+"/"+c.Name, func(t *testing.T) { c.run(t, cache) })
			}
		}
	}
	if len(names) < 2*11 {
		t.Errorf("only %d cases", len(names))
	}
	checkDeliberate(t, "requests", names)
}

func (c *requestCase) clock() time.Time { return time.Unix(int64(c.Time), 0).UTC() }

func (c *requestCase) run(t *testing.T, cache *rawCache) {
	site := openOn(t, c.Engine, cache.url, c.clock, func(s *django.Settings) {
		s.CacheKeyPrefix = strings.ReplaceAll(t.Name(), "/", "-") // one server serves all
		if err := s.ReadMap(c.Settings); err != nil {
			t.Fatal(err)
		}
	})
	if c.Existing != nil {
		rec := sessions.Record{Data: canonical(t, *c.Existing), Expires: c.clock().Add(14 * day)}
		if err := site.Store.Create(t.Context(), existingKey, rec); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	if c.Cookie != "" {
		r.Header.Set("Cookie", c.Cookie)
	}
	recorder := httptest.NewRecorder()
	v := &view{t: t, m: site.Manager, ops: c.Ops}
	site.Manager.Middleware(v).ServeHTTP(recorder, r)
	compare(t, "requests/"+c.Name, c.differences(t, site, v, recorder)...)
}

// canonical is the form in which sessions are stored, of any JSON.
func canonical(t *testing.T, text string) []byte {
	t.Helper()
	data, err := pyjson.Normalize([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var newKey = regexp.MustCompile(`\b(?:new\dx{28}|[a-z0-9]{32})\b`)

// named calls every key that is not in the request new: Django's come from a
// counter there, ours from chance.
func (c *requestCase) named(text string) string {
	return newKey.ReplaceAllStringFunc(text, func(key string) string {
		if strings.Contains(c.Cookie, key) {
			return key
		}
		return "new"
	})
}

func (c *requestCase) differences(t *testing.T, site *engine.Site, v *view, w *httptest.ResponseRecorder) (differences []string) {
	differ := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			differences = append(differences, fmt.Sprintf("%s %v, want %v", what, got, want))
		}
	}
	cookies, want := w.Result().Header["Set-Cookie"], c.Response.SetCookie
	differ("status", w.Code, c.Response.Status)
	differ("Set-Cookie", c.named(strings.Join(cookies, "\n")), c.named(strings.Join(want, "\n")))
	differ("Vary", w.Result().Header.Get("Vary"), c.Response.Vary)
	differ("reads", fmt.Sprint(v.reads), fmt.Sprint(c.Reads))
	after, key := c.SessionAfter, ""
	if after.Key != nil {
		key = *after.Key
	}
	differ("key", c.named(v.s.Key()), c.named(key))
	differ("accessed", v.s.Accessed(), after.Accessed)
	differ("modified", v.s.Modified(), after.Modified)
	differ("empty", v.s.IsEmpty(), after.IsEmpty)
	differ("stored", c.stored(t, site, v.s.Key()), c.wanted(t))
	return differences
}

// stored answers the sessions that are left as the site reads them, and the rows
// in its table. Of a memcached nobody can tell but by their keys.
func (c *requestCase) stored(t *testing.T, site *engine.Site, key string) map[string]string {
	t.Helper()
	left := map[string]string{}
	keys := []string{existingKey, key}
	if lister, ok := sessions.Capability[sessions.Lister](site.Store); ok {
		for l, err := range lister.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, l.Key)
			if site.Database != nil {
				left["row "+c.named(l.Key)] = row(l.Record.Data, l.Record.Expires)
			}
		}
	}
	for _, key := range keys {
		rec, err := site.Store.Load(t.Context(), key)
		switch {
		case err == nil:
			left[c.named(key)] = string(rec.Data)
		case sessions.ValidKey(key) && !errors.Is(err, sessions.ErrNotFound):
			t.Error(err)
		}
	}
	return left
}

func row(data []byte, ends time.Time) string {
	return string(data) + " until " + ends.UTC().Format(time.RFC3339Nano)
}

// wanted answers the same of Django, but for rows that have expired.
func (c *requestCase) wanted(t *testing.T) map[string]string {
	t.Helper()
	want := map[string]string{}
	for name, after := range c.StoreAfter {
		key := c.named(strings.TrimPrefix(name, cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix)))
		data := canonical(t, after.Data)
		switch {
		case c.Engine == "cache":
			want[key] = string(data)
		case after.ExpireDate.After(c.clock()):
			want[key], want["row "+key] = string(data), row(data, after.ExpireDate)
		}
	}
	return want
}

// view runs the operations of a case as a handler would.
type view struct {
	t     *testing.T
	m     *sessions.Manager
	s     *sessions.Session
	ops   [][]json.RawMessage
	reads []any
}

func (v *view) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	v.s = sessions.From(r)
	for _, op := range v.ops {
		args := make([]any, len(op))
		for i, raw := range op {
			if err := json.Unmarshal(raw, &args[i]); err != nil {
				v.t.Fatal(err)
			}
		}
		if err := v.do(args); err != nil {
			v.t.Error(err)
		}
	}
}

func (v *view) do(op []any) error {
	switch op[0] {
	case "get":
		v.reads = append(v.reads, plain(v.s.Get(op[1].(string))))
	case "set":
		value, err := json.Marshal(op[2])
		v.s.Set(op[1].(string), json.RawMessage(value))
		return err
	case "flush":
		return v.s.Flush()
	case "cycle_key":
		v.s.CycleKey()
	case "set_expiry":
		seconds := op[1].(map[string]any)["int"].(float64)
		v.s.ExpireAfter(time.Duration(seconds) * time.Second)
	case "external_delete":
		return v.m.End(v.t.Context(), v.s.Key())
	default:
		v.t.Fatalf("operation %s is not known to this test", op[0])
	}
	return nil
}
