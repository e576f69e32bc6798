package pickle_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file tests what the vectors are too small to show of Encode.

func array(n int, item func(int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func object(n int, item func(int) string) string {
	list := array(n, func(i int) string { return fmt.Sprintf(`"%d":%s`, i, item(i)) })
	return "{" + list[1:len(list)-1] + "}"
}

func number(i int) string { return fmt.Sprint(i) }
func zero(int) string     { return "0" }

// The digests are of what CPython's pickle.dumps(json.loads(text), 5) answers,
// the same from 3.8 to 3.13. They hold batches of items and frames to theirs.
func TestEncodeAsCPythonDoes(t *testing.T) {
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	for _, c := range []struct{ name, json, sha256 string }{
		{"list of 999", `{"l":` + array(999, zero) + `}`, "008226e8b39eeb0dc92da56978cc5bdfe53b4d2d7ad2906780fb4964f6227798"},
		{"list of 1000", `{"l":` + array(1000, zero) + `}`, "62bf55ed9818305a6c2af4a471e0c2bb1f497f46b287e3dee522c10fd72f1804"},
		{"list of 2000", `{"l":` + array(2000, zero) + `}`, "d1c8d13df4b863b9348a3ca8dd5bf4898dcaf8f69aff2b37a75ed205ed28fe47"},
		{"dict of 999", object(999, number), "0eea119f999fe421e6d139014685d2386f8f50a5fb375cd62bca7907909ab363"},
		{"dict of 1000", object(1000, number), "242391b3b6935721dd96638bd092c5fec0561b9e176fb455dbd486bf3d0e120e"},
		{"dict of 1001", object(1001, number), "c10bb1ea91ffe4e948f27d9e669df400c81100bd57ef77a628e30940eadb9b2f"},
		{"dict of 2000", object(2000, number), "984eec5730ab17dfde67d30c618f35a0b6576e43285848d43c0e0f578e9ac80a"},
		{"text shorter than a frame", `{"a":` + text(65535) + `,"b":1}`, "d31fdce7565b4d7c9e8b5e8d91dbdc64e5c94446fc77b6f1bb46a74a7f1df5e1"},
		{"text as long as a frame", `{"a":` + text(65536) + `,"b":1}`, "2499bf0977e05e6c395f4822be53e513bfc6245adec043739fe668f416ca9d75"},
		{"long text at the end", `{"a":` + text(70000) + `}`, "41ff03626bcc7dadc53623997899e5aac1a25fa43f6c6c96e1dc266951a05bbd"},
		{"long key", `{` + text(70000) + `:"` + strings.Repeat("y", 70000) + `"}`, "43e4aad59bea7fcab493f6ab2b2f34e0bd0c01e496fef5432045447d37f879ef"},
		{"six frames of integers", `{"l":` + array(100000, number) + `}`, "ba976e0ff17d498a7967ece3cc4503d6f656024801c09c77a96d971036f27683"},
		{"three frames of floats", `{"l":` + array(20000, func(i int) string { return fmt.Sprintf("%d.5", i) }) + `}`,
			"909c7e083b093dc7592af1f2a846fbf96ff49cef530b0894bd4549cc23d07331"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := pickle.Encode([]byte(c.json))
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != c.sha256 {
				t.Errorf("%d bytes, digest %x", len(data), sum)
			}
			sameAfterEncode(t, []byte(c.json))
		})
	}
}

func TestEncodeNormalizes(t *testing.T) {
	for in, want := range map[string]string{
		" { \"a\" : [ 1 , 2 ] } ":  `{"a":[1,2]}`,
		`{"a":1,"b":2,"a":3}`:      `{"a":3,"b":2}`,
		`{"a":-0,"b":1E2,"c":1e0}`: `{"a":0,"b":100.0,"c":1.0}`,
		"{\"a\":\"é\"}":            `{"a":"\u00e9"}`,
		`{"\u0061":"\u000a\/"}`:    `{"a":"\n/"}`,
	} {
		data, err := pickle.Encode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := decode(t, string(data)); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// A text that is there before is a reference, by number, to where it was.
func TestEncodeRefersToEqualTexts(t *testing.T) {
	long := strings.Repeat("long ", 20)
	src := `{"first":"` + long + `","k":` + array(300, func(i int) string { return fmt.Sprintf(`{"%d":"%s"}`, i, long) }) + `}`
	data, err := pickle.Encode([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte(long)); n != 1 {
		t.Errorf("the text is there %d times, want once", n)
	}
	sameAfterEncode(t, []byte(src))
	late := `{"k":` + array(600, func(i int) string { return fmt.Sprintf(`"text %d"`, i/2) }) + `}`
	sameAfterEncode(t, []byte(late))
}

func TestEncodeErrors(t *testing.T) {
	for _, in := range []string{"", "[]", "1", "null", `"a"`, `{"a"}`, `{"a":1`, `{"a":1}}`, `{a:1}`, `{"a":01}`, "{\"a\":\"\xff\"}", `{"a":"\x"}`} {
		if data, err := pickle.Encode([]byte(in)); err == nil || data != nil || errors.Is(err, pickle.ErrTooBig) {
			t.Errorf("%q: got %q, %v; want an error", in, data, err)
		}
	}
}

func TestEncodeTooBig(t *testing.T) {
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for name, in := range map[string]string{
		"more text than may be":       `{"a":"` + strings.Repeat("x", pickle.MaxJSON) + `"}`,
		"nested too deep":             `{"a":` + deep + `}`,
		"integer of 4301 digits":      `{"a":` + strings.Repeat("9", 4301) + `}`,
		"more objects than may be":    `{"a":` + array(pickle.MaxOps, zero) + `}`,
		"a longer pickle than may be": `{"a":` + array(2<<20, func(int) string { return "0.5" }) + `}`,
	} {
		if data, err := pickle.Encode([]byte(in)); !errors.Is(err, pickle.ErrTooBig) || data != nil {
			t.Errorf("%s: %d bytes, error %v; want ErrTooBig", name, len(data), err)
		}
	}
	sameAfterEncode(t, []byte(`{"a":`+deep[1:1999]+`}`))
}

// What was answered stays as it is, whatever is encoded or decoded later.
func TestAnswersAreNotReused(t *testing.T) {
	first, err := pickle.Encode([]byte(tenKeys))
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := pickle.Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	wasData, wasText := slices.Clone(first), slices.Clone(text)
	other, _ := pickle.Encode([]byte(`{"another":"session","of":["somebody","else"]}`))
	if _, _, err := pickle.Decode(other); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, wasData) || !bytes.Equal(text, wasText) {
		t.Error("an answer was changed by a later call")
	}
}
