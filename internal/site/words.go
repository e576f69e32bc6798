package site

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/pyfloat"
)

// This file puts values and times into words.

// entry is one key of the session.
type entry struct {
	Name   string
	Own    string // the name without the prefix, if the key is this page's
	Kind   string
	Value  string
	Masked bool
}

// describe says what is under key. What begins with an underscore belongs to
// the framework and to logins, so its value is not shown.
func describe(s *sessions.Session, key string) entry {
	e := entry{Name: printable(key), Masked: strings.HasPrefix(key, "_")}
	if own, ok := strings.CutPrefix(key, prefix); ok && utf8.ValidString(own) {
		e.Own = own
	}
	v, err := s.Value(key)
	switch {
	case err != nil:
		e.Kind, e.Value = "other", "only the program that wrote it can read it"
	case e.Masked:
		e.Kind = kind(v)
	default:
		e.Kind, e.Value = kind(v), text(v)
	}
	return e
}

// kind is the JSON type of v, with the integers apart.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "text"
	case int64, *big.Int:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "list"
	}
	return "object"
}

// text is v as people read it: a text as it is, anything else as JSON.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return printable(v)
	case float64:
		return string(pyfloat.Append(nil, v)) // 1.0, where JSON may say 1
	}
	b, err := json.Marshal(v)
	if err != nil { // NaN and the infinities, which sessions may hold
		return printable(fmt.Sprint(v))
	}
	return string(b)
}

// printable puts a mark where s is not UTF-8: a lone surrogate, say.
func printable(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// span is a length of time in its two largest units.
func span(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := d / unit.size
		d %= unit.size
		switch {
		case n == 1:
			parts = append(parts, "1 "+unit.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return strings.Join(parts[:min(2, len(parts))], " ")
}
