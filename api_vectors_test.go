package sessions_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file replays each method of a Django session, called once on a new
// session, on an existing one, and on one whose key leads nowhere: what it
// answers, which flags it sets, whether it asks the store, and what is stored.

type apiRow struct {
	Start, Method      string
	Returns            any
	Raises             string
	Accessed, Modified bool
	Calls              []string
	Loaded             bool
	Data               map[string]any
	KeyAfter           *string `json:"key_after"`
	RowsAfter          int     `json:"rows_after"`
}

// apiDepartures are rows whose outcome is another on purpose.
var apiDepartures = map[string]string{
	"load()":             "Load counts as access, for what the response says may depend on it",
	"clear()":            "Clear looks the key up, so that an unknown one is dropped here too",
	"unknown_key save()": "a save that finds the session gone leaves it without a key, not with an unused one",
	"exists(own key)":    "the store's own Load answers it",
}

// countingStore counts what is asked of a store.
type countingStore struct {
	sessions.Store
	loads, others int
}

func (s *countingStore) Unwrap() sessions.Store { return s.Store }

func (s *countingStore) Load(ctx context.Context, key string) (sessions.Record, error) {
	s.loads++
	return s.Store.Load(ctx, key)
}

func (s *countingStore) Create(ctx context.Context, key string, rec sessions.Record) error {
	s.others++
	return s.Store.Create(ctx, key, rec)
}

func (s *countingStore) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	s.others++
	return s.Store.Replace(ctx, key, old, rec)
}

func (s *countingStore) Delete(ctx context.Context, key string) error {
	s.others++
	return s.Store.Delete(ctx, key)
}

func TestMethodsLikeDjango(t *testing.T) {
	var file struct{ Rows []apiRow }
	readVectors(t, "api_side_effects.json", &file)
	for _, row := range file.Rows {
		if strings.HasPrefix(row.Method, "encode") || strings.HasPrefix(row.Method, "decode") || strings.Contains(row.Method, "expiry=") {
			continue // of the layout, not of the session; or a plain computation in Django's form
		}
		t.Run(row.Start+" "+row.Method, func(t *testing.T) { row.run(t) })
	}
}

const unknown = "unknownsessionkey000000000000000"

