package sessions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is about cookies: hostile ones, several of them, and those that New
// refuses or the middleware leaves out.

func TestHostileCookiesCostAtMostOneRead(t *testing.T) {
	valid := strings.Repeat("k", 32)
	for name, c := range map[string]struct {
		header string
		loads  int
	}{
		"garbage":             {"sessionid=../../etc/passwd%00", 0},
		"oversized":           {"sessionid=" + strings.Repeat("a", 1<<16), 0},
		"NUL":                 {"sessionid=aaaaaaaa\x00aaaaaaaa", 0},
		"upper case":          {"sessionid=AAAAAAAAAAAAAAAA", 0},
		"quotes":              {`sessionid="`, 0},
		"empty":               {"sessionid=", 0},
		"no value":            {"sessionid", 0},
		"semicolons":          {";;;=;sessionid=;;", 0},
		"unknown":             {"sessionid=" + valid, 1},
		"several":             {"sessionid=" + valid + "; sessionid=bbbbbbbbbbbbbbbb; sessionid=cccccccccccccccc", 1},
		"garbage after valid": {"sessionid=" + valid + "; sessionid=!", 1},
		"a thousand":          {strings.Repeat("sessionid="+valid+"; ", 1000), 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := &countingStore{Store: memstore.New(memstore.Config{})}
			m, err := sessions.New(store, sessions.Config{})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Cookie"] = []string{c.header}
			w := httptest.NewRecorder()
			m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s := sessions.From(r)
				s.Get("a")
				s.Get("b")
				if s.Err() != nil {
					t.Error(s.Err())
				}
			})).ServeHTTP(w, r)
			if w.Code != 200 || store.loads != c.loads || store.others != 0 {
				t.Errorf("status %d, %d loads, %d other calls", w.Code, store.loads, store.others)
			}
		})
	}
}

// TestTossedCookieDoesNotHideTheSession has a cookie from a subdomain beside
// the visitor's own.
func TestTossedCookieDoesNotHideTheSession(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	for _, header := range []string{
		"sessionid=" + key + "; sessionid=x", "sessionid=x; sessionid=" + key, "other=1; sessionid=" + key + "; sessionid=",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if sessions.From(r).Get("a") != int64(1) {
				t.Errorf("not found in a header of %d cookies", strings.Count(header, ";")+1)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

func TestUnknownKeyIsNeverAdopted(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	planted := strings.Repeat("planted0", 4)
	w := request(m, planted, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Value == planted || stored(t, m, planted) != nil {
		t.Errorf("cookies %v", c)
	}
}

func TestNoCookieIsRepeated(t *testing.T) {
	set := func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("n", 1) }
	count := func(w *httptest.ResponseRecorder) int { return len(w.Result().Cookies()) }

	m, now := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	if n := count(request(m, key, set)); n != 0 {
		t.Errorf("%d cookies in the same second", n)
	}
	now.Time = now.Add(time.Second)
	if n := count(request(m, key, set)); n != 1 {
		t.Errorf("%d cookies when the life is longer", n)
	}

	m, now = newWorld(t, sessions.Config{ExpireAtBrowserClose: true})
	key = start(t, m, map[string]any{"a": 1})
	now.Time = now.Add(time.Hour)
	if n := count(request(m, key, set)); n != 0 {
		t.Errorf("%d cookies that end with the browser", n)
	}
	w := request(m, key, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).ExpireAfter(time.Hour) })
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge != 3600 {
		t.Errorf("when it is to end on a date: %v", c)
	}
	w = request(m, key, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).ExpireAtBrowserClose() })
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge != 0 || !c[0].Expires.IsZero() {
		t.Errorf("when it is to end with the browser again: %v", c)
	}
}

func TestZeroConfigIsSafe(t *testing.T) {
	m, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := request(m, "", func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })
	c := w.Result().Cookies()
	if len(c) != 1 || !c[0].Secure || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/" || c[0].Domain != "" || c[0].MaxAge != 1209600 {
		t.Errorf("cookies %v", c)
	}
}

