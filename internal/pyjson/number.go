package pyjson

import (
	"fmt"
	"strconv"

	"github.com/cloakroom-go/sessions/internal/pyfloat"
)

// This file normalizes numbers: Python keeps integers exactly, whatever their
// size, and reads everything with a fraction or an exponent as a float64.

func (z *normalizer) number() error {
	s := z.src[z.pos:]
	n := 0
	if s[0] == '-' {
		n++
	}
	whole := digits(s[n:])
	switch {
	case whole == 0:
		return z.word("-Infinity")
	case s[n] == '0':
		whole = 1 // "01" is 0 and then something that cannot be there
	}
	n += whole
	float := false
	if n < len(s) && s[n] == '.' {
		if d := digits(s[n+1:]); d > 0 {
			n, float = n+1+d, true
		}
	}
	if e := exponent(s[n:]); e > 0 {
		n, float = n+e, true
	}
	switch {
	case float:
		// Out of range is no error: the answer is then zero or an infinity, as Python's is.
		f, _ := strconv.ParseFloat(string(s[:n]), 64)
		var text [32]byte
		z.put(n, pyfloat.Append(text[:0], f))
	case whole > MaxDigits:
		return fmt.Errorf("%w: an integer of more than %d digits", ErrTooBig, MaxDigits)
	case string(s[:n]) == "-0":
		z.put(n, []byte("0"))
	default:
		z.keep(n)
	}
	return nil
}

// digits reports how many digits s begins with.
func digits(s []byte) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// exponent reports the length of the exponent that s begins with, if any.
func exponent(s []byte) int {
	if len(s) == 0 || s[0]|0x20 != 'e' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	d := digits(s[n:])
	if d == 0 {
		return 0
	}
	return n + d
}
