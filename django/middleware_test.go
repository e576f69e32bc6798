//go:build unix && !aix && !solaris

package django_test

import (
	"context"
	"encoding/json"
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
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file replays whole requests to a Django site, with its file and
// signed_cookies engines and its applications auth, csrf and messages.

type requestCase struct {
	Name, Engine string
	Settings     map[string]any
	Time         float64
	Existing     *string
	Created      float64 `json:"existing_created_at"`
	Cookie       string  `json:"request_cookie_header"`
	Ops          [][]json.RawMessage
	Middleware   []string
	Response     struct {
		Status    int
		SetCookie []string `json:"set_cookie"`
		Vary      string
	}
	Reads      []any
	StoreAfter map[string]struct{ Data string } `json:"store_after"`
}

const existingKey = "existingsessionkey00000000000000"

func TestRequestsToDjango(t *testing.T) {
	cases := readVectors[struct{ Cases []requestCase }](t, "../../testdata/django/middleware").Cases
	ran := 0
	for _, c := range cases {
		// Those of the db engine without applications are package sessions'; the
		// cache engines' are with the stores of caches.
		if c.Engine != "file" && c.Engine != "signed_cookies" && c.Middleware == nil {
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
	if ran < 30 {
		t.Errorf("only %d cases", ran)
	}
}

// loadUser is what the site of the cases knows of its users 1 and 2.
func loadUser(_ context.Context, id string) (int, string, error) {
	switch id {
	case "1", "2":
		return int(id[0] - '0'), "pbkdf2_sha256$1$salt$hash" + id, nil
	}
	return 0, "", django.ErrNoUser
}

func newAuth(t testing.TB, config django.AuthConfig) *django.Auth[int] {
	t.Helper()
	auth, err := django.NewAuth(django.Secret(vectorSecret), loadUser, config)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func (c *requestCase) run(t *testing.T) {
	now := clock(c.Time)
	if c.Existing != nil {
		now = clock(c.Created)
	}
	cfg := c.config(t)
	cfg.Now = func() time.Time { return now }
	w := newFileWorld(t, cfg)
	m := w.Manager
	if c.Engine == "signed_cookies" {
		codec := newCookieCodec(t, django.Secret(vectorSecret), twoWeeks, django.CodecConfig{})
		var err error
		if m, err = sessions.NewSealed(codec, cfg); err != nil {
			t.Fatal(err)
		}
	} else if c.Existing != nil {
		w.put(t, "sessionid"+existingKey, w.encode(t, canonical(t, *c.Existing)), now)
	}
	now = clock(c.Time)

	r := httptest.NewRequest("GET", "/", nil)
	if c.Cookie != "" {
		r.Header.Set("Cookie", c.Cookie)
	}
	recorder := httptest.NewRecorder()
	view := &view{t: t, m: m, auth: newAuth(t, django.AuthConfig{}), ops: c.Ops, status: 200}
	m.Middleware(view).ServeHTTP(recorder, r)
	compare(t, "middleware/"+c.Name, c.differences(t, w, view, recorder)...)
}

func (c *requestCase) config(t *testing.T) sessions.Config {
	t.Helper()
	s := django.DefaultSettings()
	s.SecretKey = django.Secret(vectorSecret)
	if err := s.ReadMap(c.Settings); err != nil {
		t.Fatal(err)
	}
	cfg, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func canonical(t testing.TB, text string) string {
	t.Helper()
	data, err := pyjson.Normalize([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var newKeys = regexp.MustCompile(`\b(sessionid=?)(new\dx{28}|[a-z0-9]{32}\b)`)

// named calls every key that is not in the request new: Django's come from a
// counter there, ours from chance.
func named(text string) string {
	return newKeys.ReplaceAllStringFunc(text, func(match string) string {
		if strings.HasSuffix(match, existingKey) {
			return match
		}
		return newKeys.ReplaceAllString(match, "${1}new")
	})
}

func (c *requestCase) differences(t *testing.T, w *fileWorld, v *view, r *httptest.ResponseRecorder) (differences []string) {
	differ := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			differences = append(differences, fmt.Sprintf("%s %v, want %v", what, got, want))
		}
	}
	cookies, want := []string{}, []string{}
	for _, line := range r.Result().Header["Set-Cookie"] {
		cookies = append(cookies, named(line))
	}
	for _, line := range c.Response.SetCookie {
		if !strings.HasPrefix(line, "csrftoken=") { // that middleware's own
			want = append(want, named(line))
		}
	}
	differ("status", r.Code, c.Response.Status)
	differ("Set-Cookie", cookies, want)
	differ("Vary", r.Result().Header.Get("Vary"), c.Response.Vary)
	if len(v.reads)+len(c.Reads) > 0 {
		differ("reads", v.reads, c.Reads)
	}
	stored, wanted := map[string]string{}, map[string]string{}
	for name, content := range w.files(t) {
		data, err := w.codec.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		stored[named(name)] = string(data)
	}
	for key, row := range c.StoreAfter {
		wanted[named("sessionid"+strings.TrimPrefix(key, "sessionid"))] = canonical(t, row.Data)
	}
	differ("stored", stored, wanted)
	return differences
}

// view runs the operations of a case as a handler would.
type view struct {
	t      *testing.T
	m      *sessions.Manager
	auth   *django.Auth[int]
	ops    [][]json.RawMessage
	reads  []any
	status int
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, op := range v.ops {
		args := make([]any, len(op))
		for i, raw := range op {
			if err := json.Unmarshal(raw, &args[i]); err != nil {
				v.t.Fatal(err)
			}
		}
		if err := v.do(r.Context(), sessions.From(r), args); err != nil {
			v.t.Error(err)
		}
	}
	if v.status != 200 {
		w.WriteHeader(v.status)
	}
}

// read notes what the view of the case would, as JSON has it.
func (v *view) read(value any) {
	text, err := json.Marshal(value)
	if err != nil {
		v.t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		v.t.Fatal(err)
	}
	v.reads = append(v.reads, plain)
}

func (v *view) do(ctx context.Context, s *sessions.Session, op []any) error {
	name, key := op[0].(string), ""
	if len(op) > 1 {
		key = fmt.Sprint(op[1])
	}
	switch name {
	case "get":
		v.read(s.Get(key))
	case "has":
		v.read(s.Has(key))
	case "keys":
		v.read(s.Keys())
	case "set":
		s.Set(key, json.RawMessage(fmt.Appendf(nil, "%#v", op[2])))
	case "del":
		s.Delete(key)
	case "clear":
		s.Clear()
	case "flush":
		return s.Flush()
	case "cycle_key":
		s.CycleKey()
	case "set_expiry":
		seconds := op[1].(map[string]any)["int"].(float64)
		s.ExpireAfter(time.Duration(seconds) * time.Second)
	case "external_delete":
		return v.m.End(ctx, s.Key())
	case "status":
		v.status = int(op[1].(float64))
	case "login":
		_, err := v.auth.Login(ctx, s, key)
		return err
	case "logout":
		return v.auth.Logout(s)
	case "user":
		id, ok, err := v.auth.User(ctx, s)
		v.read(map[bool]any{true: id}[ok])
		return err
	case "csrf_token":
		return v.csrfToken(s)
	case "message":
		django.AddMessage(s, int(op[1].(float64)), op[2].(string), op[3].(string))
	case "read_messages":
		texts := []string{}
		for _, m := range django.ReadMessages(s) {
			texts = append(texts, m.Text)
		}
		v.read(texts)
	default:
		v.t.Fatalf("operation %s is not known to this test", name)
	}
	return nil
}

// csrfToken does what Django's CSRF protection does to a session, if it is told
// to use it: the secret is kept, or made. Its token has a mask as long before it.
func (v *view) csrfToken(s *sessions.Session) error {
	secret := strings.Repeat("C", 32)
	if strings.Contains(v.t.Name(), "use_sessions") {
		secret, _ = s.SetDefault(django.CSRFTokenKey, secret).(string)
	}
	v.read(2 * len(secret))
	return nil
}
