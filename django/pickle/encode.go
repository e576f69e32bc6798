package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"sync"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file writes a session's JSON object as a pickle.

// Encode writes a JSON object as the pickle of the dict that Python's
// json.loads would read from it, at protocol 5 and in the bytes that CPython
// writes, as far as those are determined: of equal strings, every one but the
// first becomes a reference to the first, which CPython does only where they
// are one object.
//
// What is not a JSON object answers an error, and one beyond the package's
// limits or with an integer of more than 4300 digits answers [ErrTooBig]. No
// error tells what was read.
func Encode(json []byte) ([]byte, error) {
	if len(json) > MaxJSON {
		return nil, fmt.Errorf("%w: more than %d bytes of JSON", ErrTooBig, MaxJSON)
	}
	src, err := pyjson.Normalize(json)
	switch {
	case errors.Is(err, pyjson.ErrTooBig):
		return nil, fmt.Errorf("%w: %w", ErrTooBig, err)
	case err != nil:
		return nil, fmt.Errorf("pickle: %w", err)
	case src[0] != '{':
		return nil, errors.New("pickle: a session must be a JSON object")
	}
	e := encoders.Get().(*encoder)
	defer e.release()
	return e.encode(src)
}

// encoder walks over JSON as Normalize answers it, so that it need not check
// anything again. It writes each value as it comes.
type encoder struct {
	output
	src     []byte
	pos     int
	sizes   []uint32 // of each list and dict, in the order in which they begin
	next    int      // the first in sizes that has not begun
	open    []uint32 // while measuring: those in sizes that have not ended
	scratch []byte
	memo    memo
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// kept is how much of anything an encoder may have had and still be used again.
const kept = 1 << 10

func (e *encoder) release() {
	if max(len(e.memo.slots), cap(e.sizes), cap(e.scratch)) > kept {
		return
	}
	clear(e.scratch[:cap(e.scratch)])
	e.src, e.out = nil, nil
	encoders.Put(e)
}

func (e *encoder) encode(src []byte) ([]byte, error) {
	e.src, e.pos, e.next = src, 0, 0
	if err := e.measure(); err != nil {
		return nil, err
	}
	e.memo.reset()
	e.begin(len(src) + len(src)/4 + 32)
	e.value()
	e.end()
	if e.ops > MaxOps || len(e.out) > MaxPickle {
		return nil, fmt.Errorf("%w: its pickle has more than %d opcodes or %d bytes", ErrTooBig, MaxOps, MaxPickle)
	}
	return e.out, nil
}

// measure counts the items of each list and dict, because a pickle's form
// depends on whether there is one, before that one.
func (e *encoder) measure() error {
	e.sizes, e.open = e.sizes[:0], e.open[:0]
	for i := 0; i < len(e.src); i++ {
		switch e.src[i] {
		case '"':
			i += literalLen(e.src[i:]) - 1
		case '{', '[':
			if len(e.open) == MaxDepth {
				return fmt.Errorf("%w: nested deeper than %d", ErrTooBig, MaxDepth)
			}
			e.open = append(e.open, uint32(len(e.sizes)))
			e.sizes = append(e.sizes, 1)
			if next := e.src[i+1]; next == '}' || next == ']' {
				e.sizes[len(e.sizes)-1] = 0
			}
		case ',':
			e.sizes[e.open[len(e.open)-1]]++
		case '}', ']':
			e.open = e.open[:len(e.open)-1]
		}
	}
	return nil
}

// literalLen answers the length of the string literal that src begins with.
func literalLen(src []byte) int {
	if end := 1 + bytes.IndexByte(src[1:], '"'); src[end-1] != '\\' {
		return end + 1 // as nearly always
	}
	for i := 1; ; i++ {
		switch src[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
}

func (e *encoder) value() {
	e.boundary()
	switch c := e.src[e.pos]; c {
	case '"':
		e.text()
	case '{':
		e.items(opEmptyDict, opSetItem, opSetItems, func() {
			e.value()
			e.pos++ // the colon
			e.value()
		})
	case '[':
		e.items(opEmptyList, opAppend, opAppends, e.value)
	case 'n':
		e.word("null", opNone)
	case 't':
		e.word("true", opNewTrue)
	case 'f':
		e.word("false", opNewFalse)
	default:
		e.number()
	}
}

func (e *encoder) word(word string, op byte) {
	e.op(op)
	e.pos += len(word)
}

// batch is how many items CPython adds by one opcode.
const batch = 1000

// items writes a list or a dict: empty, then its items, by one opcode where
// there is one item, and by batches where there are more.
func (e *encoder) items(empty, add, addMany byte, item func()) {
	n := int(e.sizes[e.next])
	e.next++
	e.op(empty)
	e.memoize()
	if n == 1 {
		e.pos++
		item()
		e.op(add)
	}
	for left := n; n > 1 && left > 0; left -= batch {
		e.op(opMark)
		for range min(left, batch) {
			e.pos++ // the bracket, or a comma
			item()
		}
		e.op(addMany)
	}
	if empty == opEmptyDict && n > 0 && n%batch == 0 {
		// After a full batch of a dict, CPython begins another, even if it stays empty.
		e.op(opMark)
		e.op(addMany)
	}
	if n == 0 {
		e.pos++
	}
	e.pos++
}

// text writes a string literal, or a reference to an equal one.
func (e *encoder) text() {
	start := e.pos
	e.pos += literalLen(e.src[start:])
	id, found := e.memo.text(e.src, start, e.pos, e.memoized)
	if found {
		e.reference(id)
		return
	}
	literal := e.src[start:e.pos]
	body := literal[1 : len(literal)-1]
	if bytes.IndexByte(body, '\\') >= 0 {
		// A literal that is canonical cannot fail.
		e.scratch, _ = pyjson.Unquote(e.scratch[:0], literal)
		body = e.scratch
	}
	e.writeText(body)
	e.memoize()
}

// number writes a number: a float if it is written with a fraction or an
// exponent, or is one of the words; otherwise an integer.
func (e *encoder) number() {
	start, float := e.pos, false
	for ; e.pos < len(e.src); e.pos++ {
		switch e.src[e.pos] {
		case '.', 'e', 'N', 'I':
			float = true
		case ',', ']', '}':
			e.writeNumber(e.src[start:e.pos], float)
			return
		}
	}
}

func (e *encoder) writeNumber(text []byte, float bool) {
	const short = 18 // so many digits always fit an int64
	switch {
	case float:
		f, _ := strconv.ParseFloat(string(text), 64)
		e.writeFloat(f)
	case len(text) <= short:
		i, _ := strconv.ParseInt(string(text), 10, 64)
		e.writeInt(i)
	default:
		i, _ := new(big.Int).SetString(string(text), 10)
		e.writeBig(i)
	}
}
