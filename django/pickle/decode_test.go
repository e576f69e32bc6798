package pickle_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file tests what Decode makes of pickles that Django's own sessions do
// not show: old forms, shared and repeated objects, and what is no session.

// with answers the pickle of {"a": 1, "x": <what the program leaves>}.
func with(program string) string {
	return "}(U\x01aK\x01U\x01x" + program + "u."
}

func decode(t *testing.T, data string) (string, []string) {
	t.Helper()
	text, foreign, err := pickle.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), foreign
}

func TestDecodeScalars(t *testing.T) {
	for _, c := range []struct{ name, program, want string }{
		{"none", "N", "null"},
		{"bools of protocol 1", "(lI00\naI01\na", "[false,true]"},
		{"bools of protocol 2", "(\x88\x89l", "[true,false]"},
		{"INT", "I-123\n", "-123"},
		{"LONG", "L-12L\n", "-12"},
		{"LONG without its L", "L12\n", "12"},
		{"LONG of 20 digits", "L-99999999999999999999L\n", "-99999999999999999999"},
		{"BININT", "J\xff\xff\xff\xff", "-1"},
		{"BININT1", "K\xff", "255"},
		{"BININT2", "M\xff\xff", "65535"},
		{"LONG1 of no bytes", "\x8a\x00", "0"},
		{"LONG1 of 1 byte", "\x8a\x01\x80", "-128"},
		{"LONG1 of 8 bytes", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807"},
		{"LONG1 of 9 bytes", "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00", "9223372036854775808"},
		{"LONG1 of 9 bytes, negative", "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff", "-9223372036854775809"},
		{"LONG4", "\x8b\x02\x00\x00\x00\x00\x80", "-32768"},
		{"FLOAT", "F1e+100\n", "1e+100"},
		{"FLOAT of a whole number", "F2.0\n", "2.0"},
		{"FLOAT words", "(FNaN\nFinf\nF-inf\nl", "[NaN,Infinity,-Infinity]"},
		{"FLOAT out of range", "F1e400\n", "Infinity"},
		{"BINFLOAT", "G\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5"},
		{"BINFLOAT zero", "G\x80\x00\x00\x00\x00\x00\x00\x00", "-0.0"},
		{"UNICODE", "Vab\\u00e9\xe9\\U0001f600\n", `"ab\u00e9\u00e9\ud83d\ude00"`},
		{"UNICODE with other backslashes", "V\\n\\\\u0041\\\n", `"\\n\\\\u0041\\"`},
		{"UNICODE with half a pair", "V\\ud83d\n", `"\ud83d"`},
		{"BINUNICODE", "X\x02\x00\x00\x00\xc3\xa9", `"\u00e9"`},
		{"BINUNICODE with half a pair", "X\x03\x00\x00\x00\xed\xa0\x80", `"\ud800"`},
		{"SHORT_BINUNICODE", "\x8c\x01\x7f", `"\u007f"`},
		{"BINUNICODE8", "\x8d\x01\x00\x00\x00\x00\x00\x00\x00A", `"A"`},
		{"STRING", `S'a\'\\\n\r\t\x7f"'` + "\n", `"a'\\\n\r\t\u007f\""`},
		{"STRING in double quotes", "S\"it's\"\n", `"it's"`},
		{"BINSTRING", "T\x01\x00\x00\x00A", `"A"`},
		{"SHORT_BINSTRING", "U\x01A", `"A"`},
		{"DUP", "(K\x022l", "[2,2]"},
		{"POP", "K\x02K\x030", "2"},
		{"POP of a mark", "K\x02(0", "2"},
		{"POP_MARK", "K\x02(NNN1", "2"},
		{"DICT", "(U\x01aK\x02d", `{"a":2}`},
		{"LIST", "(K\x02l", "[2]"},
		{"APPEND", "]K\x02a", "[2]"},
		{"APPENDS of none", "](e", "[]"},
		{"SETITEM", "}U\x01aK\x02s", `{"a":2}`},
		{"GET and PUT", "K\x07p0\n0g0\n", "7"},
		{"LONG_BINGET and LONG_BINPUT", "K\x07r\x05\x00\x00\x000j\x05\x00\x00\x00", "7"},
		{"MEMOIZE after PUT", "K\x07q\x000K\x08\x940h\x01", "8"},
		{"FRAME", "\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x07", "7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, foreign := decode(t, with(c.program))
			if want := `{"a":1,"x":` + c.want + `}`; got != want || foreign != nil {
				t.Errorf("got %s, foreign %q; want %s", got, foreign, want)
			}
		})
	}
}

