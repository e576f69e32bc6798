package sessions

import (
	"context"
	"fmt"
)

// Key is the name of a value of type T in a session, meant to be a constant:
//
//	const Cart sessions.Key[[]Item] = "cart"
//
// Values are stored as encoding/json would (except that floats stay floats), and
// each read decodes a copy. What is stored is never changed by reading it as
// the wrong type.
type Key[T any] string

// Value returns the value, or [ErrNoKey], [ErrType] if what is there does not
// fit a T, [ErrForeign], or the store's error.
func (k Key[T]) Value(s *Session) (T, error) {
	text, err := s.raw(string(k))
	if err != nil {
		var none T
		return none, err
	}
	return fits[T](string(k), text)
}

// Get returns the value and whether there is one that fits a T. One that does
// not fit is an error to [Session.Err].
func (k Key[T]) Get(s *Session) (T, bool) {
	v, err := k.Value(s)
	if err != nil {
		s.note(err)
	}
	return v, err == nil
}

// Or returns the value, or otherwise if there is none that fits a T.
func (k Key[T]) Or(s *Session, otherwise T) T {
	if v, ok := k.Get(s); ok {
		return v
	}
	return otherwise
}

// Has reports whether there is a value, of whatever type.
func (k Key[T]) Has(s *Session) bool { return s.Has(string(k)) }

// Set stores v.
func (k Key[T]) Set(s *Session, v T) { s.Set(string(k), v) }

// Delete removes the value and reports whether there was one, as
// [Session.Delete] does.
func (k Key[T]) Delete(s *Session) bool { return s.Delete(string(k)) }

// Update replaces the value by what fn makes of it, and of whether there was
// one that fits a T. See [Session.Update]: no concurrent update is lost, fn may
// run again, and must not use the session.
func (k Key[T]) Update(s *Session, fn func(old T, ok bool) T) {
	k.Amend(s, func(old T, ok bool) (T, bool) { return fn(old, ok), true })
}

// Amend is Update for a value that may also go: if fn answers false, the value
// is removed.
func (k Key[T]) Amend(s *Session, fn func(old T, ok bool) (T, bool)) {
	s.update(string(k), func(text []byte, ok bool) ([]byte, error) {
		var old T
		if ok {
			var err error
			old, err = fits[T](string(k), text)
			ok = err == nil
		}
		value, keep := fn(old, ok)
		if !keep {
			return nil, nil
		}
		encoded, err := encodeValue(value)
		if err != nil {
			err = fmt.Errorf("setting %q: %w", string(k), err)
		}
		return encoded, err
	})
}

// Pop removes the value and returns it, and whether there was one that fits a T;
// see [Session.Pop].
func (k Key[T]) Pop(s *Session) (T, bool) {
	text, ok := s.pop(string(k))
	if !ok {
		var none T
		return none, false
	}
	v, err := fits[T](string(k), text)
	s.note(err)
	return v, err == nil
}

// SetDefault returns the value; if there is none it sets and returns v; see
// [Session.SetDefault]. A value that does not fit a T stays, is an error to
// [Session.Err], and v is returned.
func (k Key[T]) SetDefault(s *Session, v T) T {
	text, ok := s.setDefault(string(k), v)
	if !ok {
		return v
	}
	old, err := fits[T](string(k), text)
	if err != nil {
		s.note(err)
		return v
	}
	return old
}

// Take removes the value from the stored session at once; of all the requests
// that try, one gets it. See [Session.Take].
func (k Key[T]) Take(ctx context.Context, s *Session) (value T, ok bool, err error) {
	err = s.Transact(ctx, func(tx *Session) error {
		value, ok = k.Pop(tx)
		return tx.Err()
	})
	return value, ok && err == nil, err
}
