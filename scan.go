package sessions

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file reads the text of a session: it finds the extent of each value and
// checks it in the same pass, so that one pass over the bytes is all that
// opening a session costs.

// errNotASCII: a string holds bytes that our own form would have escaped.
var errNotASCII = errors.New("not ASCII")

// scanner walks over JSON as Python writes it: RFC 8259 and the bare words
// NaN, Infinity and -Infinity.
type scanner struct {
	src []byte
	pos int
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%s at byte %d", what, s.pos)
}

// skipSpace moves to the next byte that is not white space and returns it, or 0
// at the end.
func (s *scanner) skipSpace() byte {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// value skips one value and returns its text.
func (s *scanner) value(depth int) ([]byte, error) {
	c := s.skipSpace()
	start := s.pos
	var err error
	switch {
	case c == '"':
		_, err = s.text()
	case c == '{':
		err = s.container(depth, '}')
	case c == '[':
		err = s.container(depth, ']')
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	default:
		err = s.word("true", "false", "null", "NaN", "Infinity")
	}
	return s.src[start:s.pos], err
}

// container skips an array or an object, whose opening bracket is next.
func (s *scanner) container(depth int, closing byte) error {
	if depth >= pyjson.MaxDepth {
		return s.fail("nested too deep")
	}
	s.pos++
	if s.skipSpace() == closing {
		s.pos++
		return nil
	}
	for {
		if closing == '}' {
			if _, err := s.name(); err != nil {
				return err
			}
		}
		if _, err := s.value(depth + 1); err != nil {
			return err
		}
		switch s.skipSpace() {
		case closing:
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			return s.fail("no comma or closing bracket")
		}
	}
}

// name skips a member's name and its colon and returns the text between the
// name's quotes.
func (s *scanner) name() ([]byte, error) {
	if s.skipSpace() != '"' {
		return nil, s.fail("no member name")
	}
	literal, err := s.text()
	if err != nil {
		return nil, err
	}
	if s.skipSpace() != ':' {
		return nil, s.fail("no colon")
	}
	s.pos++
	return literal[1 : len(literal)-1], nil
}

// text skips a string, whose opening quote is next.
func (s *scanner) text() ([]byte, error) {
	start := s.pos
	src := s.src
	for i := start + 1; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			s.pos = i + 1
			return src[start:s.pos], nil
		case c == '\\':
			n := escapeLen(src[i:])
			if n == 0 {
				s.pos = i
				return nil, s.fail("unknown escape")
			}
			i += n - 1
		case c < ' ':
			s.pos = i
			return nil, s.fail("control character")
		case c > '~':
			return nil, errNotASCII
		}
	}
	return nil, s.fail("unclosed string")
}

// escapeLen returns the length of the escape that src begins with, 0 if it is
// none.
func escapeLen(src []byte) int {
	if len(src) < 2 {
		return 0
	}
	switch src[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(src) < 6 {
			return 0
		}
		for _, c := range src[2:6] {
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (s *scanner) number() error {
	if s.src[s.pos] == '-' {
		s.pos++
		if s.pos < len(s.src) && s.src[s.pos] == 'I' {
			return s.word("Infinity")
		}
	}
	whole := s.pos
	if n := s.digits(); n == 0 || n > 1 && s.src[whole] == '0' {
		return s.fail("malformed number")
	}
	if s.pos < len(s.src) && s.src[s.pos] == '.' {
		s.pos++
		if s.digits() == 0 {
			return s.fail("malformed number")
		}
	}
	if s.pos < len(s.src) && s.src[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.src) && (s.src[s.pos] == '+' || s.src[s.pos] == '-') {
			s.pos++
		}
		if s.digits() == 0 {
			return s.fail("malformed number")
		}
	}
	return nil
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.src) && '0' <= s.src[s.pos] && s.src[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

func (s *scanner) word(words ...string) error {
	for _, w := range words {
		if bytes.HasPrefix(s.src[s.pos:], []byte(w)) {
			s.pos += len(w)
			return nil
		}
	}
	return s.fail("no value")
}
