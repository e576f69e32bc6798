package django

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// What Python's base64.urlsafe_b64decode answers once Django has added padding;
// nil is its binascii.Error.
func TestLenientBase64(t *testing.T) {
	for text, want := range map[string]any{
		"": "", "e30": "{}", "e30=": "{}", "e30==": "{}", "e30===": "{}", "=e30": nil,
		"e!30": nil, "e3!0": nil, "!e30": nil, "e30\n": nil, "e3\n\n0\n\n": "{}", "e!!30!": "{}", "!!!!e30": "{}",
		"e": nil, "e3": "{", "e30a": "{}\x1a", "e30-": "{}>", "e30+": "{}>", "e30_": "{}?", "e30/": "{}?",
		"e3=0": nil, "e3==0": "{", "e30=e30=": "{}", "====": "",
	} {
		got, err := decodeBase64(text)
		if s, ok := want.(string); ok != (err == nil) || ok && string(got) != s {
			t.Errorf("decodeBase64(%q) = %q, %v; want %v", text, got, err, want)
		}
	}
}

// TestBase64AgainstPython asks the authority itself about random texts.
func TestBase64AgainstPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed; the table of this file, taken from it, was checked without it")
	}
	random := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, 3000)
	for i := range texts {
		text := make([]byte, random.IntN(12))
		for j := range text {
			text[j] = "eyJhIjoxfQ019AZ-_+/==!\n: "[random.IntN(25)]
		}
		texts[i] = string(text)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import base64, json, sys
def answer(text):
    try: return base64.b64encode(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text.encode()) % 4))).decode()
    except ValueError: return None
json.dump([answer(text) for text in json.load(sys.stdin)], sys.stdout)`
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(input)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []*string
	if err := json.Unmarshal(output, &answers); err != nil || len(answers) != len(texts) {
		t.Fatalf("%d answers to %d texts, %v", len(answers), len(texts), err)
	}
	for i, want := range answers {
		got, err := decodeBase64(texts[i])
		if (err == nil) != (want != nil) || want != nil && base64.StdEncoding.EncodeToString(got) != *want {
			t.Errorf("decodeBase64(%q) = %q, %v; Python's answer differs", texts[i], got, err)
		}
	}
}
