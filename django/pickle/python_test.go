package pickle_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file asks Python itself, where there is one.

// python runs a program with a line of input each, and answers its lines.
func python(t *testing.T, program string, input []string) []string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	cmd := exec.Command(path, "-c", program)
	cmd.Stdin = strings.NewReader(strings.Join(input, "\n") + "\n")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	var lines []string
	scan := bufio.NewScanner(bytes.NewReader(out))
	scan.Buffer(nil, 64<<20)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	if len(lines) != len(input) {
		t.Fatalf("python3 answered %d lines to %d", len(lines), len(input))
	}
	return lines
}

// documents answers random JSON objects, the same at every run.
func documents(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	docs := make([]string, n)
	for i := range docs {
		docs[i] = randomObject(r, 0)
	}
	return docs
}

func randomObject(r *rand.Rand, depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range r.IntN(12) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", randomText(r), randomValue(r, depth+1))
	}
	return b.String() + "}"
}

func randomValue(r *rand.Rand, depth int) string {
	switch k := r.IntN(10); {
	case k < 3:
		return randomText(r)
	case k < 5:
		return randomInt(r)
	case k == 5:
		return fmt.Sprintf("%de%d", r.IntN(10), r.IntN(600)-300)
	case k == 6:
		return [...]string{"true", "false", "null", "NaN", "Infinity", "-Infinity", "0.1", "-0.0"}[r.IntN(8)]
	case depth > 5:
		return "[]"
	case k == 7:
		return randomObject(r, depth)
	}
	items := make([]string, r.IntN(6))
	for i := range items {
		items[i] = randomValue(r, depth+1)
	}
	return "[" + strings.Join(items, ",") + "]"
}

// randomInt answers an integer of any length, often next to a power of two.
func randomInt(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return fmt.Sprint(int64(1)<<r.IntN(64) + r.Int64N(5) - 2)
	}
	digits := fmt.Sprint(1 + r.IntN(9))
	for range r.IntN(700) {
		digits += fmt.Sprint(r.IntN(10))
	}
	return digits
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	b.WriteByte('"')
	for range r.IntN(1 << r.IntN(9)) {
		switch r.IntN(6) {
		case 0:
			fmt.Fprintf(&b, `\u%04x`, r.IntN(0x10000))
		case 1:
			fmt.Fprintf(&b, `\u%04x`, r.IntN(0x100))
		default:
			b.WriteByte("abcdefghijklmnopqrstuvwxyz_"[r.IntN(27)])
		}
	}
	return b.String() + `"`
}

func TestPythonReadsWhatEncodeWrites(t *testing.T) {
	docs := documents(300)
	input := make([]string, len(docs))
	for i, doc := range docs {
		data, err := pickle.Encode([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		input[i] = doc + "\t" + base64.StdEncoding.EncodeToString(data)
	}
	answers := python(t, `
import base64, json, pickle, pickletools, sys
for line in sys.stdin:
    doc, data = line.split("\t")
    data = base64.b64decode(data)
    pickletools.dis(data, out=open("/dev/null", "w"))
    got, want = pickle.loads(data), json.loads(doc)
    print("same" if repr(got) == repr(want) else "another")
`, input)
	for i, answer := range answers {
		if answer != "same" {
			t.Errorf("Python reads %s from the pickle of %s", answer, docs[i])
		}
	}
}

func TestDecodeReadsWhatPythonWrites(t *testing.T) {
	docs := documents(100)
	for protocol := range 6 {
		answers := python(t, fmt.Sprintf(`
import base64, json, pickle, sys
for line in sys.stdin:
    session = json.loads(line)
    data = pickle.dumps(session, %d)
    print(base64.b64encode(data).decode(), json.dumps(session, separators=(",", ":")), sep="\t")
`, protocol), docs)
		for _, answer := range answers {
			encoded, want, _ := strings.Cut(answer, "\t")
			data, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			if got, foreign := decode(t, string(data)); got != want || foreign != nil {
				t.Errorf("protocol %d: got %s, foreign %q; want %s", protocol, got, foreign, want)
			}
		}
	}
}

// The opcodes are those that pickletools documents, neither more nor fewer.
func TestOpcodesAreThoseOfPickletools(t *testing.T) {
	known := python(t, `
import pickletools, sys
codes = {op.code: op.name for op in pickletools.opcodes}
for line in sys.stdin:
    print(codes.get(chr(int(line)), ""))
`, func() (all []string) {
		for code := range 256 {
			all = append(all, fmt.Sprint(code))
		}
		return all
	}())
	for code, name := range known {
		_, _, err := pickle.Decode([]byte{byte(code)})
		if unknown := strings.Contains(err.Error(), "unknown opcode"); unknown != (name == "") {
			t.Errorf("opcode %#x, %q to Python: %v", code, name, err)
		}
	}
}
