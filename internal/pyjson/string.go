package pyjson

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// This file writes and reads JSON string literals.
//
// A Python string, and so a JSON string, may hold half of a surrogate pair,
// which UTF-8 cannot. Go strings here hold one in the three bytes that UTF-8
// would use if it could (ED A0 80 to ED BF BF), known as WTF-8.

// AppendString appends s to dst as a quoted JSON string in the form of Python's
// ensure_ascii: everything outside printable ASCII is escaped, with lower-case
// digits, and characters above U+FFFF as surrogate pairs. Lone surrogates are
// written as they are; two halves side by side will be read back as one
// character, as in Python. Other invalid UTF-8 answers [ErrUTF8] and dst as it
// was.
func AppendString(dst []byte, s string) ([]byte, error) {
	before := len(dst)
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		r, n := decodeRune(s[i:])
		if n == 0 {
			return dst[:before], fmt.Errorf("%w at byte %d", ErrUTF8, i)
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, r)
		i += n
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"'), nil
}

// Unquote appends to dst what the quoted JSON string literal raw stands for:
// surrogate pairs joined to one character, lone surrogates as WTF-8. Raw UTF-8
// passes through. Anything but one whole literal answers [ErrSyntax] or
// [ErrUTF8], and dst as it was.
func Unquote(dst, raw []byte) ([]byte, error) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return dst, fmt.Errorf("%w: not a quoted string", ErrSyntax)
	}
	before, body := len(dst), raw[1:len(raw)-1]
	for i := 0; i < len(body); {
		start := i
		for i < len(body) && plain[body[i]] {
			i++
		}
		dst = append(dst, body[start:i]...)
		if i == len(body) {
			break
		}
		r, n, err := decodeChar(body[i:])
		if err != nil {
			return dst[:before], fmt.Errorf("%w at byte %d", err, i+1)
		}
		dst = appendWTF8(dst, r)
		i += n
	}
	return dst, nil
}

// plain holds the bytes that stand for themselves between quotes.
var plain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// decodeChar reads the character, raw or escaped, that s begins with, and
// reports how many bytes it took.
func decodeChar(s []byte) (rune, int, error) {
	switch c := s[0]; {
	case c == '\\':
		r, n := decodeEscape(s)
		if n == 0 {
			return 0, 0, fmt.Errorf("%w: bad escape", ErrSyntax)
		}
		if utf16.IsSurrogate(r) {
			if low, m := decodeEscape(s[n:]); m == len(`\uXXXX`) {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, n + m, nil
				}
			}
		}
		return r, n, nil
	case c == '"', c < ' ':
		return 0, 0, fmt.Errorf("%w: unescaped control character or quote in a string", ErrSyntax)
	}
	r, n := decodeRune(s)
	if n == 0 {
		return 0, 0, ErrUTF8
	}
	return r, n, nil
}

// decodeEscape reads one escape sequence, without joining surrogate pairs. It
// answers a width of 0 if s does not begin with a valid one.
func decodeEscape(s []byte) (rune, int) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		if len(s) >= 6 {
			if r, ok := hex4(s[2:6]); ok {
				return r, 6
			}
		}
	}
	return 0, 0
}

// hex4 reads four hexadecimal digits of either case.
func hex4(s []byte) (r rune, ok bool) {
	for _, c := range s {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// decodeRune reads one character of WTF-8; its width is 0 if there is none.
func decodeRune[T string | []byte](s T) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	r, n := utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
	if r == utf8.RuneError && n <= 1 {
		return 0, 0
	}
	return r, n
}

// appendWTF8 is utf8.AppendRune for runes that may be surrogates.
func appendWTF8(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(dst, r)
}

// appendEscape appends r in the one form in which Python writes it, which for
// a plain character is itself.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if ' ' <= r && r <= '~' {
		return append(dst, byte(r))
	}
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		return appendU(appendU(dst, high), low)
	}
	return appendU(dst, r)
}

func appendU(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
