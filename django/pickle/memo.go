package pickle

import (
	"bytes"
	"hash/maphash"
)

// This file finds equal texts while a session is pickled.

// memo is a hash table of string literals, which are places in the source; in
// canonical JSON, equal texts have equal literals.
type memo struct {
	texts []memoText
	slots []uint32 // numbers in texts, plus one; 0 is free
}

type memoText struct {
	hash       uint64
	start, end int
	id         int
}

var seed = maphash.MakeSeed()

func (m *memo) reset() {
	m.texts = m.texts[:0]
	clear(m.slots)
}

// text answers the id that the literal src[start:end] was first met with, or
// else keeps it with this one.
func (m *memo) text(src []byte, start, end, id int) (first int, found bool) {
	if 2*len(m.texts) >= len(m.slots) {
		m.grow()
	}
	hash := maphash.Bytes(seed, src[start:end])
	slot := m.slot(hash)
	for ; m.slots[slot] != 0; slot = m.after(slot) {
		t := &m.texts[m.slots[slot]-1]
		if t.hash == hash && bytes.Equal(src[t.start:t.end], src[start:end]) {
			return t.id, true
		}
	}
	m.texts = append(m.texts, memoText{hash, start, end, id})
	m.slots[slot] = uint32(len(m.texts))
	return id, false
}

func (m *memo) slot(hash uint64) int { return int(hash) & (len(m.slots) - 1) }
func (m *memo) after(slot int) int   { return (slot + 1) & (len(m.slots) - 1) }

func (m *memo) grow() {
	m.slots = make([]uint32, max(64, 2*len(m.slots)))
	for i, t := range m.texts {
		slot := m.slot(t.hash)
		for m.slots[slot] != 0 {
			slot = m.after(slot)
		}
		m.slots[slot] = uint32(i + 1)
	}
}
