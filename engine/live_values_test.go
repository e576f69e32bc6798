package engine_test

import (
	"fmt"
	"math"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is what a session holds, how long it lives and by which cookie it
// is found, as the one site leaves it and the other finds it.

// liveValues are values as Python and Go have them, and as both write them.
var liveValues = []struct {
	python string
	value  any
	json   string
}{
	{"None", nil, `null`},
	{"True", true, `true`},
	{"7", int64(7), `7`},
	{"-2**63", int64(math.MinInt64), `-9223372036854775808`},
	{"2**63", new(big.Int).Lsh(big.NewInt(1), 63), `9223372036854775808`},
	{"-10**40", new(big.Int).Neg(new(big.Int).Exp(big.NewInt(10), big.NewInt(40), nil)), `-1` + strings.Repeat("0", 40)},
	{"1.0", 1.0, `1.0`},
	{"-0.0", math.Copysign(0, -1), `-0.0`},
	{"0.1", 0.1, `0.1`},
	{"1e16", 1e16, `1e+16`},
	{"5e-324", 5e-324, `5e-324`},
	{"math.inf", math.Inf(1), `Infinity`},
	{"-math.inf", math.Inf(-1), `-Infinity`},
	{"''", "", `""`},
	{"'Žluťoučký kůň 🐎'", "Žluťoučký kůň 🐎", `"\u017dlu\u0165ou\u010dk\u00fd k\u016f\u0148 \ud83d\udc0e"`},
	{`'"\\/<&>\x00\x1f\x7f\u2028\n'`, "\"\\/<&>\x00\x1f\x7f\u2028\n", `"\"\\/<&>\u0000\u001f\u007f\u2028\n"`},
	{`'\ud800'`, "\xed\xa0\x80", `"\ud800"`}, // half of a pair, which Python allows
	{"[]", []any{}, `[]`},
	{"{}", map[string]any{}, `{}`},
	{"[1, [2.0, {'': None}]]", []any{int64(1), []any{2.0, map[string]any{"": nil}}}, `[1,[2.0,{"":null}]]`},
	{"{'ž': [True]}", map[string]any{"ž": []any{true}}, `{"\u017e":[true]}`},
	{"'x' * 300", strings.Repeat("x", 300), `"` + strings.Repeat("x", 300) + `"`},
}

func nameOf(i int) string { return fmt.Sprintf("v%d", i) }

// liveValuesJSON is the session that holds them all.
func liveValuesJSON(more string) string {
	var members []string
	for i, v := range liveValues {
		members = append(members, fmt.Sprintf("%q:%s", nameOf(i), v.json))
	}
	return "{" + strings.Join(members, ",") + more + "}"
}

func checkLiveValues(t *testing.T, s *sessions.Session) {
	for i, v := range liveValues {
		if got, err := s.Value(nameOf(i)); err != nil || !reflect.DeepEqual(got, v.value) {
			t.Errorf("%s is read as %#v, %v; want %#v", v.python, got, err, v.value)
		}
	}
}

func djangoValues(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	var operations []do
	for i, value := range liveValues {
		operations = append(operations, do{"set_python", nameOf(i), value.python})
	}
	v.theirs(operations...)
	v.must(func(s *sessions.Session) { checkLiveValues(t, s) })
	v.holds(liveValuesJSON(""))

	// What was not touched is written back as it was.
	v.must(func(s *sessions.Session) { s.Set("more", 1) })
	v.holds(liveValuesJSON(`,"more":1`))
	if got, want := v.theirs(do{"items"}), liveValuesJSON(`,"more":1`); got != want {
		t.Errorf("Django reads %s\nwant         %s", got, want)
	}
}

func ourValues(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.must(func(s *sessions.Session) {
		for i, value := range liveValues {
			s.Set(nameOf(i), value.value)
		}
	})
	v.holds(liveValuesJSON(""))
	if got, want := v.theirs(set("more", `1`), do{"items"}), liveValuesJSON(`,"more":1`); got != want {
		t.Errorf("Django reads %s\nwant         %s", got, want)
	}
	v.must(func(s *sessions.Session) { checkLiveValues(t, s) })
	v.holds(liveValuesJSON(`,"more":1`))
}

func expiryAge(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(do{"expire_after", 300})
	if v.cookie.MaxAge != 300 {
		t.Errorf("Django's cookie lives %d s", v.cookie.MaxAge)
	}
	v.must(func(s *sessions.Session) {
		if age := s.ExpiryAge(); age != 300*time.Second {
			t.Errorf("Django's session lives %v here", age)
		}
		s.ExpireAfter(600 * time.Second)
	})
	if v.cookie.MaxAge != 600 {
		t.Errorf("our cookie lives %d s", v.cookie.MaxAge)
	}
	if age := v.theirs(do{"expiry_age"}); age != "600" {
		t.Errorf("our session lives %s s in Django", age)
	}
	v.holds(`{"_session_expiry":600}`)
}

func expiryDate(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	soon := time.Now().Add(time.Hour).Truncate(time.Second).Add(123456 * time.Microsecond)
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("India", 5*3600+1800)} {
		at := soon.In(zone)
		iso := at.Format("2006-01-02T15:04:05.000000-07:00")
		v.theirs(do{"expire_at", iso})
		v.must(func(s *sessions.Session) {
			if date := s.ExpiryDate(); !date.Equal(at) {
				t.Errorf("Django's session ends here at %v, want %v", date, at)
			}
			s.ResetExpiry()
		})
		v.must(func(s *sessions.Session) { s.ExpireAt(at) })
		if date := v.theirs(do{"expiry_date"}); date != `"`+iso+`"` {
			t.Errorf("our session ends in Django at %s, want %s", date, iso)
		}
		if inDatabase(b) {
			if date := b.django.ExpireDate(t, v.key()); !date.Equal(at) {
				t.Errorf("our row ends at %v, want %v", date, at)
			}
		}
	}
}

