package cacheentry_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/cacheentry"
)

// This file checks the native layout, byte for byte, and what is none of it.

var (
	native  cacheentry.Native
	expires = time.Date(2026, 12, 6, 19, 50, 13, 123456000, time.UTC)
	created = time.Date(2026, 11, 22, 19, 50, 13, 0, time.UTC)
)

var values = []struct {
	value string
	rec   sessions.Record
}{
	{
		"cloakroom/1 001796586613123456 1795377013000000 \"42\"\n{\"cart\":[7,9]}",
		sessions.Record{Data: []byte(`{"cart":[7,9]}`), Expires: expires, Created: created, Owner: "42"},
	},
	{
		"cloakroom/1 001796586613123456 - \"\"\n{}",
		sessions.Record{Data: []byte(`{}`), Expires: expires},
	},
	{
		"cloakroom/1 000000000000000000 -1 \"o'neill \\\"\\u017d\\xff\\n \"\n{\"a\":\"\n\"}",
		sessions.Record{Data: []byte("{\"a\":\"\n\"}"), Expires: time.Unix(0, 0), Created: time.UnixMicro(-1), Owner: "o'neill \"Ž\xff\n "},
	},
	{
		"cloakroom/1 999999999999999999 - \"\"\n{}",
		sessions.Record{Data: []byte(`{}`), Expires: time.UnixMicro(999_999_999_999_999_999)},
	},
}

const tombstone = "cloakroom/1 001796586613123456 - \"\"\n"

func equal(a, b sessions.Record) bool {
	return bytes.Equal(a.Data, b.Data) && a.Expires.Equal(b.Expires) && a.Created.Equal(b.Created) && a.Owner == b.Owner
}

func TestValues(t *testing.T) {
	for _, v := range values {
		value, err := native.Encode(v.rec)
		if err != nil || string(value) != v.value {
			t.Errorf("Encode: %q, %v\nwant    %q", value, err, v.value)
		}
		rec, err := native.Decode([]byte(v.value))
		if err != nil || !equal(rec, v.rec) {
			t.Errorf("Decode of %q: %+v, %v", v.value, rec, err)
		}
		if !cacheentry.HasHead(v.value) {
			t.Errorf("%q has no head", v.value)
		}
	}
}

func TestTombstone(t *testing.T) {
	value, err := native.Encode(sessions.Record{Expires: expires, Created: created, Owner: "42"})
	if err != nil || string(value) != tombstone {
		t.Errorf("Encode: %q, %v", value, err)
	}
	rec, err := native.Decode([]byte(tombstone))
	if !errors.Is(err, sessions.ErrEnded) || !equal(rec, sessions.Record{Expires: expires}) {
		t.Errorf("Decode: %+v, %v", rec, err)
	}
}

func TestTouched(t *testing.T) {
	value := []byte(values[0].value)
	touched, err := native.Decode(cacheentry.Touched(value, created))
	want := values[0].rec
	want.Expires = created
	if err != nil || !equal(touched, want) {
		t.Errorf("%+v, %v", touched, err)
	}
	if string(value) != values[0].value {
		t.Error("Touched changed what it was given")
	}
	for _, far := range []time.Time{time.Unix(math.MaxInt32<<20, 0), created.AddDate(-100, 0, 0)} {
		if touched := cacheentry.Touched(value, far); !cacheentry.HasHead(string(touched)) || len(touched) != len(value) {
			t.Errorf("%v: %q", far, touched)
		}
	}
}

func TestRefusesToWrite(t *testing.T) {
	for name, rec := range map[string]sessions.Record{
		"an expiry before 1970":   {Data: []byte("{}"), Expires: time.Unix(-1, 0)},
		"no expiry":               {Data: []byte("{}")},
		"an expiry of 19 digits":  {Data: []byte("{}"), Expires: time.UnixMicro(1e18)},
		"an expiry out of range":  {Data: []byte("{}"), Expires: time.Unix(math.MaxInt64/2, 0)},
		"data that is no object":  {Data: []byte(`["secret"]`), Expires: expires},
		"data that is cut short":  {Data: []byte(`{"secret":`), Expires: expires},
		"a tombstone without end": {},
	} {
		if value, err := native.Encode(rec); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %v", name, value, err)
		}
	}
}

func TestCorrupt(t *testing.T) {
	whole := values[0].value
	header, data, _ := strings.Cut(whole, "\n")
	for name, value := range map[string]string{
		"empty":             "",
		"zeros":             strings.Repeat("\x00", len(whole)),
		"no header":         data,
		"a pickle":          "\x80\x05}\x94.",
		"another version":   strings.Replace(whole, "/1", "/2", 1),
		"no line end":       header,
		"head only":         whole[:cacheentry.Head] + "\n",
		"head and space":    whole[:cacheentry.Head] + " \n{}",
		"no owner":          whole[:cacheentry.Head] + " -\n{}",
		"cut short":         whole[:len(whole)-1],
		"no object":         header + "\n",
		"letter in expiry":  strings.Replace(whole, "0017", "0x17", 1),
		"sign in expiry":    strings.Replace(whole, "0017", "-017", 1),
		"expiry too long":   strings.Replace(whole, "0017", "00017", 1),
		"bad created":       strings.Replace(whole, "1795377013000000", "now", 1),
		"created too large": strings.Replace(whole, "1795377013000000", "99999999999999999999", 1),
		"unquoted owner":    strings.Replace(whole, `"42"`, `42`, 1),
		"raw owner":         strings.Replace(whole, `"42"`, "`42`", 1),
		"owner's rest":      strings.Replace(whole, `"42"`, `"42" x`, 1),
		"owned tombstone":   header + "\n",
		"tombstone's rest":  tombstone + "x",
	} {
		if rec, err := native.Decode([]byte(value)); !errors.Is(err, sessions.ErrCorrupt) || len(rec.Data) > 0 {
			t.Errorf("%s: %+v, %v", name, rec, err)
		}
	}
}

// FuzzDecode: whatever can be decoded is encoded to something that is decoded to
// the same, and has a head.
func FuzzDecode(f *testing.F) {
	for _, v := range values {
		f.Add([]byte(v.value))
	}
	f.Add([]byte(tombstone))
	f.Fuzz(func(t *testing.T, value []byte) {
		rec, err := native.Decode(value)
		if err != nil && !errors.Is(err, sessions.ErrEnded) {
			if !errors.Is(err, sessions.ErrCorrupt) || len(rec.Data) > 0 {
				t.Fatalf("%+v, %v", rec, err)
			}
			return
		}
		if !cacheentry.HasHead(string(value)) {
			t.Fatal("decoded, but without a head")
		}
		again, err2 := native.Encode(rec)
		if err2 != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err2)
		}
		rec2, err2 := native.Decode(again)
		if !equal(rec, rec2) || !errors.Is(err2, err) {
			t.Fatalf("%+v, %v became %+v, %v", rec, err, rec2, err2)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	value, err := native.Encode(sessions.Record{Data: bytes.Repeat([]byte("{}"), 150), Expires: expires, Created: created, Owner: "42"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := native.Decode(value); err != nil {
			b.Fatal(err)
		}
	}
}
