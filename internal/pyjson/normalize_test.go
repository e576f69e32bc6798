package pyjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// accepted maps what Python reads to what it then writes.
var accepted = map[string]string{
	`{}`:    `{}`,
	` [ ] `: `[]`,
	"\t\n\r {\"a\" : 1 ,\n\"b\":[ 1 , 2 ]}\n": `{"a":1,"b":[1,2]}`,
	`"x"`:                                           `"x"`,
	`{"a":"\u0041\/\u000A"}`:                        `{"a":"A/\n"}`,
	`{"a":"\u00E9\u007f"}`:                          `{"a":"\u00e9\u007f"}`,
	"\"\x7f\"":                                      `"\u007f"`,
	"\"caf\u00e9 \U0001F600\"":                      `"caf\u00e9 \ud83d\ude00"`,
	`"\uD83D\uDE00 \uD83D"`:                         `"\ud83d\ude00 \ud83d"`,
	`"\u003c\u0022\u005c"`:                          `"<\"\\"`,
	`[0,-0,-0.0,0.0]`:                               `[0,0,-0.0,0.0]`,
	`[1E5,1e+5,1.50,10e-1]`:                         `[100000.0,100000.0,1.5,1.0]`,
	`[1e400,-1e400,1e-400]`:                         `[Infinity,-Infinity,0.0]`,
	`[-1e-400,1e16,1E22]`:                           `[-0.0,1e+16,1e+22]`,
	`[0.0001,0.00001,1e15]`:                         `[0.0001,1e-05,1000000000000000.0]`,
	`[NaN,Infinity,-Infinity]`:                      `[NaN,Infinity,-Infinity]`,
	`[null,true,false]`:                             `[null,true,false]`,
	`123456789012345678901234`:                      `123456789012345678901234`,
	`{"a":1,"b":2,"a":3}`:                           `{"a":3,"b":2}`,
	`{"a":1,"\u0061":{"b":[2]}}`:                    `{"a":{"b":[2]}}`,
	`[{"a":1,"a":2},{"a":1}]`:                       `[{"a":2},{"a":1}]`,
	`{"k":{"a":1,"a":{"x":1.0,"x":1e0}},"k2":"\/"}`: `{"k":{"a":{"x":1.0}},"k2":"/"}`,
	`{"":1,"":2}`:                                   `{"":2}`,
	`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0}`:   `{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0}`,
	`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"b":[1]}`: `{"a":0,"b":[1],"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0}`,
}

// refused is what Python refuses.
var refused = []string{
	``, ` `, `{`, `}`, `[`, `]`, `"`, `"a`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{a:1}`, `{'a':1}`, `{1:2}`,
	`[1 2]`, `{"a":1 "b":2}`, `{"a" 1}`, `01`, `-01`, `+1`, `-`, `--1`, `.5`, `1.`, `1.e5`, `1e`, `1e+`, `0x10`, `1_0`,
	`nul`, `True`, `nan`, `-NaN`, `inf`, `+Infinity`, `-Inf`, `{} {}`, `{}x`, `1,`, "\"\t\"", "\"\n\"", "\"\x00\"", `"\x41"`, `"\u12"`, `"\u12G4"`, `"\"`,
	"\ufeff{}", "\u00a0{}", "{}\x00", "\v1", `"\u+123"`, `"\u 123"`, `[1}`, `{"a":1]`,
}

func TestNormalize(t *testing.T) {
	for src, want := range accepted {
		got, err := pyjson.Normalize([]byte(src))
		if err != nil || string(got) != want {
			t.Errorf("Normalize(%q) = %s, %v; want %s", src, got, err, want)
		}
	}
}

func TestNormalizeRefuses(t *testing.T) {
	for _, src := range refused {
		if got, err := pyjson.Normalize([]byte(src)); !errors.Is(err, pyjson.ErrSyntax) {
			t.Errorf("Normalize(%q) = %q, %v; want ErrSyntax", src, got, err)
		}
	}
	if got, err := pyjson.Normalize([]byte("[\"\xff\"]")); !errors.Is(err, pyjson.ErrUTF8) {
		t.Errorf("invalid UTF-8 gave %q, %v", got, err)
	}
}