// Nothing of this is executed or imported, and "a" stays readable.
func TestDecodeForeignValues(t *testing.T) {
	long := func(n int) string { return fmt.Sprintf("L%sL\n", strings.Repeat("9", n)) }
	for name, program := range map[string]string{
		"call of os.system":           "cos\nsystem\n(S'touch executed'\ntR",
		"STACK_GLOBAL":                "U\x02osU\x06system\x93",
		"INST":                        "(S'touch executed'\nios\nsystem\n",
		"OBJ":                         "(cos\nsystem\nS'touch executed'\no",
		"NEWOBJ":                      "cos\nPathLike\n)\x81",
		"NEWOBJ_EX":                   "cos\nPathLike\n)}\x92",
		"BUILD":                       "cos\nPathLike\n)\x81}b",
		"PERSID":                      "P1\n",
		"BINPERSID":                   "K\x01Q",
		"EXT1":                        "\x82\x01",
		"EXT2":                        "\x83\x01\x00",
		"EXT4":                        "\x84\x01\x00\x00\x00",
		"NEXT_BUFFER":                 "\x97",
		"READONLY_BUFFER":             "\x97\x98",
		"BYTEARRAY8":                  "\x96\x01\x00\x00\x00\x00\x00\x00\x00A",
		"BINBYTES":                    "B\x01\x00\x00\x00A",
		"SHORT_BINBYTES":              "C\x01A",
		"BINBYTES8":                   "\x8e\x01\x00\x00\x00\x00\x00\x00\x00A",
		"STRING beyond ASCII":         "S'\\xe9'\n",
		"SHORT_BINSTRING beyond it":   "U\x01\xe9",
		"empty tuple":                 ")",
		"TUPLE1":                      "K\x01\x85",
		"TUPLE2":                      "K\x01K\x01\x86",
		"TUPLE3":                      "K\x01K\x01K\x01\x87",
		"TUPLE":                       "(K\x01t",
		"set":                         "\x8f(K\x01\x90",
		"frozenset":                   "(K\x01\x91",
		"OrderedDict with items":      "ccollections\nOrderedDict\n)R(U\x01aK\x01u",
		"OrderedDict with one item":   "ccollections\nOrderedDict\n)RU\x01aK\x01s",
		"deque with items":            "ccollections\ndeque\n)R(K\x01e",
		"deque with one item":         "ccollections\ndeque\n)RK\x01a",
		"dict with an int as key":     "}K\x01K\x01s",
		"dict with a bool as key":     "}\x88K\x01s",
		"dict with None as key":       "}NK\x01s",
		"dict with mixed keys":        "}(U\x01aK\x01K\x01K\x01u",
		"list of a tuple":             "]K\x01a)a",
		"dict of a tuple":             "}U\x01a)s",
		"list in itself":              "]q\x00h\x00a",
		"list twice in itself":        "]q\x00(h\x00h\x00e",
		"dict in itself":              "}q\x00U\x01ah\x00s",
		"list in a list in itself":    "]q\x00]h\x00aa",
		"integer of 4301 digits":      long(4301),
		"LONG4 of more than printed":  "\x8b\x00\x08\x00\x00" + strings.Repeat("\x7f", 0x800),
		"LONG4 of exactly 1786 bytes": "\x8b\xfa\x06\x00\x00" + strings.Repeat("\x7f", 1786),
		"lists nested too deep":       strings.Repeat("]", 1000) + strings.Repeat("a", 999),
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got, foreign := decode(t, with(program))
			if got != `{"a":1}` || !slices.Equal(foreign, []string{"x"}) {
				t.Errorf("got %s, foreign %q", got, foreign)
			}
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("decoding left files behind: %v, %v", left, err)
			}
		})
	}
}

func TestDecodeAtTheLimits(t *testing.T) {
	nines := strings.Repeat("9", 4300)
	if got, _ := decode(t, with("L-"+nines+"L\n")); got != `{"a":1,"x":-`+nines+`}` {
		t.Error("an integer of 4300 digits is not read as it is")
	}
	deep := strings.Repeat("]", 999) + strings.Repeat("a", 998)
	if got, _ := decode(t, with(deep)); got != `{"a":1,"x":`+strings.Repeat("[", 999)+strings.Repeat("]", 999)+`}` {
		t.Error("999 nested lists are not read as they are")
	}
}

