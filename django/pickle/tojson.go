package pickle

import (
	"math"
	"strconv"

	"github.com/cloakroom-go/sessions/internal/pyfloat"
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file writes the objects that a pickle made as JSON.

// jsonWriter appends to out. Where its methods answer false, JSON cannot hold
// the object, or err says what is wrong; some of it may have been written.
type jsonWriter struct {
	*heap
	out   []byte
	limit int // of out, lowered by what was written in vain
	err   error
}

// session writes the dict root and answers the keys that it leaves out.
func (w *jsonWriter) session(root ref) (foreign []string, err error) {
	dict := &w.values[root]
	if dict.kind != kindDict {
		return nil, corrupt("not a dict")
	}
	w.unify(dict)
	dict.open = true
	w.out = append(w.out, '{')
	for at := dict.first; at != 0; at = w.cells[at].next {
		start := len(w.out)
		if start > 1 {
			w.out = append(w.out, ',')
		}
		if w.item(w.cells[at], 1) {
			continue
		}
		if w.err != nil {
			return nil, w.err
		}
		w.limit -= len(w.out) - start
		w.out = w.out[:start]
		foreign = append(foreign, w.name(w.cells[at].key))
	}
	w.out = append(w.out, '}')
	if w.full(0) {
		return nil, w.err
	}
	return foreign, nil
}

// full reports whether there is no room for n more bytes.
func (w *jsonWriter) full(n int) bool {
	if len(w.out)+n > w.limit {
		w.err = corrupt("more than %d bytes of JSON", MaxJSON)
	}
	return w.err != nil
}

// item writes an item of a dict of the given depth.
func (w *jsonWriter) item(c cell, depth int) bool {
	key := &w.values[c.key]
	if key.kind != kindText || !w.text(key.text) {
		return false
	}
	w.out = append(w.out, ':')
	return w.value(&w.values[c.value], depth)
}

// value writes v, which is in a dict or list of the given depth.
func (w *jsonWriter) value(v *value, depth int) bool {
	if w.full(0) {
		return false
	}
	switch v.kind {
	case kindText:
		return w.text(v.text)
	case kindList, kindDict:
		return w.container(v, depth+1)
	case kindNone:
		w.out = append(w.out, "null"...)
	case kindTrue:
		w.out = append(w.out, "true"...)
	case kindFalse:
		w.out = append(w.out, "false"...)
	default:
		return w.number(v)
	}
	return true
}

func (w *jsonWriter) text(s string) bool {
	if w.full(len(s)) {
		return false
	}
	var err error
	if w.out, err = pyjson.AppendString(w.out, s); err != nil {
		w.err = corrupt("text that is not UTF-8")
	}
	return err == nil
}

func (w *jsonWriter) number(v *value) bool {
	switch v.kind {
	case kindInt:
		w.out = strconv.AppendInt(w.out, int64(v.bits), 10)
	case kindDigits:
		w.out = append(w.out, v.text...)
	case kindFloat:
		w.out = pyfloat.Append(w.out, math.Float64frombits(v.bits))
	default:
		return false
	}
	return true
}

// container writes a dict or a list, unless it is inside itself.
func (w *jsonWriter) container(v *value, depth int) bool {
	if v.open || depth > MaxDepth {
		return false
	}
	v.open = true
	var ok bool
	if v.kind == kindList {
		ok = w.list(v, depth)
	} else {
		ok = w.dict(v, depth)
	}
	v.open = false
	return ok
}

func (w *jsonWriter) list(v *value, depth int) bool {
	w.out = append(w.out, '[')
	for at := v.first; at != 0; at = w.cells[at].next {
		if at != v.first {
			w.out = append(w.out, ',')
		}
		if !w.value(&w.values[w.cells[at].value], depth) {
			return false
		}
	}
	w.out = append(w.out, ']')
	return true
}

func (w *jsonWriter) dict(v *value, depth int) bool {
	if !v.unique && !w.unify(v) {
		v.kind = kindOpaque // whoever else refers to it need not look again
		return false
	}
	w.out = append(w.out, '{')
	for at := v.first; at != 0; at = w.cells[at].next {
		if at != v.first {
			w.out = append(w.out, ',')
		}
		if !w.item(w.cells[at], depth) {
			return false
		}
	}
	w.out = append(w.out, '}')
	return true
}

// name answers how the key of an item that is left out is named.
func (w *jsonWriter) name(key ref) string {
	switch v := &w.values[key]; v.kind {
	case kindText, kindDigits:
		return v.text
	case kindNone:
		return "None"
	case kindTrue:
		return "True"
	case kindFalse:
		return "False"
	case kindInt:
		return strconv.FormatInt(int64(v.bits), 10)
	case kindFloat:
		return string(pyfloat.Append(nil, math.Float64frombits(v.bits)))
	}
	return "<object>"
}