func TestNormalizeLimits(t *testing.T) {
	nest := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	ones := func(n int) []byte { return []byte("-" + strings.Repeat("1", n)) }
	for _, c := range []struct {
		name    string
		src     []byte
		refused bool
	}{
		{"deep", nest(pyjson.MaxDepth), false},
		{"too deep", nest(pyjson.MaxDepth + 1), true},
		{"unclosed and too deep", []byte(strings.Repeat(`{"a":`, 1<<20)), true},
		{"long integer", ones(pyjson.MaxDigits), false},
		{"too long an integer", ones(pyjson.MaxDigits + 1), true},
		{"a float may be longer", append(ones(pyjson.MaxDigits+1), ".0"...), false},
	} {
		if _, err := pyjson.Normalize(c.src); errors.Is(err, pyjson.ErrTooBig) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Errors are logged, and sessions are secret.
func TestErrorsDoNotQuoteTheText(t *testing.T) {
	for _, src := range []string{`{"hunter2`, `hunter2`, `{"a":"hunter2"`, `"hunter2\x"`, "\"hunter2\xff\""} {
		if _, err := pyjson.Normalize([]byte(src)); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%v", err)
		}
	}
}

func TestCanonicalTextIsNotCopied(t *testing.T) {
	for _, members := range []int{2, 10, 40} {
		src := session(members)
		got, err := pyjson.Normalize(src)
		if err != nil || &got[0] != &src[0] || len(got) != len(src) {
			t.Errorf("%d members: the answer is not the input itself, %v", members, err)
		}
	}
}

// TestNormalizeAgainstPython asks the authority itself about every text above.
func TestNormalizeAgainstPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed; the tables of this file, taken from it, were checked without it")
	}
	var corpus []string
	for src := range accepted {
		corpus = append(corpus, src, "["+src+"]", src+src, src[:len(src)/2])
	}
	for _, src := range refused {
		corpus = append(corpus, src, "["+src+"]", `{"k":`+src+`}`)
	}
	for i := range 200 {
		corpus = append(corpus, fmt.Sprintf("[%de%d,%d.%dE-%d]", i*7919, i*3-290, i, i*i, i))
	}
	input, err := json.Marshal(corpus)
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import json, sys
def answer(text):
    try: return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError: return None
json.dump([answer(text) for text in json.load(sys.stdin)], sys.stdout)`
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(input)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []*string
	if err := json.Unmarshal(output, &answers); err != nil || len(answers) != len(corpus) {
		t.Fatalf("%d answers to %d texts, %v", len(answers), len(corpus), err)
	}
	for i, want := range answers {
		got, err := pyjson.Normalize([]byte(corpus[i]))
		if (err == nil) != (want != nil) || want != nil && string(got) != *want {
			t.Errorf("Normalize(%q) = %s, %v; Python answers %v", corpus[i], got, err, want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for src := range accepted {
		f.Add([]byte(src))
	}
	for _, src := range refused {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := pyjson.Normalize(src)
		if err != nil {
			if json.Valid(src) && utf8.Valid(src) && !errors.Is(err, pyjson.ErrTooBig) {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		for _, c := range got {
			if c < ' ' || c > '~' {
				t.Fatalf("%q became %q", src, got)
			}
		}
		again, err := pyjson.Normalize(got)
		if err != nil || len(got) > 0 && &again[0] != &got[0] {
			t.Fatalf("%q became %q, which becomes %q, %v", src, got, again, err)
		}
		if !bytes.Contains(got, []byte("NaN")) && !bytes.Contains(got, []byte("Infinity")) && !json.Valid(got) {
			t.Fatalf("%q became %q, which encoding/json refuses", src, got)
		}
	})
}

// session is a canonical object of n members that looks like a session.
func session(n int) []byte {
	b := []byte(`{"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend"`)
	for i := range n - 2 {
		b = fmt.Appendf(b, `,"key%d":[%d,1.5,null,{"caf\u00e9":true}]`, i, i)
	}
	return append(b, '}')
}

func BenchmarkNormalize(b *testing.B) {
	spaced := bytes.ReplaceAll(session(8), []byte(","), []byte(", "))
	for name, src := range map[string][]byte{"canonical": session(8), "spaced": spaced, "40 keys": session(40)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, err := pyjson.Normalize(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
