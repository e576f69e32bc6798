package filestore

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks the native format, byte for byte, and what is none of it.

var (
	expires = time.Date(2026, 12, 6, 19, 50, 13, 123456000, time.UTC)
	created = time.Date(2026, 11, 22, 19, 50, 13, 0, time.UTC)
)

var nativeFiles = []struct {
	content string
	rec     sessions.Record
}{
	{
		"cloakroom/1 expires=2026-12-06T19:50:13.123456Z created=2026-11-22T19:50:13.000000Z owner=\"42\"\n{\"cart\":[7,9]}",
		sessions.Record{Data: []byte(`{"cart":[7,9]}`), Expires: expires, Created: created, Owner: "42"},
	},
	{
		"cloakroom/1 expires=2026-12-06T19:50:13.123456Z\n{}",
		sessions.Record{Data: []byte(`{}`), Expires: expires},
	},
	{
		"cloakroom/1 expires=2026-12-06T19:50:13.123456Z owner=\"o'neill \\\"\\u017d\\xff\\n owner=\"\n{}",
		sessions.Record{Data: []byte(`{}`), Expires: expires, Owner: "o'neill \"Ž\xff\n owner="},
	},
	{
		"cloakroom/1 expires=2026-12-06T19:50:13.123456Z\n{\"a\":\"\n\"}",
		sessions.Record{Data: []byte("{\"a\":\"\n\"}"), Expires: expires},
	},
}

func equal(a, b sessions.Record) bool {
	return bytes.Equal(a.Data, b.Data) && a.Expires.Equal(b.Expires) && a.Created.Equal(b.Created) && a.Owner == b.Owner
}

func TestNativeFiles(t *testing.T) {
	for _, f := range nativeFiles {
		content, err := native{}.Encode(f.rec)
		if err != nil || string(content) != f.content {
			t.Errorf("Encode: %q, %v\nwant    %q", content, err, f.content)
		}
		rec, err := native{}.Decode([]byte(f.content), time.Time{})
		if err != nil || !equal(rec, f.rec) {
			t.Errorf("Decode of %q: %+v, %v", f.content, rec, err)
		}
	}
}

func TestNativeTombstone(t *testing.T) {
	const want = "cloakroom/1 expires=2026-12-06T19:50:13.123456Z\n"
	content, err := native{}.Encode(sessions.Record{Expires: expires, Created: created, Owner: "42"})
	if err != nil || string(content) != want {
		t.Errorf("Encode: %q, %v", content, err)
	}
	rec, err := native{}.Decode([]byte(want), time.Time{})
	if !errors.Is(err, sessions.ErrEnded) || !equal(rec, sessions.Record{Expires: expires}) {
		t.Errorf("Decode: %+v, %v", rec, err)
	}
}

func TestNativeRefusesToWrite(t *testing.T) {
	for name, rec := range map[string]sessions.Record{
		"a year of five digits":  {Data: []byte("{}"), Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a beginning before 0":   {Data: []byte("{}"), Expires: expires, Created: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"data that is no object": {Data: []byte(`["secret"]`), Expires: expires},
	} {
		if content, err := (native{}).Encode(rec); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
}

func TestNativeCorrupt(t *testing.T) {
	whole := nativeFiles[0].content
	header, data, _ := strings.Cut(whole, "\n")
	damaged := map[string]string{
		"empty":            "",
		"zeros":            strings.Repeat("\x00", len(whole)),
		"no header":        data,
		"another version":  strings.Replace(whole, "/1", "/2", 1),
		"no expiry":        "cloakroom/1\n{}",
		"no line end":      header,
		"cut short":        whole[:len(whole)-1],
		"filled with zero": whole[:len(whole)-3] + "\x00\x00\x00",
		"another zone":     strings.Replace(whole, "456Z", "456+01:00", 1),
		"month 13":         strings.Replace(whole, "2026-12", "2026-13", 1),
		"fields swapped":   "cloakroom/1 created=2026-11-22T19:50:13.000000Z expires=2026-12-06T19:50:13.123456Z\n{}",
		"unknown field":    header + " size=2\n{}",
		"unquoted owner":   strings.Replace(whole, `"42"`, `42`, 1),
		"raw owner":        strings.Replace(whole, `"42"`, "`42`", 1),
		"owner's rest":     strings.Replace(whole, `"42"`, `"42" x`, 1),
		"bad created":      strings.Replace(whole, "created=2026", "created=now", 1),
	}
	for name, content := range damaged {
		if rec, err := (native{}).Decode([]byte(content), time.Now()); !errors.Is(err, sessions.ErrCorrupt) || len(rec.Data) > 0 {
			t.Errorf("%s: %+v, %v", name, rec, err)
		}
	}
}

// FuzzNativeDecode: whatever can be decoded is encoded to something that is
// decoded to the same.
func FuzzNativeDecode(f *testing.F) {
	for _, file := range nativeFiles {
		f.Add([]byte(file.content))
	}
	f.Add([]byte("cloakroom/1 expires=2026-12-06T19:50:13.123456Z\n"))
	f.Add([]byte("cloakroom/1 expires=0000-01-01T00:00:00.000000Z created=9999-12-31T23:59:59.999999Z\n{}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		rec, err := native{}.Decode(content, time.Time{})
		if err != nil && !errors.Is(err, sessions.ErrEnded) {
			if !errors.Is(err, sessions.ErrCorrupt) || len(rec.Data) > 0 {
				t.Fatalf("%+v, %v", rec, err)
			}
			return
		}
		again, err2 := native{}.Encode(rec)
		if err2 != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err2)
		}
		rec2, err2 := native{}.Decode(again, time.Time{})
		if !equal(rec, rec2) || !errors.Is(err2, err) {
			t.Fatalf("%+v, %v became %+v, %v", rec, err, rec2, err2)
		}
	})
}