// A list is shared by reference: what is appended after it was used is in every
// place where it was used.
func TestDecodeSharedWhileBuilt(t *testing.T) {
	got, _ := decode(t, "}(U\x01a]q\x00U\x01bh\x00K\x01aU\x01ch\x00(K\x02K\x03eu.")
	if want := `{"a":[1,2,3],"b":[1,2,3],"c":[1,2,3]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Python's dict keeps a repeated key in its first place with its last value.
func TestDecodeRepeatedKeys(t *testing.T) {
	for _, n := range []int{3, 11, 12, 13, 40} {
		var program, want strings.Builder
		for round := range 2 {
			for i := range n {
				fmt.Fprintf(&program, "U\x02%02dI%d\n", i, i+round*100)
			}
		}
		for i := range n {
			fmt.Fprintf(&want, `,"%02d":%d`, i, i+100)
		}
		inner := "{" + want.String()[1:] + "}"
		if got, _ := decode(t, "}("+program.String()+"u."); got != inner {
			t.Errorf("%d keys: got %s, want %s", n, got, inner)
		}
		if got, _ := decode(t, with("}("+program.String()+"u")); got != `{"a":1,"x":`+inner+`}` {
			t.Errorf("%d keys, nested: got %s", n, got)
		}
	}
}

func TestDecodeNamesTopLevelKeysThatAreNotText(t *testing.T) {
	got, foreign := decode(t, "}(K\x01NF1.5\nN\x88N\x89NNNL99999999999999999999L\nN)NU\x01aK\x02u.")
	want := []string{"1", "1.5", "True", "False", "None", "99999999999999999999", "<object>"}
	if got != `{"a":2}` || !slices.Equal(foreign, want) {
		t.Errorf("got %s, foreign %q; want %q", got, foreign, want)
	}
}

func TestDecodeErrors(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":                       "",
		"integer as Redis keeps it":     "5",
		"JSON":                          `{"a":1}`,
		"None":                          "N.",
		"list":                          "].",
		"OrderedDict":                   "ccollections\nOrderedDict\n)R.",
		"no STOP":                       "}",
		"STOP with nothing":             ".",
		"STOP above a mark":             "}(.",
		"unknown opcode":                "}\xff.",
		"unknown protocol":              "\x80\x06}.",
		"cut operand":                   "}U\x05ab",
		"cut frame":                     "\x95\x09\x00\x00\x00\x00\x00\x00\x00}.",
		"endless frame":                 "\x95\xff\xff\xff\xff\xff\xff\xff\xff}.",
		"endless text":                  "\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
		"endless bytes":                 "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
		"endless integer":               "\x8b\xff\xff\xff\xff.",
		"line without end":              "I5",
		"text that is not UTF-8":        with("U\x01b0\x8c\x01\xff"),
		"key that is not UTF-8":         "}\x8c\x01\xffNs.",
		"GET of nothing":                "h\x00.",
		"GET beyond the memo":           "j\xff\xff\xff\xff.",
		"GET of no number":              "gx\n.",
		"PUT of nothing":                "q\x00.",
		"PUT of a negative number":      "}p-1\n.",
		"PUT of a great number":         "}r\xff\xff\xff\xff.",
		"empty stack":                   "0.",
		"no mark":                       "}u.",
		"value without a key":           "}(K\x01u.",
		"SETITEM below a mark":          "}(K\x01K\x01s.",
		"SETITEM of a list":             "]K\x01K\x01s.",
		"APPEND to a dict":              "}K\x01a.",
		"APPENDS to text":               "U\x01a(K\x01e.",
		"ADDITEMS to a list":            "](K\x01\x90.",
		"BUILD of a dict":               "}}b.",
		"INT of no digits":              "I\n.",
		"INT in hexadecimal":            "I0x1f\n.",
		"INT with a zero before it":     "I-0\n.",
		"LONG of letters":               "LnoL\n.",
		"FLOAT of letters":              "Fone\n.",
		"FLOAT in hexadecimal":          "F0x1p4\n.",
		"UNICODE with a short escape":   "V\\u12\n.",
		"UNICODE with a bad escape":     "V\\uzzzz\n.",
		"UNICODE beyond Unicode":        "V\\U00110000\n.",
		"STRING without quotes":         "Sab\n.",
		"STRING with an unknown escape": "S'\\q'\n.",
		"STRING with a short escape":    "S'\\x1'\n.",
		"STRING with a last backslash":  "S'\\'\n.",
	} {
		t.Run(name, func(t *testing.T) {
			text, foreign, err := pickle.Decode([]byte(data))
			if !errors.Is(err, sessions.ErrCorrupt) {
				t.Fatalf("error %v, want ErrCorrupt", err)
			}
			if text != nil || foreign != nil {
				t.Errorf("got %s, %q beside the error", text, foreign)
			}
		})
	}
}

// What follows STOP is no part of the pickle, as in Python.
func TestDecodeIgnoresWhatFollows(t *testing.T) {
	if got, _ := decode(t, "}.anything"); got != "{}" {
		t.Errorf("got %s", got)
	}
}
