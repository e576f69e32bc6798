package sessions_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is about values: what goes in comes out, exactly, also by way of
// the store.

// through stores a value and returns its JSON text and what comes back.
func through(t *testing.T, value any) (text string, back any) {
	t.Helper()
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	s.Set("v", value)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	rec, err := m.Store().Load(t.Context(), s.Key())
	if err != nil {
		t.Fatal(err)
	}
	back, err = m.Open(t.Context(), s.Key()).Value("v")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(rec.Data), `{"v":`), "}"), back
}

type money float64

func (m money) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `"%.2f €"`, float64(m)), nil }

type inner struct {
	Price float64 `json:"price"`
	Note  string  `json:",omitempty"`
}

type outer struct {
	inner
	Float  float32          `json:"float"`
	List   []float64        `json:"list"`
	ByName map[int]float64  `json:"by_name"`
	Any    any              `json:"any"`
	Self   *outer           `json:"self,omitempty"`
	Quoted float64          `json:"quoted,string"`
	Money  money            `json:"money"`
	When   time.Time        `json:"when,omitzero"`
	Bytes  []byte           `json:"bytes"`
	Raw    json.RawMessage  `json:"raw"`
	Hidden string           `json:"-"`
	secret string           //nolint:unused // must not be written
	Names  map[string]money `json:"names"`
}

func TestValuesSurviveExactly(t *testing.T) {
	huge, _ := new(big.Int).SetString(strings.Repeat("1234567890", 40), 10)
	for _, c := range []struct {
		value any
		text  string
		back  any
	}{
		{nil, "null", nil},
		{true, "true", true},
		{"", `""`, ""},
		{"héllo 日本 😀 \x7f </script>&\u2028", `"h\u00e9llo \u65e5\u672c \ud83d\ude00 \u007f </script>&\u2028"`, "héllo 日本 😀 \x7f </script>&\u2028"},
		{"a\"\\\b\f\n\r\t\x00/", `"a\"\\\b\f\n\r\t\u0000/"`, "a\"\\\b\f\n\r\t\x00/"},
		{"\xed\xa0\x80 alone", `"\ud800 alone"`, "\xed\xa0\x80 alone"},
		{0, "0", int64(0)},
		{math.MaxInt64, "9223372036854775807", int64(math.MaxInt64)},
		{uint64(math.MaxUint64), "18446744073709551615", new(big.Int).SetUint64(math.MaxUint64)},
		{huge, huge.String(), huge},
		{1.0, "1.0", 1.0},
		{float32(0.1), "0.1", 0.1},
		{0.0, "0.0", 0.0},
		{math.Copysign(0, -1), "-0.0", math.Copysign(0, -1)},
		{1e16, "1e+16", 1e16},
		{1e22, "1e+22", 1e22},
		{0.0001, "0.0001", 0.0001},
		{0.00001, "1e-05", 0.00001},
		{math.Inf(-1), "-Infinity", math.Inf(-1)},
		{[]any{1, 1.0, nil, "x", []any{}}, `[1,1.0,null,"x",[]]`, []any{int64(1), 1.0, nil, "x", []any{}}},
		{map[string]any{"b": 1, "a": map[string]any{}}, `{"a":{},"b":1}`, map[string]any{"a": map[string]any{}, "b": int64(1)}},
		{json.Number("1.50"), "1.5", 1.5},
		{json.RawMessage(" [1.0 , 2E1, NaN, \"\\u0041\"] "), `[1.0,20.0,NaN,"A"]`, nil},
		{[]string(nil), "null", nil},
		{[2]bool{true}, "[true,false]", []any{true, false}},
		{time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC), `"2030-01-02T03:04:05.000000006Z"`, "2030-01-02T03:04:05.000000006Z"},
		{money(3), `"3.00 \u20ac"`, "3.00 €"},
		{
			outer{inner: inner{Price: 2}, Float: 1, List: []float64{1, 2.5}, ByName: map[int]float64{7: 7}, Any: 3.0, Quoted: 4, Money: 5,
				Bytes: []byte("hi"), Raw: json.RawMessage("1"), Hidden: "h", secret: "s", Names: map[string]money{"n": 1}},
			`{"price":2.0,"float":1.0,"list":[1.0,2.5],"by_name":{"7":7.0},"any":3.0,"quoted":"4.0","money":"5.00 \u20ac","bytes":"aGk=","raw":1,"names":{"n":"1.00 \u20ac"}}`, nil,
		},
	} {
		t.Run(fmt.Sprintf("%.40v", c.value), func(t *testing.T) {
			text, back := through(t, c.value)
			if text != c.text {
				t.Errorf("stored %s, want %s", text, c.text)
			}
			if c.back != nil && !reflect.DeepEqual(back, c.back) {
				t.Errorf("came back as %#v, want %#v", back, c.back)
			}
		})
	}
}

