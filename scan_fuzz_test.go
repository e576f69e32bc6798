package sessions

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file throws arbitrary bytes at all that reads what a store or a visitor
// may hold, and compares with encoding/json and with Python's rules.

func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : [1, 2.0, "x", {"b":null}] , "a":NaN}`, `{"\u0061":-Infinity,"é":"ü"}`, `{"a":1}x`, `{"a":01}`, `{"a":"\ud800"}`,
		`{"a":[[[[]]]]}`, `{"a"`, `{"a":1e400,"b":-0}`, "{\"a\":\"\x01\"}", `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		before := bytes.Clone(src)
		var o object
		var err error
		o.parse(src, func(e error) { err = e })
		o.all()
		if !bytes.Equal(before, src) {
			t.Fatal("the text was changed")
		}
		canonical, pythonErr := pyjson.Normalize(src)
		isObject := pythonErr == nil && canonical[0] == '{'
		if isObject && err != nil {
			t.Fatalf("Python takes it, and this does not: %v", err)
		}
		if err != nil {
			return
		}
		// What was opened and written back must mean the same and open again.
		text := o.encode()
		if isObject {
			again, err := pyjson.Normalize(text)
			if err != nil || !bytes.Equal(again, canonical) {
				t.Fatalf("written back it is another: %v\n%s\n%s", err, canonical, again)
			}
		}
		for i := range o.members {
			if v, err := decodeAny(o.value(i)); err == nil {
				if _, err := encodeValue(v); err != nil {
					t.Fatalf("a value that was read can't be written: %v", err)
				}
			}
		}
	})
}

func FuzzEncodeLikeEncodingJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,"é",null,true,{"b":"\u2028<"}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var v any
		d := json.NewDecoder(bytes.NewReader(src))
		d.UseNumber()
		if !utf8.Valid(src) || d.Decode(&v) != nil {
			return
		}
		text, err := encodeValue(v)
		if err != nil {
			return // beyond Python's limits
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := pyjson.Normalize(want)
		if err != nil || !bytes.Equal(text, canonical) {
			t.Fatalf("%v\n got %s\nwant %s", err, text, canonical)
		}
	})
}

func FuzzParseISO(f *testing.F) {
	for _, seed := range []string{"2030-01-02T03:04:05.123456+05:30", "20300102T030405Z", "2030-W01-3", "2030-01-02 03", "", "9999-12-31T23:59:59-23:59"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, naive, err := parseISO(text, nil)
		if err != nil || naive {
			return
		}
		again, _, err := parseISO(formatISO(at, nil), nil)
		if err != nil || !again.Equal(at.Truncate(1000)) {
			t.Fatalf("%v became %v, %v", at, again, err)
		}
	})
}

func FuzzCookieValue(f *testing.F) {
	f.Add("sessionid=abcdefgh; a=b", "sessionid")
	f.Add(`sessionid="abcdefgh";;=;sessionid`, "sessionid")
	f.Fuzz(func(t *testing.T, header, name string) {
		if !isToken(name) {
			return
		}
		value, present := cookieValue(map[string][]string{"Cookie": {header}}, name, ValidKey)
		if !present && value != "" || bytes.ContainsAny([]byte(value), ";") {
			t.Fatalf("%q, present %t", value, present)
		}
	})
}
