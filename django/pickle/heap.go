package pickle

// This file keeps the objects that a pickle makes: in two slices, referred to
// by number, so that they can be shared, changed after they were shared, and
// thrown away all at once.

// ref is the number of a value in a heap.
type ref uint32

// Every heap begins with these.
const (
	absent ref = iota // no value at all
	refOpaque
	refNone
	refTrue
	refFalse
	firstFree
)

type kind uint8

const (
	kindAbsent kind = iota
	kindOpaque      // what JSON cannot hold
	kindNone
	kindTrue
	kindFalse
	kindInt    // in bits, as an int64
	kindDigits // a greater integer, in text
	kindFloat  // in bits
	kindText
	kindList
	kindDict
)

type value struct {
	text        string
	bits        uint64
	first, last uint32 // cells of a list or a dict; 0 is none
	kind        kind
	unique      bool // a dict whose keys are known to differ
	open        bool // a list or dict that is being written
}

// cell is one item of a list or, with a key, of a dict.
type cell struct {
	key, value ref
	next       uint32
}

type heap struct {
	values []value
	cells  []cell
	keys   map[string]uint32 // of one dict, while it is made unique
}

// reset empties the heap and forgets whatever text it held.
func (h *heap) reset() {
	clear(h.values)
	clear(h.keys)
	h.values = append(h.values[:0], value{}, value{kind: kindOpaque},
		value{kind: kindNone}, value{kind: kindTrue}, value{kind: kindFalse})
	h.cells = append(h.cells[:0], cell{})
}

func (h *heap) add(v value) ref {
	h.values = append(h.values, v)
	return ref(len(h.values) - 1)
}

func (h *heap) make(k kind) ref { return h.add(value{kind: k}) }

// link appends an item to a list or a dict.
func (h *heap) link(to, key, item ref) {
	at := uint32(len(h.cells))
	h.cells = append(h.cells, cell{key: key, value: item})
	v := &h.values[to]
	if v.first == 0 {
		v.first = at
	} else {
		h.cells[v.last].next = at
	}
	v.last = at
}

// few is the number of items up to which a dict's keys are compared one by one.
const few = 12

// unify leaves a dict one item a text key: as in Python, in the place of the
// first and with the value of the last. It reports whether all keys are text.
func (h *heap) unify(dict *value) bool {
	texts, n, last := true, 0, uint32(0)
	for at := dict.first; at != 0; at = h.cells[at].next {
		c := &h.cells[at]
		if key := &h.values[c.key]; key.kind != kindText {
			texts = false
		} else if same := h.find(dict.first, at, n, key.text); same != 0 {
			h.cells[same].value = c.value
			h.cells[last].next = c.next
			continue
		}
		last = at
		n++
	}
	clear(h.keys)
	dict.unique = true
	return texts
}

// find answers which of the n items from first to before at has the key text,
// if any. It must be asked about every item in turn.
func (h *heap) find(first, at uint32, n int, text string) uint32 {
	if n < few {
		for i := first; i != at; i = h.cells[i].next {
			if key := &h.values[h.cells[i].key]; key.kind == kindText && key.text == text {
				return i
			}
		}
		return 0
	}
	if len(h.keys) == 0 {
		for i := first; i != at; i = h.cells[i].next {
			if key := &h.values[h.cells[i].key]; key.kind == kindText {
				h.keys[key.text] = i
			}
		}
	}
	if same := h.keys[text]; same != 0 {
		return same
	}
	h.keys[text] = at
	return 0
}
