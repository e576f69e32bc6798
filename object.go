package sessions

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file holds a session's values in memory: an ordered object whose values
// stay the JSON text that they came as, so that opening a session decodes
// nothing and what was not touched is written back as it was.

// indexFrom is the number of members from which on finding one goes through a
// map instead of comparing names.
const indexFrom = 24

// span is a part of an object's text. Spans hold no pointers, so that the
// garbage collector has nothing to follow in a session's many members.
type span struct{ from, to uint32 }

// member is where one value and its name stand in the text. The name is what
// stands between the quotes, in the one form that encodeName gives.
type member struct{ name, value span }

// object is what a session holds, in order. Its zero value is empty.
//
// Text is split as far as is needed: reading a value stops where it is found.
// If what comes behind it turns out to be malformed, the object becomes empty.
type object struct {
	text    []byte // what members are spans of; it only ever grows at its end
	members []member
	whole   bool           // text is the object itself, with nothing changed yet
	index   map[string]int // of members, when there are many; nil when stale
	few     [8]member      // room for members, so that a usual session needs no other

	rest  scanner // where the members that have not been split begin, if more
	more  bool
	names uint64          // lengths and first letters of members' names, to tell most apart
	bad   func(err error) // is told that the text is malformed
}

// parse makes o what the text of a session says, and has bad told if that turns
// out to be nothing. The object shares src, and never writes to it.
func (o *object) parse(src []byte, bad func(error)) {
	o.bad = bad
	if err := o.begin(src); err != nil {
		o.fail(err)
	}
}

func (o *object) fail(err error) {
	bad := o.bad
	o.clear()
	if bad != nil {
		bad(err)
	}
}

func (o *object) begin(src []byte) error {
	if len(src) > math.MaxInt32 {
		return errors.New("more than 2 GiB")
	}
	o.rest = scanner{src: src}
	if o.rest.skipSpace() != '{' {
		return o.rest.fail("no object")
	}
	o.rest.pos++
	o.text, o.whole = src[:len(src):len(src)], true // so that append copies
	if o.members = o.few[:0]; len(src) > 1024 {
		o.members = make([]member, 0, min(len(src)/64, 1024))
	}
	if o.more = o.rest.skipSpace() != '}'; !o.more {
		return o.end()
	}
	return nil
}

// end checks that nothing follows the object.
func (o *object) end() error {
	o.rest.pos++
	if o.rest.skipSpace(); o.rest.pos != len(o.rest.src) {
		return o.rest.fail("more than one value")
	}
	return nil
}

// next splits off one more member.
func (o *object) next() {
	err := o.split()
	if errors.Is(err, errNotASCII) {
		// Another writer's UTF-8: from the beginning, in our form.
		var ascii []byte
		if ascii, err = pyjson.Normalize(o.rest.src); err == nil {
			*o = object{bad: o.bad}
			err = o.begin(ascii)
		}
	}
	if err != nil {
		o.fail(err)
	}
}

// all splits what is left.
func (o *object) all() {
	for o.more {
		o.next()
	}
}

func (o *object) split() error {
	s := &o.rest
	escapes := s.escapes
	name, err := s.name()
	if err == nil && s.escapes > escapes {
		name, err = o.canonical(name)
	}
	if err != nil {
		return err
	}
	value, err := s.value(1)
	if err != nil {
		return err
	}
	o.found(member{name, value})
	switch s.skipSpace() {
	case '}':
		o.more = false
		return o.end()
	case ',':
		s.pos++
		return nil
	}
	return s.fail("no comma or closing bracket")
}

// found adds a member that has been split off. As in Python, a repeated name
// keeps its place and takes the last value.
func (o *object) found(m member) {
	mark := uint64(1) << ((m.name.to - m.name.from + 7*uint32(o.text[m.name.from])) % 64)
	if o.names&mark != 0 {
		if i := o.known(o.at(m.name)); i >= 0 {
			o.members[i].value, o.whole = m.value, false
			return
		}
	}
	o.names |= mark
	o.append(m)
}

// canonical brings a name with escapes into the one form that names have here.
func (o *object) canonical(name span) (span, error) {
	key, err := decodeName(o.at(name))
	if err != nil {
		return name, err
	}
	text, err := encodeName(key)
	if err != nil || text == string(o.at(name)) {
		return name, err
	}
	o.whole = false
	return o.add(text), nil
}

func (o *object) at(s span) []byte { return o.text[s.from:s.to:s.to] }

// add puts more text to the end.
func (o *object) add(text string) span {
	from := len(o.text)
	o.text = append(o.text, text...)
	return span{uint32(from), uint32(len(o.text))}
}

func (o *object) len() int {
	o.all()
	return len(o.members)
}

// name and value are the texts of the member at i. Nobody may change them.
func (o *object) name(i int) []byte  { return o.at(o.members[i].name) }
func (o *object) value(i int) []byte { return o.at(o.members[i].value) }

// find returns where the member of that name is, or -1.
func (o *object) find(name []byte) int {
	i := o.known(name)
	for i < 0 && o.more {
		o.next()
		if last := len(o.members) - 1; last >= 0 && bytes.Equal(o.name(last), name) {
			i = last
		}
	}
	return i
}

// known is find among the members that have been split off.
func (o *object) known(name []byte) int {
	if len(o.members) < indexFrom {
		for i := range o.members {
			if m := o.members[i].name; int(m.to-m.from) == len(name) && bytes.Equal(o.at(m), name) {
				return i
			}
		}
		return -1
	}
	if o.index == nil {
		o.index = make(map[string]int, 2*len(o.members))
		for i := range o.members {
			o.index[string(o.name(i))] = i
		}
	}
	if i, ok := o.index[string(name)]; ok {
		return i
	}
	return -1
}

func (o *object) get(name string) (value []byte, ok bool) {
	if i := o.find([]byte(name)); i >= 0 {
		return o.value(i), true
	}
	return nil, false
}

func (o *object) append(m member) {
	if o.index != nil {
		o.index[string(o.at(m.name))] = len(o.members)
	}
	o.members = append(o.members, m)
}

// set and delete split what is left first: what turns out about it must not
// undo them.
func (o *object) set(name string, value []byte) error {
	o.all()
	if len(o.text)+len(name)+len(value) > math.MaxInt32 {
		return fmt.Errorf("%w: more than 2 GiB", ErrEncode)
	}
	if o.whole {
		o.text = slices.Grow(o.text, len(name)+len(value)+64)
		o.whole = false
	}
	text := o.add(string(value))
	if i := o.find([]byte(name)); i >= 0 {
		o.members[i].value = text
	} else {
		o.append(member{o.add(name), text})
	}
	return nil
}

func (o *object) delete(name string) {
	o.all()
	if i := o.find([]byte(name)); i >= 0 {
		o.whole, o.index = false, nil
		o.members = slices.Delete(o.members, i, i+1)
	}
}

func (o *object) clear() { *o = object{} }

// clone returns a copy that changes of either don't reach.
func (o *object) clone() *object {
	o.all()
	return &object{text: o.text[:len(o.text):len(o.text)], members: slices.Clone(o.members), whole: o.whole}
}

// encode returns the text of the object. Nobody may change it.
func (o *object) encode() []byte {
	o.all()
	if o.whole {
		return o.text
	}
	size := 2
	for _, m := range o.members {
		size += int(m.name.to-m.name.from) + int(m.value.to-m.value.from) + 4
	}
	out := append(make([]byte, 0, size), '{')
	for i := range o.members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, o.name(i)...)
		out = append(out, '"', ':')
		out = append(out, o.value(i)...)
	}
	return append(out, '}')
}
