package sessions

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file holds a session's values in memory: an ordered object whose values
// stay the JSON text that they came as, so that opening a session decodes
// nothing and what was not touched is written back as it was.

// indexFrom is the number of members from which on finding one goes through a
// map instead of comparing names.
const indexFrom = 24

// member is one value of a session. Its name is the text between the quotes of
// the JSON string, in the one form that encodeName gives.
type member struct {
	name, value []byte
}

// object is what a session holds, in order. Its zero value is empty. The bytes
// of its members are never changed, only replaced.
type object struct {
	src     []byte // the text that holds just these members; nil once changed
	members []member
	index   map[string]int // of members, when there are many; nil when stale
	few     [8]member      // room for members, so that a usual session is one allocation
}

// parseObject splits the text of a session. The result shares src.
func parseObject(src []byte) (*object, error) {
	o, err := splitObject(src)
	if errors.Is(err, errNotASCII) {
		// Another writer's UTF-8.
		if src, err = pyjson.Normalize(src); err == nil {
			o, err = splitObject(src)
		}
	}
	return o, err
}

func splitObject(src []byte) (*object, error) {
	s := scanner{src: src}
	if s.skipSpace() != '{' {
		return nil, s.fail("no object")
	}
	s.pos++
	o := &object{src: src}
	if s.skipSpace() == '}' {
		s.pos++
	} else if err := o.parseMembers(&s); err != nil {
		return nil, err
	}
	if s.skipSpace(); s.pos != len(src) {
		return nil, s.fail("more than one value")
	}
	return o, nil
}

func (o *object) parseMembers(s *scanner) error {
	if o.members = o.few[:0]; len(s.src) > 1024 {
		o.members = make([]member, 0, min(len(s.src)/64, 1024))
	}
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		value, err := s.value(1)
		if err != nil {
			return err
		}
		if name, err = canonicalName(name); err != nil {
			return err
		}
		// As in Python, a repeated name keeps its place and takes the last value.
		if i := o.find(string(name)); i >= 0 {
			o.members[i].value = value
			o.src = nil
		} else {
			o.append(member{name, value})
		}
		switch s.skipSpace() {
		case '}':
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			return s.fail("no comma or closing bracket")
		}
	}
}

func (o *object) len() int { return len(o.members) }

// find returns where the member of that name is, or -1.
func (o *object) find(name string) int {
	if len(o.members) >= indexFrom {
		if o.index == nil {
			o.index = make(map[string]int, 2*len(o.members))
			for i := range o.members {
				o.index[string(o.members[i].name)] = i
			}
		}
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if string(o.members[i].name) == name {
			return i
		}
	}
	return -1
}

func (o *object) get(name string) (value []byte, ok bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

func (o *object) append(m member) {
	if o.index != nil {
		o.index[string(m.name)] = len(o.members)
	}
	o.members = append(o.members, m)
}

func (o *object) set(name string, value []byte) {
	o.src = nil
	if i := o.find(name); i >= 0 {
		o.members[i].value = value
	} else {
		o.append(member{[]byte(name), value})
	}
}

func (o *object) delete(name string) {
	if i := o.find(name); i >= 0 {
		o.src, o.index = nil, nil
		o.members = append(o.members[:i], o.members[i+1:]...)
	}
}

func (o *object) clear() { *o = object{} }

// encode returns the text of the object. Nobody may change it.
func (o *object) encode() []byte {
	if o.src != nil {
		return o.src
	}
	size := 2
	for _, m := range o.members {
		size += len(m.name) + len(m.value) + 4
	}
	out := append(make([]byte, 0, size), '{')
	for i, m := range o.members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, m.name...)
		out = append(out, '"', ':')
		out = append(out, m.value...)
	}
	o.src = append(out, '}')
	return o.src
}

// encodeName returns a key of the session in the form in which members' names
// are kept. A key without anything to escape costs no copy.
func encodeName(key string) (string, error) {
	for i := 0; i < len(key); i++ {
		if c := key[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := pyjson.AppendString(nil, key)
			if err != nil {
				return "", fmt.Errorf("%w: its key: %w", ErrEncode, err)
			}
			return string(quoted[1 : len(quoted)-1]), nil
		}
	}
	return key, nil
}

// canonicalName brings the name of a member that was read into the form that
// encodeName gives, whatever escapes its writer chose.
func canonicalName(name []byte) ([]byte, error) {
	if bytes.IndexByte(name, '\\') < 0 {
		return name, nil
	}
	key, err := decodeName(name)
	if err != nil {
		return nil, err
	}
	canonical, err := encodeName(key)
	return []byte(canonical), err
}

// decodeName is the reverse of encodeName.
func decodeName(name []byte) (string, error) {
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name), nil
	}
	return unquote(append(append([]byte{'"'}, name...), '"'))
}