func TestNaNSurvives(t *testing.T) {
	if text, back := through(t, math.NaN()); text != "NaN" || !math.IsNaN(back.(float64)) {
		t.Errorf("stored %s, came back as %v", text, back)
	}
}

func TestWhatCannotBeStored(t *testing.T) {
	self := []any{nil}
	self[0] = self
	for name, value := range map[string]any{
		"function": func() {}, "channel": make(chan int), "complex": 1i, "invalid UTF-8": "\xff\xfe", "nested invalid": []any{"\xff"},
		"contains itself": self, "bad RawMessage": json.RawMessage("{"), "two values": json.RawMessage("1 2"), "map of structs": map[struct{}]int{{}: 1},
		"bad Number": json.Number("one"), "huge integer": new(big.Int).Exp(big.NewInt(10), big.NewInt(5000), nil),
	} {
		m, _ := newWorld(t, sessions.Config{})
		s := m.Open(t.Context(), "")
		s.Set("v", value)
		if err := s.Err(); !errors.Is(err, sessions.ErrEncode) {
			t.Errorf("%s: Err answers %v", name, err)
		}
		if err := s.Save(); !errors.Is(err, sessions.ErrEncode) {
			t.Errorf("%s: Save answers %v", name, err)
		}
	}
}

// TestUntouchedIsWrittenBackAsItWas has values in forms that this package would
// not have chosen, or can't even hold.
func TestUntouchedIsWrittenBackAsItWas(t *testing.T) {
	m, now := newWorld(t, sessions.Config{})
	const untouched = `"z":1.50,"int":123456789012345678901234567890,"e":1E5,"esc":"\u0041\/","lone":"\udc00","n":{ "b":1, "a":[ ] },"nan":NaN,"inf":-Infinity,"big":1e400`
	rec := sessions.Record{Data: []byte(`{` + untouched + `,"a":1}`), Expires: now.Add(time.Hour), Created: now.Time}
	if err := m.Store().Create(t.Context(), existing, rec); err != nil {
		t.Fatal(err)
	}
	request(m, existing, func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		for range s.Items() { // reading changes nothing
		}
		s.Set("a", 2)
		s.Set("new", 3)
	})
	got, err := m.Store().Load(t.Context(), existing)
	if want := `{` + untouched + `,"a":2,"new":3}`; err != nil || string(got.Data) != want {
		t.Errorf("stored\n %s\nwant\n %s (%v)", got.Data, want, err)
	}
}

