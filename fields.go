package sessions

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file writes structs by encoding/json's rules: which fields, under which
// names, and which are left out.

// field is one member that a struct type writes.
type field struct {
	name      string
	tagged    bool
	index     []int
	omitEmpty bool
	omitZero  bool
	quoted    bool
}

var fieldsOf sync.Map // reflect.Type to []field

func structFields(t reflect.Type) []field {
	if f, ok := fieldsOf.Load(t); ok {
		return f.([]field)
	}
	f, _ := fieldsOf.LoadOrStore(t, dominant(collectFields(t, nil, map[reflect.Type]bool{})))
	return f.([]field)
}

// collectFields lists the fields of t and of the structs embedded in it.
func collectFields(t reflect.Type, index []int, above map[reflect.Type]bool) []field {
	if above[t] {
		return nil
	}
	above[t] = true
	defer delete(above, t)
	var all []field
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		embedded := sf.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		isStruct := sf.Anonymous && embedded.Kind() == reflect.Struct
		if !sf.IsExported() && !isStruct || sf.Tag.Get("json") == "-" {
			continue
		}
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if !validTag(name) {
			name = ""
		}
		if name == "" && isStruct {
			all = append(all, collectFields(embedded, at, above)...)
			continue
		}
		if sf.IsExported() {
			all = append(all, newField(sf, name, options, at))
		}
	}
	return all
}

func newField(sf reflect.StructField, name, options string, index []int) field {
	has := func(o string) bool { return slices.Contains(strings.Split(options, ","), o) }
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	scalar := t.Kind() == reflect.String || t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64
	return field{
		name:      cmp.Or(name, sf.Name),
		tagged:    name != "",
		index:     index,
		omitEmpty: has("omitempty"),
		omitZero:  has("omitzero"),
		quoted:    has("string") && scalar,
	}
}

// validTag reports whether encoding/json takes the tag's name.
func validTag(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// dominant drops the fields that another of the same name hides: the shallower
// wins, then the tagged one; if that does not decide, all are hidden.
func dominant(all []field) []field {
	hides := func(a, b field) bool {
		if len(a.index) != len(b.index) {
			return len(a.index) < len(b.index)
		}
		return a.tagged && !b.tagged
	}
	var kept []field
	for i, f := range all {
		hidden := slices.ContainsFunc(all, func(g field) bool { return g.name == f.name && hides(g, f) })
		tied := false
		for j, g := range all {
			tied = tied || i != j && g.name == f.name && !hides(g, f) && !hides(f, g)
		}
		if !hidden && !tied {
			kept = append(kept, f)
		}
	}
	return kept
}

func appendStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, f := range structFields(v.Type()) {
		fv, ok := fieldValue(v, f.index)
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero && isZero(fv) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = pyjson.AppendString(dst, f.name); err != nil {
			return nil, err
		}
		if dst, err = appendField(append(dst, ':'), fv, f.quoted, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// appendField writes a field's value, as a string if its tag has that option.
func appendField(dst []byte, v reflect.Value, quoted bool, depth int) ([]byte, error) {
	if !quoted || v.Kind() == reflect.Pointer && v.IsNil() {
		return appendElem(dst, v, depth)
	}
	text, err := appendElem(nil, v, depth)
	if err != nil {
		return nil, err
	}
	return pyjson.AppendString(dst, string(text))
}

// fieldValue follows index through embedded pointers; a nil one has no fields.
func fieldValue(v reflect.Value, index []int) (reflect.Value, bool) {
	for i, n := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v, true
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return v.Kind() == reflect.Pointer && v.IsNil() || z.IsZero()
	}
	if v.CanAddr() {
		if z, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
	}
	return v.IsZero()
}
