package sessions

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"github.com/cloakroom-go/sessions/internal/pyfloat"
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file turns Go values into the JSON text that Python's json.dumps would
// write for the same values: ASCII, compact, and with floats that stay floats
// (1.0, where encoding/json writes 1). Struct tags, Marshalers and the rest of
// encoding/json's rules hold.

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// encodeValue returns v as JSON text, or ErrEncode.
func encodeValue(v any) ([]byte, error) {
	text, err := appendValue(nil, v, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncode, err)
	}
	return text, nil
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

// appendValue writes the types that sessions mostly hold without reflection.
func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case string:
		return pyjson.AppendString(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return pyfloat.Append(dst, v), nil
	case *big.Int:
		return appendBig(dst, v)
	case json.Number:
		return appendRaw(dst, []byte(cmp.Or(v, "0")))
	case json.RawMessage:
		if v == nil {
			return append(dst, "null"...), nil
		}
		return appendRaw(dst, v)
	}
	return appendReflect(dst, reflect.ValueOf(v), depth)
}

func appendBig(dst []byte, n *big.Int) ([]byte, error) {
	if n == nil {
		return append(dst, "null"...), nil
	}
	start := len(dst)
	if dst = n.Append(dst, 10); len(dst)-start > pyjson.MaxDigits {
		return nil, fmt.Errorf("an integer of more than %d digits", pyjson.MaxDigits)
	}
	return dst, nil
}

// appendRaw writes JSON text that somebody else made, in Python's form.
func appendRaw(dst, text []byte) ([]byte, error) {
	canonical, err := pyjson.Normalize(text)
	return append(dst, canonical...), err
}

func appendReflect(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > pyjson.MaxDepth {
		return nil, errors.New("nested too deep, or it contains itself")
	}
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	if marshals(v) {
		return appendMarshaled(dst, v)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float64:
		return pyfloat.Append(dst, v.Float()), nil
	case reflect.Float32:
		// The shortest text that is this float32, not the longer one of its float64.
		short, err := strconv.ParseFloat(strconv.FormatFloat(v.Float(), 'g', -1, 32), 64)
		return pyfloat.Append(dst, short), err
	case reflect.String:
		return appendString(dst, v)
	case reflect.Struct:
		return appendStruct(dst, v, depth)
	case reflect.Map:
		return appendMap(dst, v, depth)
	case reflect.Slice, reflect.Array:
		return appendSlice(dst, v, depth)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return appendReflect(dst, v.Elem(), depth+1)
	}
	return nil, fmt.Errorf("a %v has no form in JSON", v.Type())
}

func appendString(dst []byte, v reflect.Value) ([]byte, error) {
	if v.Type() == reflect.TypeFor[json.Number]() {
		return appendRaw(dst, []byte(cmp.Or(v.String(), "0")))
	}
	return pyjson.AppendString(dst, v.String())
}

// marshals reports whether encoding/json would let v write itself.
func marshals(v reflect.Value) bool {
	t := v.Type()
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return false
	}
	if t.Implements(marshalerType) || t.Implements(textMarshalerType) {
		return true
	}
	return t.Kind() != reflect.Pointer && v.CanAddr() && marshalsAt(t)
}

// marshalsAt reports whether a pointer to a t could write it.
func marshalsAt(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(marshalerType) || p.Implements(textMarshalerType)
}

func appendMarshaled(dst []byte, v reflect.Value) ([]byte, error) {
	if v.CanAddr() && v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
		v = v.Addr()
	}
	if !v.CanInterface() {
		return nil, fmt.Errorf("the unexported %v cannot be read", v.Type())
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return nil, fmt.Errorf("a %v could not write itself as JSON", v.Type())
	}
	return appendRaw(dst, text.Bytes())
}

func appendSlice(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if e := v.Type().Elem(); e.Kind() == reflect.Uint8 && !marshalsAt(e) {
			dst = append(dst, '"')
			dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
			return append(dst, '"'), nil
		}
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendElem(dst, v.Index(i), depth); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// appendElem writes a part of a larger value.
func appendElem(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Interface && !v.IsNil() && v.CanInterface() {
		return appendValue(dst, v.Interface(), depth+1)
	}
	return appendReflect(dst, v, depth+1)
}

func appendMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, err := mapKey(iter.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{key, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = pyjson.AppendString(dst, e.key); err != nil {
			return nil, err
		}
		if dst, err = appendElem(append(dst, ':'), e.value, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func mapKey(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return "", errors.New("a map's key could not write itself as text")
		}
		return string(text), nil
	}
	switch {
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("a map with keys of type %v has no form in JSON", k.Type())
}