func TestKeysKeepTheirOrder(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	var want []string
	for i := range 100 { // enough for the index
		key := fmt.Sprint("k", (i*37)%100, " \"é\x7f")
		s.Set(key, i)
		want = append(want, key)
	}
	s.Delete(want[50])
	want = append(want[:50], want[51:]...)
	s.Set(want[3], "again")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	back := m.Open(t.Context(), s.Key())
	if got := back.Keys(); !reflect.DeepEqual(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
	if back.Get(want[3]) != "again" || back.Get(want[98]) != int64(99) || back.Has("k50") {
		t.Errorf("values: %v", back.Map())
	}
}

func TestRepeatedNamesAsInPython(t *testing.T) {
	m, now := newWorld(t, sessions.Config{})
	rec := sessions.Record{Data: []byte(`{"a":1,"b":2,"\u0061":3}`), Expires: now.Add(time.Hour), Created: now.Time}
	if err := m.Store().Create(t.Context(), existing, rec); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(m.Open(t.Context(), existing).Keys(), stored(t, m, existing)); got != "[a b] map[a:3 b:2]" {
		t.Errorf("got %s", got)
	}
}

func TestTypedKeys(t *testing.T) {
	type item struct {
		Name string
		N    int
	}
	const (
		Cart  sessions.Key[[]item]             = "cart"
		Price sessions.Key[float64]            = "price"
		Name  sessions.Key[string]             = "name"
		Count sessions.Key[int]                = "count"
		Wide  sessions.Key[int64]              = "wide"
		Flag  sessions.Key[bool]               = "flag"
		Any   sessions.Key[any]                = "any"
		Ptr   sessions.Key[*item]              = "ptr"
		Map   sessions.Key[map[string]any]     = "map"
		List  sessions.Key[[]any]              = "list"
		Nums  sessions.Key[map[string]float64] = "nums"
	)
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	Cart.Set(s, []item{{"tea", 2}})
	Price.Set(s, 1)
	Name.Set(s, "irfan")
	Count.Set(s, 3)
	Wide.Set(s, math.MinInt64)
	Flag.Set(s, true)
	Any.Set(s, math.MaxInt64)
	Ptr.Set(s, nil)
	Map.Set(s, map[string]any{"a": math.MaxInt64})
	List.Set(s, []any{math.MaxInt64})
	Nums.Set(s, map[string]float64{"a": 1})
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	s = m.Open(t.Context(), s.Key())
	for _, ok := range []bool{
		reflect.DeepEqual(Cart.Or(s, nil), []item{{"tea", 2}}), Price.Or(s, 0) == 1, Name.Or(s, "") == "irfan", Count.Or(s, 0) == 3,
		Wide.Or(s, 0) == math.MinInt64, Flag.Or(s, false), Any.Or(s, nil) == int64(math.MaxInt64), Ptr.Or(s, &item{}) == nil,
		Map.Or(s, nil)["a"] == int64(math.MaxInt64), List.Or(s, nil)[0] == int64(math.MaxInt64), Nums.Or(s, nil)["a"] == 1,
		Name.Has(s), !sessions.Key[int]("none").Has(s), Name.Delete(s), !Name.Delete(s), s.Err() == nil,
	} {
		if !ok {
			t.Errorf("a value did not come back: %v, %v", s.Map(), s.Err())
		}
	}
	Cart.Or(s, nil)[0].Name = "changed" // a copy
	if Cart.Or(s, nil)[0].Name != "tea" {
		t.Error("reading a value twice gave the same memory")
	}
	if v, ok := Count.Pop(s); v != 3 || !ok || Count.Has(s) {
		t.Errorf("Pop answers %v %t", v, ok)
	}
	if Count.SetDefault(s, 5) != 5 || Count.SetDefault(s, 6) != 5 {
		t.Error("SetDefault")
	}
}

func TestWhatDoesNotFitIsNotThere(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"text": "secret words", "float": 1.5, "null": nil, "object": map[string]any{}})
	misread := map[string]func(*sessions.Session) error{
		"text as int":     func(s *sessions.Session) error { _, err := sessions.Key[int]("text").Value(s); return err },
		"float as int":    func(s *sessions.Session) error { _, err := sessions.Key[int]("float").Value(s); return err },
		"null as string":  func(s *sessions.Session) error { _, err := sessions.Key[string]("null").Value(s); return err },
		"object as slice": func(s *sessions.Session) error { _, err := sessions.Key[[]int]("object").Value(s); return err },
	}
	for name, misread := range misread {
		s := m.Open(t.Context(), key)
		if err := misread(s); !errors.Is(err, sessions.ErrType) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "1.5") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := m.Open(t.Context(), key)
	if sessions.Key[int]("text").Or(s, 7) != 7 || !errors.Is(s.Err(), sessions.ErrType) {
		t.Errorf("Or; Err answers %v", s.Err())
	}
	if _, err := s.Value("none"); !errors.Is(err, sessions.ErrNoKey) {
		t.Errorf("a missing key: %v", err)
	}
	s.Set("a", 1)
	if err := s.Save(); err != nil {
		t.Errorf("a misread value keeps the session from being saved: %v", err)
	}
}

