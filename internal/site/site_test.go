package site_test

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// This file visits the site's pages and uses their forms.

func TestSetAndShowVisitor(t *testing.T) {
	for _, set := range []string{"/ssession", "/ssession/", "/index", "/index/"} {
		for _, show := range []string{"/gsession", "/gsession/"} {
			w := newWorld(t)
			irfan, other := w.visitor(), w.visitor()
			if got := irfan.get(set); got.StatusCode != 200 || got.body != "session is set" {
				t.Errorf("%s answered %d %q", set, got.StatusCode, got.body)
			}
			if got := irfan.get(show); got.StatusCode != 200 || got.body != "irfan irfan.sssit@gmail.com" {
				t.Errorf("%s after %s answered %d %q", show, set, got.StatusCode, got.body)
			}
			other.get(show).want(t, 200, "nothing is set")
			if n := w.count(); n != 1 {
				t.Errorf("two visitors, of whom one set something, have %d sessions", n)
			}
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	v := newWorld(t).visitor()
	for _, path := range []string{"/nothing", "/index/x", "//", "/session/set/", "/admin/x", "/site.css/"} {
		v.get(path).want(t, 404, "no such page")
	}
	for _, path := range []string{"/", "/ssession", "/gsession/", "/admin/", "/site.css", "/icon.svg"} {
		got := v.do("POST", path, url.Values{})
		if got.want(t, 405); got.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s allows %q", path, got.Header.Get("Allow"))
		}
		if head := v.do("HEAD", path, nil); head.StatusCode != 200 || head.body != "" {
			t.Errorf("HEAD %s answered %d with %d bytes", path, head.StatusCode, len(head.body))
		}
	}
	for _, path := range []string{"/session/set", "/session/delete", "/session/expiry", "/session/cycle", "/session/flush"} {
		if got := v.get(path); got.StatusCode != 405 || got.Header.Get("Allow") != "POST" {
			t.Errorf("GET %s answered %d, allows %q", path, got.StatusCode, got.Header.Get("Allow"))
		}
	}
	if got := v.get("/admin"); got.StatusCode != 301 || got.Header.Get("Location") != "/admin/" {
		t.Errorf("/admin answered %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	v.get("/admin/").want(t, 200, "no accounts", "cloakroom migrate", "Make the &lt;table&gt;")
}

func TestHeaders(t *testing.T) {
	v := newWorld(t).visitor()
	for _, path := range []string{"/", "/gsession", "/nothing", "/admin/"} {
		h := v.get(path).Header
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
		policy := h.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("%s: the policy %q lacks %q", path, policy, rule)
			}
		}
	}
	if got := v.get("/site.css"); got.Header.Get("Content-Type") != "text/css; charset=utf-8" || len(got.body) == 0 {
		t.Errorf("the style is %d bytes of %s", len(got.body), got.Header.Get("Content-Type"))
	}
}

func TestLookingMakesNoSession(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	got := v.get("/?key=colour")
	got.want(t, 200, "You have no session here", "The session has no key", "demo.colour")
	v.get("/")
	v.post("/session/expiry", "expiry", "1d")
	v.post("/session/cycle")
	v.post("/session/flush")
	v.post("/session/delete", "key", "colour")
	if n := w.count(); n != 0 || v.cookie("sessionid") != "" {
		t.Errorf("there are %d sessions, and the visitor's cookie is %q", n, v.cookie("sessionid"))
	}
}

func TestSetGetDelete(t *testing.T) {
	v := newWorld(t).visitor()
	set := v.post("/session/set", "key", "colour", "value", "red")
	if set.StatusCode != 303 || set.Header.Get("Location") != "/?key=colour" {
		t.Fatalf("set answered %d to %q", set.StatusCode, set.Header.Get("Location"))
	}
	v.get("/?key=colour").want(t, 200, "The session has <code>", "demo.colour", "<bdi>red</bdi>")
	if got := v.session().Get("demo.colour"); got != "red" {
		t.Errorf("stored is %v", got)
	}
	v.post("/session/delete", "key", "colour").want(t, 303)
	v.get("/?key=colour").want(t, 200, "The session has no key")
	if v.session().Has("demo.colour") {
		t.Error("the key is still stored")
	}
	v.get("/?key=").want(t, 400, "Type a key.")
}

// The forms can reach no key but their own, however it is spelled.
func TestOwnKeysOnly(t *testing.T) {
	v := newWorld(t).visitor()
	v.get("/ssession")
	v.post("/session/set", "key", "sname", "value", "mallory").want(t, 303)
	v.post("/session/delete", "key", "semail").want(t, 303)
	v.post("/session/delete", "key", "../semail").want(t, 303)
	want := []string{"sname", "semail", "demo.sname"}
	if got := v.session().Keys(); !slices.Equal(got, want) {
		t.Errorf("the session holds %q, want %q", got, want)
	}
	if got := v.get("/gsession").body; got != "irfan irfan.sssit@gmail.com" {
		t.Errorf("/gsession answers %q", got)
	}
}

func TestOthersSeeNothing(t *testing.T) {
	w := newWorld(t)
	v, other := w.visitor(), w.visitor()
	v.post("/session/set", "key", "diary", "value", "dear diary")
	if page := other.get("/?key=diary").body; strings.Contains(page, "dear diary") {
		t.Error("another visitor sees the value")
	}
}

func TestHostileText(t *testing.T) {
	v := newWorld(t).visitor()
	const key, value = `"><script>alert(1)</script>`, `</bdi><img src=x onerror=alert(1)>'"&`
	set := v.post("/session/set", "key", key, "value", value)
	set.want(t, 303)
	page := v.get(set.Header.Get("Location"))
	page.want(t, 200, html.EscapeString("demo."+key))
	for _, tag := range []string{"<script", "<img src=x"} {
		if strings.Contains(page.body, tag) {
			t.Errorf("the page contains %s", tag)
		}
	}
	if !strings.Contains(html.UnescapeString(page.body), value) {
		t.Error("the page does not show the value as it is")
	}
	v.post("/session/delete", "key", key)
	if n := v.session().Len(); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	v.post("/session/set", "key", "a\xff", "value", "b").want(t, 400, "not UTF-8")
	v.post("/session/set", "key", "a", "value", "b\xff").want(t, 400, "not UTF-8")
}

func TestLimits(t *testing.T) {
	v := newWorld(t).visitor()
	longest := strings.Repeat("ü", 64)
	v.post("/session/set", "key", longest, "value", strings.Repeat("ü", 1000)).want(t, 303)
	v.post("/session/set", "key", longest+"x").want(t, 400, "Not done.", "at most 64 characters; this one has 65")
	v.post("/session/set", "key", "x", "value", strings.Repeat("x", 1001)).want(t, 400, "at most 1000 characters; this one has 1001")
	v.post("/session/set", "key", "", "value", "x").want(t, 400, "Type a key.")
	v.post("/session/delete", "key", longest+"x").want(t, 400, "at most 64 characters")
	v.post("/session/set", "key", "x", "value", strings.Repeat("x", 40_000)).want(t, 400, "too large")
	v.post("/session/expiry", "expiry", "never").want(t, 400, "Choose one")
	if n := v.session().Len(); n != 1 {
		t.Errorf("there are %d keys, want 1", n)
	}
	full := v.session()
	for i := range 99 {
		full.Set(fmt.Sprintf("demo.%d", i), "")
	}
	if err := full.Save(); err != nil {
		t.Fatal(err)
	}
	v.post("/session/set", "key", "onemore").want(t, 400, "already holds 100 keys")
	v.post("/session/set", "key", "0", "value", "a change is none more").want(t, 303)
}

// Keys with an underscore are there, but not their values; and values of every
// kind can be read.
func TestWhatIsShown(t *testing.T) {
	v := newWorld(t).visitor()
	v.get("/ssession")
	s := v.session()
	s.Set("_auth_user_hash", "top secret")
	s.Set("list", []any{1, "zwei", nil})
	s.Set("whole", int64(12345678901))
	s.Set("pi", 3.25)
	s.Set("yes", true)
	s.Set("none", nil)
	s.Set("object", map[string]any{"a": 1})
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	page := v.get("/")
	page.want(t, 200, "<bdi>_auth_user_hash</bdi>", "••••", "not shown", "[1,&#34;zwei&#34;,null]", "12345678901",
		"3.25", "true", "null", "{&#34;a&#34;:1}", "list", "integer", "number", "boolean", "object", "irfan.sssit@gmail.com")
	if strings.Contains(page.body, "top secret") {
		t.Error("a value that is to be masked is shown")
	}
	if strings.Contains(page.body, v.cookie("sessionid")) {
		t.Error("the session's key is shown")
	}
}

func TestExpiry(t *testing.T) {
	v := newWorld(t).visitor()
	v.get("/ssession")
	v.get("/").want(t, 200, "in 13 days 23 hours", "at the same time", `value="default" selected`)
	for choice, part := range map[string]string{
		"1d": "in 23 hours 59 minutes", "10m": "in 9 minutes 59 seconds",
		"browser": "when your browser closes", "default": "in 13 days 23 hours",
	} {
		v.post("/session/expiry", "expiry", choice).want(t, 303)
		v.get("/").want(t, 200, part, `value="`+choice+`" selected`)
	}
}

// The page tells when the stored session ends, not when it would if it were
// saved now.
func TestExpiryIsTheStoredOne(t *testing.T) {
	v := newWorld(t).visitor()
	v.get("/ssession")
	key, ends := v.cookie("sessionid"), time.Now().Add(36*time.Hour+30*time.Minute)
	if err := v.store.Touch(t.Context(), key, ends); err != nil {
		t.Fatal(err)
	}
	v.get("/").want(t, 200, "in 1 day 12 hours", ends.UTC().Format("2 January 2006, 15:04:05"))
}

func TestCycleAndFlush(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	v.get("/ssession")
	old := v.cookie("sessionid")
	v.post("/session/cycle").want(t, 303)
	if v.cookie("sessionid") == old {
		t.Fatal("the key is the same")
	}
	if got := v.get("/gsession").body; got != "irfan irfan.sssit@gmail.com" {
		t.Errorf("after the key was cycled /gsession answers %q", got)
	}
	v.post("/session/flush").want(t, 303)
	if n := w.count(); n != 0 || v.cookie("sessionid") != "" {
		t.Errorf("after the end there are %d sessions and the cookie %q", n, v.cookie("sessionid"))
	}
	v.get("/gsession").want(t, 200, "nothing is set")
}
