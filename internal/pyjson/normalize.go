package pyjson

import (
	"bytes"
	"fmt"
	"sync"
)

// This file turns any JSON that Python accepts into what Python would write for
// it, without building the values.

// Normalize answers json.dumps(json.loads(src)): the canonical form of src,
// which is one JSON value in UTF-8. If src is canonical already, the answer is
// src itself, and nothing is allocated. Of a key that an object holds twice,
// the last value stands in the first one's place, as in a Python dict. Errors
// match [ErrSyntax], [ErrUTF8] or [ErrTooBig].
func Normalize(src []byte) ([]byte, error) {
	z := normalizers.Get().(*normalizer)
	defer z.release()
	z.src = src
	z.space()
	if err := z.value(); err != nil {
		return nil, err
	}
	z.space()
	if z.pos < len(src) {
		return nil, z.fail("more after the value")
	}
	return z.written(0, z.at()), nil
}

// A normalizer walks over src and copies nothing until the first byte that
// must change. Until then what it has written is src[:pos], so that offsets
// into what it has written hold before and after.
type normalizer struct {
	src     []byte
	pos     int
	out     []byte // what is written, once changed
	changed bool
	depth   int
	members []member // of all objects that are open, outermost first
	sorted  []member // room for repeats
}

var normalizers = sync.Pool{New: func() any { return new(normalizer) }}

// release gives z back without what it read and wrote, and without the room
// that an unusually large text needed.
func (z *normalizer) release() {
	const usual = 1024
	*z = normalizer{members: z.members[:0], sorted: z.sorted[:0]}
	if cap(z.members) <= usual && cap(z.sorted) <= usual {
		normalizers.Put(z)
	}
}

func (z *normalizer) at() int {
	if z.changed {
		return len(z.out)
	}
	return z.pos
}

func (z *normalizer) written(from, to int) []byte {
	if z.changed {
		return z.out[from:to]
	}
	return z.src[from:to]
}

func (z *normalizer) fail(what string) error {
	return fmt.Errorf("%w at byte %d: %s", ErrSyntax, z.pos, what)
}

// peek answers the next byte, or 0 at the end, which no token begins with.
func (z *normalizer) peek() byte {
	if z.pos < len(z.src) {
		return z.src[z.pos]
	}
	return 0
}

// keep copies the next n bytes.
func (z *normalizer) keep(n int) {
	if z.changed {
		z.out = append(z.out, z.src[z.pos:z.pos+n]...)
	}
	z.pos += n
}

// put writes text for the next n bytes.
func (z *normalizer) put(n int, text []byte) {
	if string(z.src[z.pos:z.pos+n]) == string(text) {
		z.keep(n)
		return
	}
	z.change()
	z.out = append(z.out, text...)
	z.pos += n
}

func (z *normalizer) change() {
	if !z.changed {
		z.out = append(make([]byte, 0, len(z.src)+len(z.src)/4), z.src[:z.pos]...)
		z.changed = true
	}
}

// space drops white space.
func (z *normalizer) space() {
	n := 0
	for z.pos+n < len(z.src) {
		if c := z.src[z.pos+n]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
		n++
	}
	if n > 0 {
		z.put(n, nil)
	}
}

// token passes over c and any white space after it, if c is next.
func (z *normalizer) token(c byte) bool {
	if z.peek() != c {
		return false
	}
	z.keep(1)
	z.space()
	return true
}

func (z *normalizer) value() error {
	switch c := z.peek(); {
	case c == '"':
		return z.string()
	case c == '{', c == '[':
		return z.nested(c)
	case c == '-', '0' <= c && c <= '9':
		return z.number()
	}
	return z.word("null", "true", "false", "NaN", "Infinity")
}

func (z *normalizer) word(words ...string) error {
	for _, w := range words {
		if bytes.HasPrefix(z.src[z.pos:], []byte(w)) {
			z.keep(len(w))
			return nil
		}
	}
	return z.fail("no value")
}

func (z *normalizer) nested(open byte) (err error) {
	if z.depth == MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrTooBig, MaxDepth)
	}
	z.depth++
	if open == '{' {
		err = z.object()
	} else {
		err = z.array()
	}
	z.depth--
	return err
}

func (z *normalizer) array() error {
	z.token('[')
	if z.peek() == ']' {
		z.keep(1)
		return nil
	}
	for {
		if err := z.value(); err != nil {
			return err
		}
		z.space()
		if z.peek() == ']' {
			z.keep(1)
			return nil
		}
		if !z.token(',') {
			return z.fail("no comma or end of an array")
		}
	}
}

func (z *normalizer) string() error {
	n := 1
	for {
		for z.pos+n < len(z.src) && plain[z.src[z.pos+n]] {
			n++
		}
		z.keep(n)
		n = 0
		if z.pos == len(z.src) {
			return z.fail("string without end")
		}
		if z.src[z.pos] == '"' {
			z.keep(1)
			return nil
		}
		r, width, err := decodeChar(z.src[z.pos:])
		if err != nil {
			return fmt.Errorf("%w at byte %d", err, z.pos)
		}
		var text [12]byte
		z.put(width, appendEscape(text[:0], r))
	}
}
