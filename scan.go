package sessions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"

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
	src     []byte
	pos     int
	escapes int // that strings held so far
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%s at byte %d", what, s.pos)
}

// skipSpace moves to the next byte that is not white space and returns it, or 0
// at the end.
func (s *scanner) skipSpace() byte {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.pos++
	}
	return 0
}

// value skips one value and returns where it stands.
func (s *scanner) value(depth int) (span, error) {
	c := s.skipSpace()
	start := s.pos
	var err error
	switch {
	case c == '"':
		err = s.text()
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	case c == '{':
		err = s.container(depth, '}')
	case c == '[':
		err = s.container(depth, ']')
	default:
		err = s.word("true", "false", "null", "NaN", "Infinity")
	}
	return span{uint32(start), uint32(s.pos)}, err
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

// name skips a member's name and its colon and returns where the text between
// the name's quotes stands.
func (s *scanner) name() (span, error) {
	if s.skipSpace() != '"' {
		return span{}, s.fail("no member name")
	}
	start := s.pos + 1
	if err := s.text(); err != nil {
		return span{}, err
	}
	end := s.pos - 1
	if s.skipSpace() != ':' {
		return span{}, s.fail("no colon")
	}
	s.pos++
	return span{uint32(start), uint32(end)}, nil
}

// text skips a string, whose opening quote is next.
func (s *scanner) text() error {
	src := s.src
	for i := s.pos + 1; ; {
		for i+8 <= len(src) {
			special := specials(binary.LittleEndian.Uint64(src[i:]))
			i += bits.TrailingZeros64(special) / 8 // 8 if there are none
			if special != 0 {
				break
			}
		}
		if i >= len(src) {
			return s.fail("unclosed string")
		}
		switch c := src[i]; {
		case c == '"':
			s.pos = i + 1
			return nil
		case c == '\\':
			n := escapeLen(src[i:])
			if n == 0 {
				s.pos = i
				return s.fail("unknown escape")
			}
			i += n
			s.escapes++
		case c < ' ':
			s.pos = i
			return s.fail("control character")
		case c >= utf8.RuneSelf:
			return errNotASCII
		default:
			i++
		}
	}
}

// specials looks at eight bytes at once: in the first of them that is not plain
// text in a JSON string the result has its highest bit set, and in none before
// it. The tests for a byte below n and for equality are those of "Bit Twiddling
// Hacks" (Anderson); they may err only behind a byte that they have found.
func specials(word uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := word^(ones*'"'), word^(ones*'\\')
	below := word - ones*' '
	return (below | (quote-ones)&^quote | (slash-ones)&^slash | word) & highs
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
	rest := s.src[s.pos:]
	for _, w := range words {
		if len(rest) >= len(w) && string(rest[:len(w)]) == w {
			s.pos += len(w)
			return nil
		}
	}
	return s.fail("no value")
}
