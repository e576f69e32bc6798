package sessions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file turns the JSON text of a value into Go values: of the type that the
// caller asks for, or of the fixed set of types that untyped access answers.

// unquote decodes a JSON string. A surrogate that stands alone, which Python
// allows and UTF-8 does not, becomes the three bytes that UTF-8's scheme would
// give it, and encodes back to itself.
func unquote(text []byte) (string, error) {
	if inner := text[1 : len(text)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	s, err := pyjson.Unquote(nil, text)
	return string(s), err
}

// decodeName is the reverse of encodeName.
func decodeName(name []byte) (string, error) {
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name), nil
	}
	return unquote(append(append([]byte{'"'}, name...), '"'))
}

// decodeAny decodes a scanned value to nil, bool, string, int64, *big.Int,
// float64, []any or map[string]any.
func decodeAny(text []byte) (any, error) {
	d := decoder{scanner{src: text}}
	return d.value()
}

// decoder reads values out of text that has been scanned before, so malformed
// text need not be told apart.
type decoder struct{ scanner }

func (d *decoder) value() (any, error) {
	switch c := d.skipSpace(); c {
	case '{':
		return d.object()
	case '[':
		return d.array()
	}
	at, err := d.scanner.value(0)
	if err != nil {
		return nil, err
	}
	text := d.src[at.from:at.to]
	switch text[0] {
	case '"':
		return unquote(text)
	case 'n':
		return nil, nil
	case 't', 'f':
		return text[0] == 't', nil
	}
	return decodeNumber(string(text))
}

func (d *decoder) array() (any, error) {
	list := []any{}
	for d.pos++; d.skipSpace() != ']'; {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if d.skipSpace() == ',' {
			d.pos++
		}
	}
	d.pos++
	return list, nil
}

func (d *decoder) object() (any, error) {
	m := map[string]any{}
	for d.pos++; d.skipSpace() != '}'; {
		name, err := d.name()
		if err != nil {
			return nil, err
		}
		key, err := decodeName(d.src[name.from:name.to])
		if err != nil {
			return nil, err
		}
		if m[key], err = d.value(); err != nil {
			return nil, err
		}
		if d.skipSpace() == ',' {
			d.pos++
		}
	}
	d.pos++
	return m, nil
}

// decodeNumber keeps integers integers and floats floats, as Python does.
func decodeNumber(text string) (any, error) {
	if strings.ContainsAny(text, ".eEN") || strings.HasSuffix(text, "y") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !strings.Contains(err.Error(), "range") {
			return nil, err
		}
		return f, nil // what is out of range is infinite, as in Python
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	if len(text) > pyjson.MaxDigits+1 {
		return nil, fmt.Errorf("an integer of more than %d digits", pyjson.MaxDigits)
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fmt.Errorf("malformed number")
	}
	return n, nil
}

// decodeScalar decodes into the types that sessions mostly hold, and reports
// whether it did. It goes without reflection and allocates nothing for into.
func decodeScalar(text []byte, into any) bool {
	var err error
	switch p := into.(type) {
	case *string:
		if text[0] != '"' {
			return false
		}
		*p, err = unquote(text)
	case *int:
		*p, err = strconv.Atoi(string(text))
	case *int64:
		*p, err = strconv.ParseInt(string(text), 10, 64)
	case *float64:
		if c := text[0]; c != '-' && c != 'N' && c != 'I' && (c < '0' || c > '9') {
			return false
		}
		*p, err = strconv.ParseFloat(string(text), 64)
	default:
		return false
	}
	return err == nil
}

// decodeInto decodes a scanned value into *into: the untyped ones exactly, for
// encoding/json would lose lone surrogates, refuse NaN and round integers.
func decodeInto(text []byte, into any) (err error) {
	switch p := into.(type) {
	case *any:
		*p, err = decodeAny(text)
		return err
	case *[]any:
		if text[0] == '[' {
			v, err := decodeAny(text)
			*p, _ = v.([]any)
			return err
		}
	case *map[string]any:
		if text[0] == '{' {
			v, err := decodeAny(text)
			*p, _ = v.(map[string]any)
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// fits decodes text as a T; that it is something else is ErrType, without a
// word of the value.
func fits[T any](key string, text []byte) (T, error) {
	var scalar T
	if decodeScalar(text, &scalar) {
		return scalar, nil
	}
	var v T
	// A null is nothing of any certain type: the zero value of those that can
	// be nil, what those that read JSON themselves make of it, and no value of
	// the others.
	if err := decodeInto(text, &v); err != nil || text[0] == 'n' && !nilable(&v) {
		var none T
		return none, fmt.Errorf("%w: %q holds a JSON %s, not a %T", ErrType, key, kindOf(text), none)
	}
	return v, nil
}

// nilable reports whether null can be decoded into *p without loss.
func nilable(p any) bool {
	if _, ok := p.(json.Unmarshaler); ok {
		return true
	}
	switch reflect.TypeOf(p).Elem().Kind() {
	case reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		return true
	}
	return false
}

func kindOf(text []byte) string {
	switch text[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}
