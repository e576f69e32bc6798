package pickle

import (
	"encoding/binary"
	"strings"
	"sync"
)

// This file is the stack machine that a pickle is a program for.

// machine runs one pickle. The first failure ends the run; until the end of
// the instruction that failed, what it answers is zero.
type machine struct {
	heap
	src      string
	pos      int
	stack    []ref
	marks    []uint32 // heights of the stack
	memo     []ref    // absent where nothing was put
	memoized int      // how many are not absent
	err      error
}

var machines = sync.Pool{New: func() any {
	m := &machine{heap: heap{keys: make(map[string]uint32)}}
	m.reset()
	return m
}}

// keptValues is how much of anything a machine may hold and still be used
// again; greater ones are left to the garbage collector.
const keptValues = 1 << 12

func (m *machine) release() {
	if max(len(m.values), len(m.stack), len(m.marks), len(m.memo)) > keptValues {
		return
	}
	m.reset()
	m.src, m.pos, m.err = "", 0, nil
	m.stack, m.marks, m.memo, m.memoized = m.stack[:0], m.marks[:0], m.memo[:0], 0
	machines.Put(m)
}

// run executes src and answers the object that it leaves.
func (m *machine) run(src string) (ref, error) {
	m.src = src
	for range MaxOps {
		if m.pos == len(src) {
			return absent, corrupt("no end")
		}
		op := src[m.pos]
		m.pos++
		if op == opStop {
			root := m.pop()
			return root, m.err
		}
		do := instructions[op]
		if do == nil {
			return absent, corrupt("unknown opcode at byte %d", m.pos-1)
		}
		if do(m); m.err != nil {
			return absent, m.err
		}
	}
	return absent, corrupt("more than %d opcodes", MaxOps)
}

func (m *machine) fail(what string) {
	if m.err == nil {
		m.err = corrupt("%s before byte %d", what, m.pos)
	}
}

// take answers the next n bytes.
func (m *machine) take(n uint64) string {
	if n > uint64(len(m.src)-m.pos) {
		m.fail("operand past the end")
		return ""
	}
	start := m.pos
	m.pos += int(n)
	return m.src[start:m.pos]
}

// uint answers the next n bytes, 1, 2, 4 or 8, as a little-endian number.
func (m *machine) uint(n uint64) uint64 {
	var b [8]byte
	copy(b[:], m.take(n))
	return binary.LittleEndian.Uint64(b[:])
}

// line answers the bytes up to the next line feed, which it passes over.
func (m *machine) line() string {
	n := strings.IndexByte(m.src[m.pos:], '\n')
	if n < 0 {
		m.fail("line without end")
		return ""
	}
	line := m.src[m.pos : m.pos+n]
	m.pos += n + 1
	return line
}

func (m *machine) push(r ref) { m.stack = append(m.stack, r) }

// fence is the height of the stack below which only a mark's removal reaches.
func (m *machine) fence() int {
	if len(m.marks) == 0 {
		return 0
	}
	return int(m.marks[len(m.marks)-1])
}

func (m *machine) top() ref {
	if len(m.stack) <= m.fence() {
		m.fail("empty stack")
		return absent
	}
	return m.stack[len(m.stack)-1]
}

func (m *machine) pop() ref {
	r := m.top()
	if r != absent {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return r
}

func (m *machine) mark() { m.marks = append(m.marks, uint32(len(m.stack))) }

// popToMark removes the last mark and answers what was above it, which holds
// until the next push.
func (m *machine) popToMark() []ref {
	if len(m.marks) == 0 {
		m.fail("no mark")
		return nil
	}
	at := m.fence()
	m.marks = m.marks[:len(m.marks)-1]
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items
}

// popOrUnmark is POP, to which a mark is an object, too.
func (m *machine) popOrUnmark() {
	if len(m.marks) > 0 && len(m.stack) == m.fence() {
		m.popToMark()
		return
	}
	m.pop()
}

// remember puts the top object under a number. Python's writers number from 0
// up, so no number is greater than the bytes before it; a greater one would
// only be there to take up room.
func (m *machine) remember(i uint64) {
	r := m.top()
	if i > uint64(m.pos) {
		m.fail("memo number out of range")
		return
	}
	for uint64(len(m.memo)) <= i {
		m.memo = append(m.memo, absent)
	}
	if m.memo[i] == absent {
		m.memoized++
	}
	m.memo[i] = r
}

func (m *machine) recall(i uint64) {
	if i >= uint64(len(m.memo)) || m.memo[i] == absent {
		m.fail("nothing under a memo number")
		return
	}
	m.push(m.memo[i])
}