func browserClose(t *testing.T, b *liveBench) {
	if b.returning(t).cookie.MaxAge == 0 {
		t.Error("a usual cookie has no Max-Age, so this test can't tell")
	}
	v := b.visitor(t)
	v.theirs(do{"expire_after", 0})
	if v.cookie.MaxAge != 0 || !v.cookie.Expires.IsZero() {
		t.Errorf("Django's cookie outlives the browser: %v", v.cookie)
	}
	v.must(func(s *sessions.Session) {
		if !s.ExpiresAtBrowserClose() {
			t.Error("Django's session outlives the browser here")
		}
		s.ResetExpiry()
	})
	if v.theirs(do{"at_browser_close"}) != "false" {
		t.Error("Django has not heard of the reset")
	}
	v.must(func(s *sessions.Session) { s.ExpireAtBrowserClose() })
	if v.cookie.MaxAge != 0 || !v.cookie.Expires.IsZero() {
		t.Errorf("our cookie outlives the browser: %v", v.cookie)
	}
	if v.theirs(do{"at_browser_close"}) != "true" {
		t.Error("our session outlives the browser in Django")
	}
}

// rowDate: a row says when the session ends, also to those who read only that.
func rowDate(t *testing.T, b *liveBench) {
	between := func(who string, save func(*liveVisitor)) {
		v := b.visitor(t)
		const age = 300 * time.Second
		before := time.Now().Truncate(time.Microsecond)
		save(v)
		after := time.Now()
		if date := b.django.ExpireDate(t, v.key()); date.Before(before.Add(age)) || date.After(after.Add(age)) {
			t.Errorf("%s row ends at %v, want %v later than %v", who, date, age, before)
		}
		rec, err := v.here.Store.Load(t.Context(), v.key())
		if err != nil || !rec.Expires.IsZero() && (rec.Expires.Before(before.Add(age)) || rec.Expires.After(after.Add(age))) {
			t.Errorf("%s record ends at %v, %v", who, rec.Expires, err)
		}
	}
	between("Django's", func(v *liveVisitor) { v.theirs(do{"expire_after", 300}) })
	between("our", func(v *liveVisitor) {
		v.must(func(s *sessions.Session) { s.ExpireAfter(300 * time.Second) })
	})
}

func oneCookie(t *testing.T, b *liveBench) {
	same := func(v *liveVisitor, before string) {
		t.Helper()
		if keyed(b) && v.key() != before {
			t.Errorf("the cookie became another")
		}
	}
	begunThere := b.visitor(t)
	begunThere.theirs(set("n", `1`))
	key := begunThere.key()
	begunThere.must(func(s *sessions.Session) { s.Set("n", 2) })
	same(begunThere, key)
	begunThere.theirs(set("n", `3`))
	same(begunThere, key)
	begunThere.holds(`{"n":3}`)

	begunHere := b.returning(t)
	key = begunHere.key()
	begunHere.theirs(set("a", `2`))
	same(begunHere, key)
	begunHere.holds(`{"a":2}`)
	begunHere.must(func(s *sessions.Session) {
		if err := s.Flush(); err != nil {
			t.Error(err)
		}
	})
	if begunHere.cookie != nil {
		t.Error("the browser keeps the cookie of a session that has ended")
	}
	if items := begunHere.theirs(do{"items"}); items != "{}" {
		t.Errorf("Django finds %s after it ended here", items)
	}
}

// inventedKey: neither site ever takes a key that it has not made.
func inventedKey(t *testing.T, b *liveBench) {
	const invented = "invented000000000000000000000000"
	for name, visit := range map[string]func(*liveVisitor){
		"we":     func(v *liveVisitor) { v.must(func(s *sessions.Session) { s.Set("a", 1) }) },
		"Django": func(v *liveVisitor) { v.theirs(set("a", `1`)) },
	} {
		v := b.visitor(t)
		v.cookie = &http.Cookie{Name: b.settings.CookieName, Value: invented}
		visit(v)
		if v.key() == invented || v.key() == "" {
			t.Errorf("%s took an invented key", name)
		}
		v.holds(`{"a":1}`)
		v.holdsUnder(invented, "")
	}
}

// longerLife: a visit here that only extends a session's life changes nothing
// else, whatever is in it.
func longerLife(t *testing.T, b *liveBench) {
	v := b.visitor(t)
	v.theirs(set("n", `1.0`), do{"expire_after", 300})
	const data = `{"n":1.0,"_session_expiry":300}`
	v.holds(data)
	before, err := v.here.Store.Load(t.Context(), v.key())
	if err != nil {
		t.Fatal(err)
	}
	settings := b.settings
	settings.SaveEveryRequest = true
	v.here = b.open(t, settings)
	v.must(func(*sessions.Session) {})
	v.holds(data)
	after, err := v.here.Store.Load(t.Context(), v.key())
	if err != nil || !before.Expires.IsZero() && !after.Expires.After(before.Expires) {
		t.Errorf("it ends at %v, after %v before the visit, %v", after.Expires, before.Expires, err)
	}
}
