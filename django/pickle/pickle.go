// Package pickle reads and writes Python's pickles of session dicts, which is
// how Django's cache backends keep a session, without executing anything.
//
// A pickle is a program for a small stack machine, and Python's own reader
// imports modules and calls functions when the program says so. The machine
// here knows every opcode of the protocols 0 to 5, as documented by Python's
// pickletools module, but builds only what JSON can hold: dicts with text keys,
// lists, text, numbers, booleans and None. Whatever else a program makes (a
// tuple, bytes, a date, an instance of a class) becomes an opaque mark in the
// place where the object would be. No name is resolved and nothing is called.
package pickle

import (
	"errors"
	"fmt"

	"github.com/cloakroom-go/sessions"
)

// Limits of what Decode reads and Encode writes, so that no stored value, by
// accident or by malice, costs more than a bounded time and room.
const (
	// MaxPickle is the greatest length of a pickle, in bytes.
	MaxPickle = 16 << 20

	// MaxJSON is the greatest length of a session's JSON text, in bytes. It
	// counts for what is decoded in vain, too: a few bytes of pickle that refer
	// to one another can describe a text of any length.
	MaxJSON = 16 << 20

	// MaxOps is the greatest number of opcodes in a pickle. Each makes at most
	// one object.
	MaxOps = 1 << 20

	// MaxDepth is how deep dicts and lists may nest, the session's own dict
	// included.
	MaxDepth = 1000
)

// ErrTooBig is Encode's answer to a session beyond one of the limits.
var ErrTooBig = errors.New("pickle: the session is too big")

// Decode reads the pickle of a session's dict and answers it as a JSON object,
// written as Python's json.dumps would with compact separators: key order kept,
// integers exact, floats as Python's repr, everything but ASCII escaped.
//
// Keys whose values JSON cannot hold exactly are missing from json and named in
// foreign: tuples, sets, bytes, dates, instances of any class, dicts with keys
// that are not text, values that contain themselves, integers of more than 4300
// digits, and whatever holds one of these. So are keys that are not text
// themselves; they are named as Python prints them, or <object>.
//
// Decode is as strict as Python where memory is concerned and as lenient where
// classes are: a class that Python could not import makes its value foreign, not
// the session unreadable. What is no pickle of a dict, or is beyond a limit,
// answers an error that matches [sessions.ErrCorrupt]. No error tells what was
// read.
func Decode(data []byte) (json []byte, foreign []string, err error) {
	if len(data) > MaxPickle {
		return nil, nil, corrupt("longer than %d bytes", MaxPickle)
	}
	m := machines.Get().(*machine)
	defer m.release()
	root, err := m.run(string(data))
	if err != nil {
		return nil, nil, err
	}
	w := jsonWriter{heap: &m.heap, limit: MaxJSON, out: make([]byte, 0, len(data)+len(data)/4+16)}
	foreign, err = w.session(root)
	if err != nil {
		return nil, nil, err
	}
	return w.out, foreign, nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: no pickle of a session: %s", sessions.ErrCorrupt, fmt.Sprintf(format, args...))
}
