package django

import (
	"math"
	"strings"
)

// This file is base 62, in which Django writes the time of a signature: digits,
// upper case, lower case, the most significant first.

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendBase62 appends n to dst.
func appendBase62(dst []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
	}
	var digits [11]byte // 62^11 is beyond 2^63
	i := len(digits)
	for first := true; first || magnitude > 0; first = false {
		i--
		digits[i] = base62[magnitude%62]
		magnitude /= 62
	}
	return append(dst, digits[i:]...)
}

// parseBase62 reads what Django's b62_decode does: also leading zeros, and a
// lone "-" as 0. Numbers beyond an int64 become its limits.
func parseBase62(s string) (n int64, ok bool) {
	if s == "" {
		return 0, false
	}
	digits, negative := strings.CutPrefix(s, "-")
	for i := 0; i < len(digits); i++ {
		d := strings.IndexByte(base62, digits[i])
		switch {
		case d < 0:
			return 0, false
		case n > (math.MaxInt64-int64(d))/62:
			n = math.MaxInt64
		default:
			n = n*62 + int64(d)
		}
	}
	if negative {
		n = -n
	}
	return n, true
}
