package site_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/site"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is the world of the tests: a server with the site, and visitors.

// world is a running site.
type world struct {
	*httptest.Server
	t     *testing.T
	store *memstore.Store
	m     *sessions.Manager
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store := memstore.New(memstore.Config{})
	m, err := sessions.New(store, sessions.Config{
		Cookie: sessions.Cookie{AllowHTTP: true},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	commands := []site.Command{{Usage: "cloakroom migrate", Does: "Make the <table>"}}
	server := httptest.NewServer(site.New(m, site.Config{Commands: commands}))
	t.Cleanup(server.Close)
	return &world{server, t, store, m}
}

// count is how many sessions are stored.
func (w *world) count() int {
	w.t.Helper()
	n := 0
	for _, err := range w.store.List(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		n++
	}
	return n
}

// visitor is a browser: it keeps cookies, and shows redirects.
type visitor struct {
	*world
	client *http.Client
}

func (w *world) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &visitor{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

func (v *visitor) do(method, path string, form url.Values, header ...string) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{response, string(body)}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.do("GET", path, nil)
}

var tokenInput = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]*)"`)

// token reads the token from the page, as a browser does.
func (v *visitor) token() string {
	v.t.Helper()
	found := tokenInput.FindStringSubmatch(v.get("/").body)
	if found == nil {
		v.t.Fatal("the page has no token")
	}
	return html.UnescapeString(found[1])
}

// post sends a form of the page, and answers what it answered.
func (v *visitor) post(path string, fields ...string) answer {
	v.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {v.token()}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.do("POST", path, form)
}

// cookie is what the visitor keeps under name, or empty.
func (v *visitor) cookie(name string) string {
	v.t.Helper()
	at, err := url.Parse(v.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// session is the visitor's, as the store has it.
func (v *visitor) session() *sessions.Session {
	v.t.Helper()
	return v.m.Open(v.t.Context(), v.cookie("sessionid"))
}

func (a answer) want(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s answered %d, want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, status)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Fatalf("%s %s lacks %q:\n%s", a.Request.Method, a.Request.URL, part, a.body)
		}
	}
}
