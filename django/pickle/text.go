package pickle

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file reads text out of a pickle, in the three ways it was ever written.

func (m *machine) pushText(s string) {
	m.push(m.add(value{kind: kindText, text: s}))
}

// pushASCII pushes text of Python 2. If it is more than ASCII, its encoding is
// anybody's guess, and so it is opaque like any bytes.
func (m *machine) pushASCII(s string) {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			m.opaque(0)
			return
		}
	}
	m.pushText(s)
}

// unicode is UNICODE: Latin-1 in which \u and \U escape what is beyond it, and
// a backslash before anything else, or the line's end, is itself.
func (m *machine) unicode() {
	line := m.line()
	var text []byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\\' || i+1 == len(line) {
			text = utf8.AppendRune(text, rune(c))
			continue
		}
		width := 0
		switch i++; line[i] {
		case 'u':
			width = 4
		case 'U':
			width = 8
		default:
			text = utf8.AppendRune(append(text, '\\'), rune(line[i]))
			continue
		}
		var ok bool
		if text, ok = appendCodePoint(text, line[i+1:], width); !ok {
			m.fail("bad escape in text")
			return
		}
		i += width
	}
	m.pushText(string(text))
}

// appendCodePoint appends the character whose number s begins with, in width
// hexadecimal digits. Four digits may be half of a surrogate pair: those are
// what a JSON escape may be, too.
func appendCodePoint(dst []byte, s string, width int) ([]byte, bool) {
	if len(s) < width {
		return dst, false
	}
	if width == 4 {
		dst, err := pyjson.Unquote(dst, []byte(`"\u`+s[:4]+`"`))
		return dst, err == nil
	}
	r, err := strconv.ParseUint(s[:width], 16, 31)
	if err != nil || !utf8.ValidRune(rune(r)) {
		return dst, false
	}
	return utf8.AppendRune(dst, rune(r)), true
}

// quoted is STRING: a literal of Python 2 as its repr prints it.
func (m *machine) quoted() {
	line := strings.TrimRight(m.line(), " \t\r")
	if n := len(line); n < 2 || line[0] != line[n-1] || line[0] != '\'' && line[0] != '"' {
		m.fail("no quoted string")
		return
	}
	text, ok := unescape(line[1 : len(line)-1])
	if !ok {
		m.fail("bad escape in a quoted string")
	}
	m.pushASCII(text)
}

func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", false
		}
		switch s[i] {
		case '\\', '\'', '"':
			b.WriteByte(s[i])
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'x':
			c, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8)
			if err != nil || len(s) < i+3 {
				return "", false
			}
			b.WriteByte(byte(c))
			i += 2
		default:
			return "", false
		}
	}
	return b.String(), true
}