func TestForeignValues(t *testing.T) {
	inner, _ := newWorld(t, sessions.Config{})
	m, err := sessions.New(foreign{inner.Store()}, sessions.Config{Now: func() time.Time { return unix(1700000000) }})
	if err != nil {
		t.Fatal(err)
	}
	plant(t, inner, existing, `{"a":1}`)
	s := m.Open(t.Context(), existing)
	if s.Get("a") != int64(1) || !s.Has("date") || s.Len() != 2 || fmt.Sprint(s.Keys()) != "[a date]" || s.Err() != nil {
		t.Errorf("%v, %d keys %q, %v", s.Map(), s.Len(), s.Keys(), s.Err())
	}
	if _, err := s.Value("date"); !errors.Is(err, sessions.ErrForeign) {
		t.Errorf("Value answers %v", err)
	}
	for name, change := range map[string]func(*sessions.Session){
		"Set": func(s *sessions.Session) { s.Set("b", 1) }, "CycleKey": (*sessions.Session).CycleKey, "Clear": (*sessions.Session).Clear,
		"Delete": func(s *sessions.Session) { s.Delete("date") }, "Pop": func(s *sessions.Session) { s.Pop("date") },
	} {
		s := m.Open(t.Context(), existing)
		change(s)
		if err := s.Save(); !errors.Is(err, sessions.ErrForeign) {
			t.Errorf("%s: Save answers %v", name, err)
		}
	}
	if got, _ := inner.Store().Load(t.Context(), existing); string(got.Data) != `{"a":1}` {
		t.Errorf("stored %s", got.Data)
	}
}

// TestChangesSurviveALateFind has text that turns out late to need another form,
// or to be malformed, or to repeat a name: changes made before stay.
func TestChangesSurviveALateFind(t *testing.T) {
	for _, tail := range []string{`"b":"é"}`, `"b":`, `"b":1}x`, `"a":5}`} {
		m, now := newWorld(t, sessions.Config{})
		rec := sessions.Record{Data: []byte(`{"_session_expiry":900,"gone":1,"a":1,` + tail), Expires: now.Add(time.Hour)}
		if err := m.Store().Create(t.Context(), existing, rec); err != nil {
			t.Fatal(err)
		}
		s := m.Open(t.Context(), existing)
		s.Delete("gone")
		s.Set("a", 2)
		s.Set("z", 3)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, m, existing); got["a"] != int64(2) || got["z"] != int64(3) || got["gone"] != nil {
			t.Errorf("%s: stored %v", tail, got)
		}
	}
}

func TestNullIsNoValueOfAPlainType(t *testing.T) {
	type name string
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	s.Set("n", nil)
	if v, ok := sessions.Key[name]("n").Get(s); ok {
		t.Errorf("null is the text %q", v)
	}
	if v, ok := sessions.Key[int32]("n").Get(s); ok {
		t.Errorf("null is the number %d", v)
	}
	if v, ok := sessions.Key[[]int32]("n").Get(s); !ok || v != nil {
		t.Errorf("null is not the slice nil, but %v", v)
	}
}

// TestForeignSessionIsNeverRewritten extends lives on a store that can do so
// only by writing the whole record.
func TestForeignSessionIsNeverRewritten(t *testing.T) {
	store := foreign{memstore.New(memstore.Config{})}
	m, err := sessions.New(store, sessions.Config{SaveEveryRequest: true})
	if err != nil {
		t.Fatal(err)
	}
	key := start(t, m, map[string]any{"a": 1})
	before, _ := store.Load(t.Context(), key)
	w := request(m, key, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).SetModified(true) })
	if after, _ := store.Load(t.Context(), key); w.Code != 200 || !after.Expires.Equal(before.Expires) {
		t.Errorf("status %d; the record was written", w.Code)
	}
	s := m.Open(t.Context(), key)
	s.Get("a")
	if err := s.Create(); !errors.Is(err, sessions.ErrForeign) {
		t.Errorf("Create answers %v and would leave a value behind", err)
	}
}

func TestSetDefaultInManyGoroutines(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	s := m.Open(t.Context(), "")
	var done sync.WaitGroup
	for i := range 20 {
		done.Go(func() { s.SetDefault("token", i) })
	}
	done.Wait()
	if err := s.Err(); err != nil {
		t.Errorf("goroutines of one request are in each other's way: %v", err)
	}
}

func TestEmptyRawValuesAsInEncodingJSON(t *testing.T) {
	for _, v := range []any{json.RawMessage(nil), json.Number("")} {
		want, _ := json.Marshal(v)
		if text, _ := through(t, v); text != string(want) {
			t.Errorf("%T: %s, want %s", v, text, want)
		}
	}
}
