package sessions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file replays whole requests as Django's own middleware answered them.

type middlewareCase struct {
	Name            string
	Engine          string
	Settings        map[string]any
	Time            float64
	Existing        *string
	ExistingKey     string   `json:"existing_key"`
	ExistingCreated *float64 `json:"existing_created_at"`
	Cookie          *string  `json:"request_cookie_header"`
	Ops             [][]json.RawMessage
	Middleware      []string
	Response        struct {
		Status    int
		SetCookie []string `json:"set_cookie"`
		Vary      *string
	}
	Reads        []any
	SessionAfter *struct {
		Key      *string
		Accessed bool
		Modified bool
		IsEmpty  bool `json:"is_empty"`
	} `json:"session_after"`
	StoreAfter map[string]struct {
		Data       string
		ExpireDate time.Time `json:"expire_date"`
	} `json:"store_after"`
}

// departure says why a case differs from Django on purpose, and how. Nil and
// zero fields are as in Django. docs/design.md explains each reason.
type departure struct {
	reason    string
	status    int
	setCookie []string
	vary      string
	store     map[string]string
}

const (
	notRepeated  = "a cookie is not sent again unless its key is new or its life longer"
	valuesCopied = "values are read as copies: what is to be stored is set"
	neverCreates = "saving at every request extends sessions and never creates one; a dead cookie is deleted"
	onlyTouched  = "a request that changed nothing is not interrupted when its session ends"
	movesAtSave  = "a key moves when the session is saved, so a failed request leaves it alive"
	merged       = "concurrent changes are merged"
	modeNotText  = "SameSite is one of net/http's modes, in its spelling"

	existing  = "existingsessionkey00000000000000"
	lifeTaken = `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
	inTwoWeek = " until 2023-11-28T22:13:20Z"
)

var departures = map[string]departure{
	"existing_setdefault_absent":          {reason: notRepeated, setCookie: []string{}},
	"clear_existing":                      {reason: notRepeated, setCookie: []string{}},
	"set_save_in_view_existing":           {reason: notRepeated, setCookie: []string{}},
	"test_cookie_check":                   {reason: notRepeated, setCookie: []string{}},
	"existing_iso_expiry_modified":        {reason: notRepeated, setCookie: []string{}},
	"existing_nested_mutation_marked":     {reason: valuesCopied, setCookie: []string{}, store: map[string]string{existing: `{"l":[1]}` + inTwoWeek}},
	"ser_unknown_untouched":               {reason: neverCreates, setCookie: []string{lifeTaken}, store: map[string]string{}},
	"ser_expired_untouched":               {reason: neverCreates, setCookie: []string{lifeTaken}, store: map[string]string{}},
	"status_500_cycle_key":                {reason: movesAtSave, store: map[string]string{existing: `{"hello":"world"}` + inTwoWeek}},
	"row_changed_mid_request_lost_update": {reason: merged, setCookie: []string{}, store: map[string]string{existing: `{"hello":"world","other":1,"mine":2}` + inTwoWeek}},
	"row_deleted_ser":                     {reason: onlyTouched, status: 200, vary: "Cookie"},
	"attr_samesite_lower_delete":          {reason: modeNotText, setCookie: []string{lifeTaken}},
}

func TestMiddlewareLikeDjango(t *testing.T) {
	var file struct{ Cases []middlewareCase }
	readVectors(t, "middleware.json", &file)
	ran := 0
	for _, c := range file.Cases {
		if c.Engine != "db" || c.Middleware != nil {
			continue // other layouts and Django's other applications: package django
		}
		ran++
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
	if ran < 80 {
		t.Errorf("only %d cases ran", ran)
	}
}

func (c *middlewareCase) run(t *testing.T) {
	cfg, ok := c.config(t)
	if refused := c.Name == "attr_samesite_invalid_set"; ok == refused {
		t.Fatalf("New takes the settings: %t", ok)
	} else if refused {
		return // Django finds out at the first response
	}
	m, now := newWorld(t, cfg)
	if c.Existing != nil {
		now.Time = unix(*c.ExistingCreated)
		plant(t, m, "existingsessionkey00000000000000", *c.Existing)
	}
	now.Time = unix(c.Time)

	r := httptest.NewRequest("GET", "/", nil)
	if c.Cookie != nil {
		r.Header.Set("Cookie", *c.Cookie)
	}
	w := httptest.NewRecorder()
	view := &view{t: t, m: m, ops: c.Ops, status: 200}
	m.Middleware(view).ServeHTTP(w, r)
	c.compare(t, m, now, view, w)
}

// config translates Django's settings; it reports false where New refuses them.
func (c *middlewareCase) config(t *testing.T) (sessions.Config, bool) {
	cfg := sessions.Config{Cookie: sessions.Cookie{AllowHTTP: true}}
	invalid := false
	for name, v := range c.Settings {
		switch name {
		case "SESSION_COOKIE_NAME":
			cfg.Cookie.Name = v.(string)
		case "SESSION_COOKIE_PATH":
			cfg.Cookie.Path = v.(string)
		case "SESSION_COOKIE_DOMAIN":
			cfg.Cookie.Domain = v.(string)
		case "SESSION_COOKIE_SECURE":
			cfg.Cookie.AllowHTTP = !v.(bool)
		case "SESSION_COOKIE_HTTPONLY":
			cfg.Cookie.AllowScripts = !v.(bool)
		case "SESSION_COOKIE_AGE":
			cfg.Lifetime = time.Duration(v.(float64)) * time.Second
		case "SESSION_EXPIRE_AT_BROWSER_CLOSE":
			cfg.ExpireAtBrowserClose = v.(bool)
		case "SESSION_SAVE_EVERY_REQUEST":
			cfg.SaveEveryRequest = v.(bool)
		case "SESSION_COOKIE_SAMESITE":
			modes := map[string]http.SameSite{
				"lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
				"false": http.SameSiteDefaultMode, "<nil>": http.SameSiteDefaultMode,
			}
			mode, ok := modes[strings.ToLower(fmt.Sprint(v))]
			cfg.Cookie.SameSite, invalid = mode, !ok
		default:
			t.Fatalf("setting %s is not known to this test", name)
		}
	}
	_, err := sessions.New(nopStore{}, cfg)
	return cfg, err == nil && !invalid
}

// nopStore is for configurations that are only to be checked.
type nopStore struct{ sessions.Store }

var newKeys = regexp.MustCompile(`new\dx{28}`)

func (c *middlewareCase) compare(t *testing.T, m *sessions.Manager, now *clock, v *view, w *httptest.ResponseRecorder) {
	want, departs := c.Response, departures[c.Name]
	if departs.status != 0 {
		want.Status = departs.status
	}
	if departs.setCookie != nil {
		want.SetCookie = departs.setCookie
	}
	if w.Code != want.Status {
		t.Errorf("status %d, want %d", w.Code, want.Status)
	}
	// Django's new keys are named by a counter, ours are at random.
	known := map[string]string{}
	named := func(key string) string {
		if key == "" || key == `""` || c.Cookie != nil && strings.Contains(*c.Cookie, key) || strings.HasPrefix(key, "existing") {
			return key
		}
		if known[key] == "" {
			known[key] = "new"
		}
		return known[key]
	}
	plain := func(text string) string { return newKeys.ReplaceAllString(text, "new") }

	var cookies []string
	for _, line := range w.Result().Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		cookies = append(cookies, name+"="+named(value)+";"+attributes)
	}
	var wantCookies []string
	for _, line := range want.SetCookie {
		wantCookies = append(wantCookies, plain(line))
	}
	if !slices.Equal(cookies, wantCookies) {
		t.Errorf("Set-Cookie\n got %q\nwant %q", cookies, wantCookies)
	}
	wantVary := ""
	if want.Vary != nil {
		wantVary = *want.Vary
	}
	if departs.vary != "" {
		wantVary = departs.vary
	}
	if got := w.Result().Header.Get("Vary"); got != wantVary {
		t.Errorf("Vary %q, want %q", got, wantVary)
	}
	if c.Reads != nil && departs.status == 0 && !reflect.DeepEqual(v.reads, c.Reads) && (len(v.reads) > 0 || len(c.Reads) > 0) {
		t.Errorf("reads %v, want %v", v.reads, c.Reads)
	}

	if after := c.SessionAfter; after != nil && departs.reason == "" {
		key := ""
		if after.Key != nil {
			key = plain(*after.Key)
		}
		if s := v.session; named(s.Key()) != key || s.Accessed() != after.Accessed || s.Modified() != after.Modified || s.IsEmpty() != after.IsEmpty {
			t.Errorf("afterwards key %q, accessed %t, modified %t, empty %t; want %q, %t, %t, %t",
				named(s.Key()), s.Accessed(), s.Modified(), s.IsEmpty(), key, after.Accessed, after.Modified, after.IsEmpty)
		}
	}

	got := map[string]string{}
	lister, _ := sessions.Capability[sessions.Lister](m.Store())
	for l, err := range lister.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[named(l.Key)] = string(l.Record.Data) + " until " + l.Record.Expires.UTC().Format(time.RFC3339Nano)
	}
	wantStore := map[string]string{}
	for key, row := range c.StoreAfter {
		if row.ExpireDate.After(now.Time) {
			wantStore[plain(key)] = string(canonical(t, row.Data)) + " until " + row.ExpireDate.UTC().Format(time.RFC3339Nano)
		}
	}
	if departs.store != nil {
		wantStore = departs.store
	}
	if !reflect.DeepEqual(got, wantStore) {
		t.Errorf("store\n got %v\nwant %v", got, wantStore)
	}
}

// view runs the operations of a case as a handler would.
type view struct {
	session   *sessions.Session
	t         *testing.T
	m         *sessions.Manager
	ops       [][]json.RawMessage
	reads     []any
	status    int
	streaming bool
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	v.session = s
	for _, op := range v.ops {
		if !v.do(op, s, w) {
			v.status = 500
			break
		}
	}
	if v.streaming {
		w.WriteHeader(v.status)
		w.(http.Flusher).Flush()
	} else if v.status != 200 {
		w.WriteHeader(v.status)
	}
}

func (v *view) read(value any) {
	// As JSON has it, to compare with the file.
	text, _ := json.Marshal(value)
	var plain any
	_ = json.Unmarshal(text, &plain)
	v.reads = append(v.reads, plain)
}

// do reports false where the view of the case would raise.
func (v *view) do(op []json.RawMessage, s *sessions.Session, w http.ResponseWriter) bool {
	name, key := text(op[0]), ""
	if len(op) > 1 {
		key = text(op[1])
	}
	switch name {
	case "get":
		v.read(s.Get(key))
	case "has":
		v.read(s.Has(key))
	case "keys":
		v.read(s.Keys())
	case "set":
		s.Set(key, op[2])
	case "del":
		return s.Delete(key)
	case "pop":
		value, ok := s.Pop(key)
		if !ok {
			value = op[2]
		}
		v.read(value)
	case "setdefault":
		v.read(s.SetDefault(key, op[2]))
	case "update":
		var values map[string]any
		_ = json.Unmarshal(op[1], &values)
		s.SetAll(values)
	case "clear":
		s.Clear()
	case "flush":
		_ = s.Flush()
	case "cycle_key":
		s.CycleKey()
	case "save":
		_ = s.Save()
	case "create":
		_ = s.Create()
	case "delete":
		_ = s.DeleteRecord()
	case "set_expiry":
		v.setExpiry(s, op[1])
	case "set_test_cookie":
		s.SetTestCookie()
	case "test_cookie_worked":
		v.read(s.TestCookieWorked())
	case "delete_test_cookie":
		return s.DeleteTestCookie()
	case "nested_append":
		list, _ := s.Get(key).([]any)
		_ = append(list, op[2])
	case "mark_modified":
		s.SetModified(true)
	case "get_expiry_age":
		v.read(s.ExpiryAge().Seconds())
	case "get_expire_at_browser_close":
		v.read(s.ExpiresAtBrowserClose())
	case "is_empty":
		v.read(s.IsEmpty())
	case "session_key":
		v.read(s.Key())
	case "flags":
		v.read(map[string]bool{"accessed": s.Accessed(), "modified": s.Modified()})
	case "external_delete":
		_ = v.m.End(v.t.Context(), s.Key())
	case "external_set":
		err := v.m.Update(v.t.Context(), s.Key(), func(o *sessions.Session) error { o.Set(key, op[2]); return nil })
		if err != nil {
			v.t.Error(err)
		}
	case "status":
		_ = json.Unmarshal(op[1], &v.status)
	case "vary":
		w.Header().Set("Vary", key)
	case "streaming":
		v.streaming = true
	case "raise":
		return false
	default:
		v.t.Fatalf("operation %s is not known to this test", name)
	}
	return true
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

func (v *view) setExpiry(s *sessions.Session, raw json.RawMessage) {
	var arg map[string]any
	if err := json.Unmarshal(raw, &arg); err != nil {
		v.t.Fatal(err)
	}
	for kind, value := range arg {
		switch kind {
		case "int", "float":
			s.ExpireAfter(time.Duration(value.(float64) * float64(time.Second)))
		case "timedelta":
			s.ExpireIn(time.Duration(value.(float64) * float64(time.Second)))
		case "datetime":
			at, err := time.Parse(time.RFC3339, value.(string))
			if err != nil {
				v.t.Fatal(err)
			}
			s.ExpireAt(at)
		default:
			v.t.Fatalf("expiry %s", kind)
		}
	}
	if arg == nil {
		s.ResetExpiry()
	}
}
