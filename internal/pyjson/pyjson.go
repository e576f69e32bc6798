// Package pyjson reads JSON as Python's json.loads does and writes it as
// json.dumps with separators=(",", ":") does, which is the form that a Django
// session has at rest.
//
// That form is called canonical here: ASCII only, no white space outside
// strings, every escape in the one spelling that Python writes, integers of any
// size, floats as Python's repr, and the words NaN, Infinity and -Infinity.
package pyjson

import "errors"

// MaxDepth is how deep arrays and objects may nest. CPython's own bound depends
// on its version, from about 1000 up; this one is encoding/json's.
const MaxDepth = 10000

// MaxDigits is how many digits an integer may have: CPython's default limit,
// beyond which it neither reads nor writes one.
const MaxDigits = 4300

// Errors, to be matched with errors.Is. Their texts give byte offsets, never
// what was read.
var (
	// ErrSyntax: the text is not JSON, as Python understands it.
	ErrSyntax = errors.New("invalid JSON")

	// ErrUTF8: a string is neither UTF-8 nor a lone surrogate in WTF-8.
	ErrUTF8 = errors.New("invalid UTF-8 in a string")

	// ErrTooBig: the text nests deeper than MaxDepth, or has an integer of more
	// than MaxDigits digits.
	ErrTooBig = errors.New("JSON beyond its limits")
)
