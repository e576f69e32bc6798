// Package pyfloat writes a float64 as Python's repr does, which is also how
// Python's json module writes one.
//
// The digits are the fewest that read back as the same float64, as in
// strconv; only the layout is Python's own: positional from 1e-4 up to but not
// including 1e16, always with a fraction ("1.0"), otherwise with an exponent
// of at least two digits ("1e+16").
package pyfloat

import (
	"math"
	"strconv"
)

// Append appends f to dst as Python's json.dumps writes it: NaN, Infinity and
// -Infinity are bare words, and minus zero keeps its sign.
func Append(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	// The limits are exact: no float64 below 1e16 needs rounding up to it, and
	// the float64 that 1e-4 is read as is the smallest one printed so.
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		dst = append(dst, ".0"...)
	}
	return dst
}