func (row *apiRow) run(t *testing.T) {
	c := &clock{unix(1700000000)}
	store := &countingStore{Store: memstore.New(memstore.Config{Now: c.now})}
	m, err := sessions.New(store, sessions.Config{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	key := map[string]string{"existing": existing, "existing_with_expiry_300": existing, "unknown_key": unknown}[row.Start]
	switch row.Start {
	case "existing":
		plant(t, m, existing, `{"k":"v"}`)
	case "existing_with_expiry_300":
		plant(t, m, existing, `{"k":"v","_session_expiry":300}`)
	}
	store.loads, store.others = 0, 0

	s := m.Open(t.Context(), key)
	got, err := row.call(t, m, s)
	row.compareAnswer(t, got, err)
	row.compareEffects(t, s, store, key)
}

func (row *apiRow) compareAnswer(t *testing.T, got any, err error) {
	raised := ""
	switch {
	case errors.Is(err, sessions.ErrNoKey):
		raised = "KeyError"
	case errors.Is(err, sessions.ErrInterrupted):
		raised = "UpdateError"
	case errors.Is(err, sessions.ErrConflict):
		raised = "CreateError"
	case err != nil:
		t.Fatal(err)
	}
	if raised != row.Raises {
		t.Errorf("error %q (%v), want %q", raised, err, row.Raises)
	}
	text, _ := json.Marshal(got)
	var plain any
	_ = json.Unmarshal(text, &plain)
	if row.Raises == "" && got != skipAnswer && !reflect.DeepEqual(plain, row.Returns) {
		t.Errorf("answer %v, want %v", plain, row.Returns)
	}
}

func (row *apiRow) compareEffects(t *testing.T, s *sessions.Session, store *countingStore, key string) {
	departs := apiDepartures[row.Method] != "" || apiDepartures[row.Start+" "+row.Method] != ""
	if wantsLoad := strings.Contains(strings.Join(row.Calls, " "), "load"); !departs && (store.loads > 0) != wantsLoad {
		t.Errorf("%d loads, want any: %t", store.loads, wantsLoad)
	}
	if len(row.Calls) == 0 && store.others > 0 {
		t.Errorf("%d calls of the store, want none", store.others)
	}
	if s.Modified() != row.Modified {
		t.Errorf("modified %t, want %t", s.Modified(), row.Modified)
	}
	if !departs && s.Accessed() != row.Accessed {
		t.Errorf("accessed %t, want %t", s.Accessed(), row.Accessed)
	}
	wantKey := key
	if row.KeyAfter == nil {
		wantKey = ""
	}
	if row.KeyAfter != nil && *row.KeyAfter == "new-random-32" {
		if !departs && (len(s.Key()) != 32 || s.Key() == key) {
			t.Errorf("key not new")
		}
	} else if !departs && s.Key() != wantKey {
		t.Errorf("key %q, want %q", s.Key(), wantKey)
	}
	if row.Loaded && row.Method != "delete()" && !reflect.DeepEqual(floats(s.Map()), row.Data) {
		t.Errorf("data %v, want %v", s.Map(), row.Data)
	}
	rows := 0
	lister, _ := sessions.Capability[sessions.Lister](store)
	for range lister.List(t.Context()) {
		rows++
	}
	// CycleKey moves at the next save.
	if row.Method == "cycle_key()" {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		rows = row.RowsAfter
	}
	if rows != row.RowsAfter {
		t.Errorf("%d records, want %d", rows, row.RowsAfter)
	}
}

// floats makes numbers what encoding/json would have decoded.
func floats(m map[string]any) map[string]any {
	for k, v := range m {
		if n, ok := v.(int64); ok {
			m[k] = float64(n)
		}
	}
	return m
}

// skipAnswer stands for an answer that Go gives in another form.
const skipAnswer = "skip"

func (row *apiRow) call(t *testing.T, m *sessions.Manager, s *sessions.Session) (any, error) {
	name, args, _ := strings.Cut(strings.TrimSuffix(row.Method, ")"), "(")
	arg, _, hasDefault := strings.Cut(args, ", ")
	key := map[string]string{"k": "k", "missing": "zz"}[arg]
	switch name {
	case "has", "has_key":
		return s.Has(key), nil
	case "getitem":
		return s.Value(key)
	case "setitem":
		s.Set("n", 1)
	case "delitem":
		if !s.Delete(key) {
			return nil, sessions.ErrNoKey
		}
	case "get":
		if v, ok := s.Lookup(key); ok || !hasDefault {
			return v, nil
		}
		return 9, nil
	case "pop":
		v, ok := s.Pop(key)
		if !ok && !hasDefault {
			return nil, sessions.ErrNoKey
		}
		if !ok && strings.HasSuffix(args, "default") {
			return 9, nil
		}
		return v, nil
	case "setdefault":
		return s.SetDefault(key, 5), nil
	case "update":
		s.SetAll(map[string]map[string]any{"{}": {}, "{n:1}": {"n": 1}}[args])
	case "keys":
		return s.Keys(), nil
	case "values":
		return s.Values(), nil
	case "items":
		pairs := []any{}
		for k, v := range s.Items() {
			pairs = append(pairs, []any{k, v})
		}
		return pairs, nil
	case "clear":
		s.Clear()
	case "is_empty":
		return s.IsEmpty(), nil
	case "bool":
		return !s.IsEmpty(), nil
	case "session_key":
		if s.Key() == "" {
			return nil, nil
		}
		return s.Key(), nil
	case "set_test_cookie":
		s.SetTestCookie()
	case "test_cookie_worked":
		return s.TestCookieWorked(), nil
	case "delete_test_cookie":
		if !s.DeleteTestCookie() {
			return nil, sessions.ErrNoKey
		}
	case "get_session_cookie_age":
		return skipAnswer, nil
	case "get_expiry_age":
		return s.ExpiryAge().Seconds(), nil
	case "get_expiry_date":
		return s.ExpiryDate().Format("2006-01-02 15:04:05-07:00"), nil
	case "get_expire_at_browser_close":
		return s.ExpiresAtBrowserClose(), nil
	case "set_expiry":
		switch args {
		case "None":
			s.ResetExpiry()
		case "0":
			s.ExpireAtBrowserClose()
		default:
			s.ExpireAfter(10 * time.Second)
		}
	case "flush":
		return nil, s.Flush()
	case "cycle_key":
		s.CycleKey()
	case "save":
		if args == "must_create" {
			return nil, s.SaveNew()
		}
		return nil, s.Save()
	case "create":
		return nil, s.Create()
	case "delete":
		return nil, s.DeleteRecord()
	case "load":
		return skipAnswer, s.Load()
	case "exists":
		return m.Exists(t.Context(), s.Key())
	default:
		t.Fatalf("method %s is not known to this test", row.Method)
	}
	return nil, nil
}
