package pyjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file compares strings with those of Python's json.

func TestStringsWrittenAndReadBack(t *testing.T) {
	for _, c := range []struct{ name, s, want string }{
		{"empty", "", `""`},
		{"plain", "abc /<>&'", `"abc /<>&'"`},
		{"short escapes", "\b\t\n\f\r\"\\", `"\b\t\n\f\r\"\\"`},
		{"control", "\x00\x01\x1f\x7f", `"\u0000\u0001\u001f\u007f"`},
		{"latin", "caf\u00e9", `"caf\u00e9"`},
		{"line separators", "\u2028\u2029", `"\u2028\u2029"`},
		{"replacement character", "\ufffd", `"\ufffd"`},
		{"last of the basic plane", "\uffff", `"\uffff"`},
		{"astral", "\U0001F600", `"\ud83d\ude00"`},
		{"last character", "\U0010FFFF", `"\udbff\udfff"`},
		{"lone high surrogate", "a\xed\xa0\xbdz", `"a\ud83dz"`},
		{"lone low surrogate", "\xed\xb8\x80", `"\ude00"`},
		{"surrogates the wrong way round", "\xed\xb8\x80\xed\xa0\xbd", `"\ude00\ud83d"`},
		{"between the surrogates", "\ud7ff\ue000", `"\ud7ff\ue000"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pyjson.AppendString([]byte("k:"), c.s)
			if err != nil || string(got) != "k:"+c.want {
				t.Fatalf("AppendString = %s, %v; want k:%s", got, err, c.want)
			}
			back, err := pyjson.Unquote([]byte("v:"), []byte(c.want))
			if err != nil || string(back) != "v:"+c.s {
				t.Fatalf("Unquote = %q, %v; want %q", back, err, "v:"+c.s)
			}
		})
	}
}

func TestUnquoteReadsWhatOthersWrite(t *testing.T) {
	for raw, want := range map[string]string{
		`"\/"`:                     "/",
		`"\u003C\u00E9"`:           "<\u00e9",
		"\"caf\u00e9\"":            "caf\u00e9",
		"\"\x7f\"":                 "\x7f",
		`"\uD83D\uDE00"`:           "\U0001F600",
		`"\ud83d\ud83d\ude00"`:     "\xed\xa0\xbd\U0001F600",
		"\"\xed\xa0\xbd\"":         "\xed\xa0\xbd",
		`"\ud83dA"`:                "\xed\xa0\xbdA",
		"\"\\ud83d\xed\xb8\x80\"":  "\xed\xa0\xbd\xed\xb8\x80",
		"\"\U0001F600\\ud83d\\n\"": "\U0001F600\xed\xa0\xbd\n",
	} {
		got, err := pyjson.Unquote(nil, []byte(raw))
		if err != nil || string(got) != want {
			t.Errorf("Unquote(%s) = %q, %v; want %q", raw, got, err, want)
		}
	}
}

// Two halves that meet are one character after a round trip, as in Python.
func TestSurrogateHalvesSideBySideJoin(t *testing.T) {
	raw, err := pyjson.AppendString(nil, "\xed\xa0\xbd\xed\xb8\x80")
	if err != nil {
		t.Fatal(err)
	}
	got, err := pyjson.Unquote(nil, raw)
	if err != nil || string(got) != "\U0001F600" {
		t.Errorf("%s was read as %q, %v", raw, got, err)
	}
}

func TestStringErrorsLeaveTheBufferAlone(t *testing.T) {
	for _, s := range []string{"\xff", "a\xc3", "\xed\xa0", "\xc0\x80", "\xf4\x90\x80\x80", "\x80"} {
		got, err := pyjson.AppendString([]byte("k:"), s)
		if !errors.Is(err, pyjson.ErrUTF8) || string(got) != "k:" {
			t.Errorf("AppendString(%q) = %q, %v; want ErrUTF8", s, got, err)
		}
		got, err = pyjson.Unquote([]byte("k:"), []byte(`"ab`+s+`"`))
		if !errors.Is(err, pyjson.ErrUTF8) || string(got) != "k:" {
			t.Errorf("Unquote of %q in quotes = %q, %v; want ErrUTF8", s, got, err)
		}
	}
	for _, raw := range []string{``, `"`, `abc`, `"abc`, `abc"`, `"a"b"`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u 123"`, "\"\n\"", "\"\x00\"", `"a" `} {
		got, err := pyjson.Unquote([]byte("k:"), []byte(raw))
		if !errors.Is(err, pyjson.ErrSyntax) || string(got) != "k:" {
			t.Errorf("Unquote(%q) = %q, %v; want ErrSyntax", raw, got, err)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "abc", "\x00\x7f\"\\", "caf\u00e9\U0001F600", "\xed\xa0\xbd", "\xed\xa0\xbd\xed\xb8\x80", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := pyjson.AppendString(nil, s)
		if err != nil {
			if utf8.ValidString(s) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if same, err := pyjson.Normalize(raw); err != nil || !bytes.Equal(same, raw) {
			t.Fatalf("%s is not canonical: %s, %v", raw, same, err)
		}
		back, err := pyjson.Unquote(nil, raw)
		if err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && string(back) != s {
			t.Fatalf("%q came back as %q", s, back)
		}
		if again, err := pyjson.AppendString(nil, string(back)); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("%s became %s, %v", raw, again, err)
		}
	})
}

func FuzzUnquote(f *testing.F) {
	for _, s := range []string{`""`, `"a\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, "\"\u00e9\"", `"\"`, `"\u12"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := pyjson.Unquote(nil, raw)
		var want string
		std := utf8.Valid(raw) && json.Unmarshal(raw, &want) == nil && len(raw) > 0 && raw[0] == '"' && raw[len(raw)-1] == '"'
		if std != (err == nil) && utf8.Valid(raw) {
			t.Fatalf("%q: %v; encoding/json accepts: %v", raw, err, std)
		}
		// encoding/json answers U+FFFD for half a pair, which we keep.
		if std && utf8.Valid(got) && string(got) != want {
			t.Fatalf("%q: %q, encoding/json says %q", raw, got, want)
		}
		if err == nil {
			if _, err := pyjson.AppendString(nil, string(got)); err != nil {
				t.Fatalf("%q was read as %q: %v", raw, got, err)
			}
		}
	})
}

func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{"ascii": "django.contrib.auth.backends.ModelBackend", "cyrillic": "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst, _ = pyjson.AppendString(dst[:0], s)
			}
		})
	}
}

func BenchmarkUnquote(b *testing.B) {
	b.ReportAllocs()
	raw := []byte(`"django.contrib.auth.backends.ModelBackend caf\u00e9"`)
	var dst []byte
	for b.Loop() {
		dst, _ = pyjson.Unquote(dst[:0], raw)
	}
}
