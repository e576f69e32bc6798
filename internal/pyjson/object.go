package pyjson

import (
	"bytes"
	"slices"
)

// This file normalizes objects, whose keys become unique as in a Python dict.

// A member is one "key":value pair, as offsets into what is written.
type member struct{ start, colon, end int }

func (z *normalizer) object() error {
	first := len(z.members)
	z.token('{')
	if z.peek() == '}' {
		z.keep(1)
		return nil
	}
	for {
		if err := z.member(); err != nil {
			return err
		}
		z.space()
		if z.peek() == '}' {
			z.unique(z.members[first:])
			z.members = z.members[:first]
			z.keep(1)
			return nil
		}
		if !z.token(',') {
			return z.fail("no comma or end of an object")
		}
	}
}

func (z *normalizer) member() error {
	m := member{start: z.at()}
	if z.peek() != '"' {
		return z.fail("no key in quotes")
	}
	if err := z.string(); err != nil {
		return err
	}
	m.colon = z.at()
	z.space()
	if !z.token(':') {
		return z.fail("no colon after a key")
	}
	if err := z.value(); err != nil {
		return err
	}
	m.end = z.at()
	z.members = append(z.members, m)
	return nil
}

func (z *normalizer) key(m member) []byte { return z.written(m.start, m.colon) }

// unique rewrites the members just written, if a key is there twice.
func (z *normalizer) unique(ms []member) {
	if !z.repeats(ms) {
		return
	}
	z.change()
	last := make(map[string]member, len(ms))
	for _, m := range ms {
		last[string(z.key(m))] = m
	}
	start := ms[0].start
	rest := slices.Clone(z.out[start:])
	z.out = z.out[:start]
	for _, m := range ms {
		key := string(rest[m.start-start : m.colon-start])
		final, ok := last[key]
		if !ok {
			continue
		}
		delete(last, key)
		if len(z.out) > start {
			z.out = append(z.out, ',')
		}
		z.out = append(z.out, rest[final.start-start:final.end-start]...)
	}
}

// repeats reports whether two members have one key. Canonical keys are equal
// where their texts are.
func (z *normalizer) repeats(ms []member) bool {
	const few = 12
	if len(ms) <= few {
		for i, m := range ms {
			for _, n := range ms[:i] {
				if string(z.key(m)) == string(z.key(n)) {
					return true
				}
			}
		}
		return false
	}
	z.sorted = append(z.sorted[:0], ms...)
	slices.SortFunc(z.sorted, func(a, b member) int { return bytes.Compare(z.key(a), z.key(b)) })
	for i, m := range z.sorted[1:] {
		if bytes.Equal(z.key(z.sorted[i]), z.key(m)) {
			return true
		}
	}
	return false
}
