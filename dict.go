package sessions

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// This file is the session as a dict, with untyped values: what is read is nil,
// bool, string, int64, *big.Int (beyond 64 bits), float64, []any or
// map[string]any, decoded into a copy. [Key] is the same with types.

// raw returns the JSON text under key.
func (s *Session) raw(key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	return s.lookup(key)
}

func (s *Session) lookup(key string) ([]byte, error) {
	if s.unread != nil {
		return nil, s.unread
	}
	name, err := encodeName(key)
	if err != nil {
		return nil, ErrNoKey // what can't be written can't be there
	}
	if text, ok := s.values.get(name); ok {
		return text, nil
	}
	if slices.Contains(s.base.Foreign, key) {
		return nil, ErrForeign
	}
	return nil, ErrNoKey
}

// note keeps an error that the caller of a method without an error result would
// otherwise never see; that a key is missing is none.
func (s *Session) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.softErr == nil && err != ErrNoKey {
		s.softErr = err
	}
}

// Value returns the value under key. It answers [ErrNoKey] if there is none,
// [ErrForeign] if only its writer can read it, and the store's error if the
// session could not be loaded. (Django: session[key])
func (s *Session) Value(key string) (any, error) { return Key[any](key).Value(s) }

// Lookup returns the value under key and whether there is one.
func (s *Session) Lookup(key string) (any, bool) { return Key[any](key).Get(s) }

// Get returns the value under key, or nil. (Django: session.get(key))
func (s *Session) Get(key string) any {
	v, _ := s.Lookup(key)
	return v
}

// Has reports whether there is a value under key. (Django: key in session)
func (s *Session) Has(key string) bool {
	_, err := s.raw(key)
	return err == nil || err == ErrForeign
}

// Set puts a value under key: whatever encoding/json could write, a
// json.RawMessage too, and also NaN and the infinities. A text that is not UTF-8
// is an error. Setting counts as a change even if the value is the same.
// (Django: session[key] = value)
func (s *Session) Set(key string, value any) {
	name, text, err := encodePair(key, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(err)
		return
	}
	s.change(setChange{name, text})
}

func encodePair(key string, value any) (name string, text []byte, err error) {
	if name, err = encodeName(key); err != nil {
		return "", nil, err
	}
	if text, err = encodeValue(value); err != nil {
		return "", nil, fmt.Errorf("setting %q: %w", key, err)
	}
	return name, text, nil
}

// SetAll sets every value of the map, in the order of its keys; it counts as a
// change even if the map is empty. (Django: session.update(values))
func (s *Session) SetAll(values map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		s.Set(key, values[key])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	s.setModified(true)
}

// Update replaces the value under key by what fn makes of it. If another
// request changes the session first, fn runs again with what that one stored, so
// no update is lost: fn must have no other effect, and must not use the session.
func (s *Session) Update(key string, fn func(old any, ok bool) any) {
	s.update(key, func(old []byte, ok bool) ([]byte, error) {
		var v any
		if ok {
			var err error
			if v, err = decodeAny(old); err != nil {
				return nil, err
			}
		}
		return encodeValue(fn(v, ok))
	})
}

func (s *Session) update(key string, fn func(old []byte, ok bool) ([]byte, error)) {
	name, err := encodeName(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(err)
		return
	}
	s.change(updateChange{name, fn})
}

// Delete removes the value under key and reports whether there was one. Two
// concurrent requests may both be told so: a token that must be used only once
// wants [Session.Take]. (Django: del session[key])
func (s *Session) Delete(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	if _, err := s.lookup(key); err != nil {
		if err == ErrForeign {
			s.fail(err)
		}
		return false
	}
	name, _ := encodeName(key)
	s.change(deleteChange{name})
	return s.failure == nil
}

// Pop removes the value under key and returns it, and whether there was one.
// If a concurrent request changes or takes it first, this one's commit fails
// with [ErrAnswerChanged]. (Django: session.pop(key, None))
func (s *Session) Pop(key string) (any, bool) { return Key[any](key).Pop(s) }

func (s *Session) pop(key string) (text []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	s.values.all() // so that the answer is what the change will find
	text, err := s.lookup(key)
	if err != nil {
		if err == ErrForeign {
			s.fail(err)
		}
		return nil, false
	}
	name, _ := encodeName(key)
	s.change(popChange{name, text})
	return text, s.failure == nil
}

// SetDefault returns the value under key; if there is none it sets and returns
// the given one. If a concurrent request sets another one first, this one's
// commit fails with [ErrAnswerChanged]. (Django: session.setdefault(key, value))
func (s *Session) SetDefault(key string, value any) any {
	return Key[any](key).SetDefault(s, value)
}

// setDefault returns the text under key, or sets the value if there is none.
func (s *Session) setDefault(key string, value any) (text []byte, ok bool) {
	text, err := s.raw(key)
	if err != ErrNoKey {
		s.note(err)
		return text, err == nil
	}
	// Out of the lock, for it may run the value's own code.
	name, encoded, err := encodePair(key, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(err)
		return nil, false
	}
	if text, err = s.lookup(key); err == nil {
		return text, true // another goroutine of this request was faster
	}
	s.change(defaultChange{name, encoded})
	return nil, false
}

// Clear removes every value and keeps the key. (Django: session.clear())
func (s *Session) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(clearChange{})
}

// Keys returns the keys in the order in which they were first set, those of
// foreign values (see [ErrForeign]) last.
func (s *Session) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	keys := make([]string, 0, s.values.len()+len(s.base.Foreign))
	for i := range s.values.len() {
		if key, err := decodeName(s.values.name(i)); err == nil {
			keys = append(keys, key)
		}
	}
	return append(keys, s.base.Foreign...)
}

// Items goes through the keys and values as they are now, in order, without
// foreign ones.
func (s *Session) Items() iter.Seq2[string, any] {
	s.mu.Lock()
	s.open()
	now := s.values.clone()
	s.mu.Unlock()
	return func(yield func(string, any) bool) {
		for i := range now.members {
			key, err := decodeName(now.name(i))
			if err != nil {
				continue
			}
			v, err := fits[any](key, now.value(i))
			if err != nil {
				s.note(err)
			} else if !yield(key, v) {
				return
			}
		}
	}
}

// Values returns the values in the order of Keys, without foreign ones.
func (s *Session) Values() []any {
	values := []any{}
	for _, v := range s.Items() {
		values = append(values, v)
	}
	return values
}

// Map returns a copy of the session's values by key, without foreign ones.
func (s *Session) Map() map[string]any {
	return maps.Collect(s.Items())
}

// JSON returns the values as one JSON object, in order and in the form that they
// are stored in, without foreign ones. Nobody may change it. It is nil if the
// session could not be loaded; see [Session.Err].
func (s *Session) JSON() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	if s.unread != nil {
		return nil
	}
	return s.values.encode()
}

// Len is the number of keys.
func (s *Session) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	return s.values.len() + len(s.base.Foreign)
}
