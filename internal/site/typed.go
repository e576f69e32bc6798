package site

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions"
)

// This file checks what visitors type.

// Limits of what a visitor can make the site keep.
const (
	maxKey   = 64   // characters of a key, without the prefix
	maxValue = 1000 // characters of a value
	maxKeys  = 100  // keys with the prefix; requests at the same moment may exceed it
	maxForm  = 32 << 10
)

// typed is what a form holds, and the first thing that is wrong with it.
type typed struct {
	Form    string // set or get
	Key     string
	Value   string
	Field   string // the input that the problem is with
	Problem string // empty: none
}

func (in *typed) fail(field, problem string, args ...any) {
	if in.Problem == "" {
		in.Field, in.Problem = field, fmt.Sprintf(problem, args...)
	}
}

func (in *typed) checkKey() {
	field := in.Form + "-key"
	if in.Key == "" {
		in.fail(field, "Type a key.")
	}
	if n := utf8.RuneCountInString(in.Key); n > maxKey {
		in.fail(field, "A key has at most %d characters; this one has %d.", maxKey, n)
	}
	if !utf8.ValidString(in.Key) {
		in.fail(field, "The key is not UTF-8.")
	}
}

func (in *typed) checkValue() {
	if n := utf8.RuneCountInString(in.Value); n > maxValue {
		in.fail("set-value", "A value has at most %d characters; this one has %d.", maxValue, n)
	}
	if !utf8.ValidString(in.Value) {
		in.fail("set-value", "The value is not UTF-8.")
	}
}

// checkRoom refuses a key that the session doesn't have yet if it has too many.
func (in *typed) checkRoom(s *sessions.Session) {
	own := 0
	for _, key := range s.Keys() {
		if strings.HasPrefix(key, prefix) {
			own++
		}
	}
	if own >= maxKeys && !s.Has(prefix+in.Key) {
		in.fail("set-key", "Your session already holds %d keys of this page; delete one first.", own)
	}
}