func TestCookiesThatBrowsersRefuse(t *testing.T) {
	for name, c := range map[string]sessions.Cookie{
		"__Host- without Secure":   {Name: "__Host-s", AllowHTTP: true},
		"__Host- with Domain":      {Name: "__Host-s", Domain: "example.com"},
		"__Host- with Path":        {Name: "__Host-s", Path: "/app"},
		"__secure- without Secure": {Name: "__secure-s", AllowHTTP: true},
		"__Secure- without Secure": {Name: "__Secure-s", AllowHTTP: true},
		"None without Secure":      {SameSite: http.SameSiteNoneMode, AllowHTTP: true},
		"Partitioned without":      {Partitioned: true, AllowHTTP: true},
		"name with space":          {Name: "a b"},
		"name with =":              {Name: "a=b"},
		"path with semicolon":      {Path: "/a;b"},
		"relative path":            {Path: "a"},
		"no such SameSite":         {SameSite: 77},
		"domain with space":        {Domain: "exa mple.com"},
		"domain with empty label":  {Domain: "example..com"},
		"domain with newline":      {Domain: "a\r\nSet-Cookie: x=y"},
	} {
		if _, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{Cookie: c}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, c := range map[string]sessions.Cookie{
		"__Host-": {Name: "__Host-s"}, "Partitioned": {Partitioned: true, SameSite: http.SameSiteNoneMode}, "Domain": {Domain: ".example.com", Path: "/a"},
	} {
		if _, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{Cookie: c}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sessions.New(nil, sessions.Config{}); err == nil {
		t.Error("no store, no error")
	}
	if _, err := sessions.New(nopStore{}, sessions.Config{Lifetime: -1}); err == nil {
		t.Error("negative lifetime, no error")
	}
}

func TestPartitionedCookie(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{Cookie: sessions.Cookie{Partitioned: true, SameSite: http.SameSiteNoneMode}})
	w := request(m, "", func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })
	if got := w.Header().Get("Set-Cookie"); !strings.HasSuffix(got, "; Max-Age=1209600; Partitioned; Path=/; SameSite=None; Secure") {
		t.Errorf("set: %s", got)
	}
	w = request(m, "unknown0", func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Get("a") })
	if got := w.Header().Get("Set-Cookie"); !strings.HasSuffix(got, "; Max-Age=0; Partitioned; Path=/; SameSite=None; Secure") {
		t.Errorf("delete: %s", got)
	}
}

// TestKeysAreUniformAndNew draws keys and looks at their letters.
func TestKeysAreUniformAndNew(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	seen, letters := map[string]bool{}, map[rune]int{}
	const n = 3000
	for range n {
		s := m.Open(t.Context(), "")
		s.CycleKey()
		key := s.Key()
		if seen[key] || len(key) != 32 || !sessions.ValidKey(key) {
			t.Fatalf("a key of %d characters, seen %t", len(key), seen[key])
		}
		seen[key] = true
		for _, c := range key {
			letters[c]++
		}
	}
	want := float64(n*32) / 36
	for c, count := range letters {
		if d := float64(count) - want; d*d/want > 40 { // chi square of one letter; 1 in 10^9
			t.Errorf("%c stands %d times, want about %.0f", c, count, want)
		}
	}
	if len(letters) != 36 {
		t.Errorf("%d letters", len(letters))
	}
}

func TestTakenKeyIsNeverShared(t *testing.T) {
	store := &collide{Store: memstore.New(memstore.Config{}), times: 3}
	m, err := sessions.New(store, sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	s.CycleKey()
	first := s.Key()
	s.Set("a", 1)
	if err := s.Save(); err != nil || s.Key() == first || fmt.Sprint(stored(t, m, s.Key())) != "map[a:1]" {
		t.Errorf("%v, the same key %t", err, s.Key() == first)
	}
}
