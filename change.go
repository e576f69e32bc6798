package sessions

import "bytes"

// This file is the log of what a request did to its session, and its replay.
// Replaying the log on what another request has stored meanwhile is how
// concurrent requests are merged: effects are merged, never blobs.

// change is one entry of the log. It is applied when it happens and again,
// to fresher data, whenever a commit finds that somebody was faster.
type change interface {
	// apply changes o. An error means that the change cannot hold on o.
	apply(o *object) error
}

type setChange struct {
	name  string
	value []byte
}

func (c setChange) apply(o *object) error {
	return o.set(c.name, c.value)
}

type deleteChange struct{ name string }

func (c deleteChange) apply(o *object) error {
	o.delete(c.name)
	return nil
}

type clearChange struct{}

func (clearChange) apply(o *object) error {
	o.clear()
	return nil
}

// popChange takes a value that the handler has seen, so it must still be that.
type popChange struct {
	name   string
	answer []byte
}

func (c popChange) apply(o *object) error {
	if now, ok := o.get(c.name); !ok || !bytes.Equal(now, c.answer) {
		return ErrAnswerChanged
	}
	o.delete(c.name)
	return nil
}

// defaultChange stores a value where the handler has been told that there was
// none.
type defaultChange struct {
	name  string
	value []byte
}

func (c defaultChange) apply(o *object) error {
	if now, ok := o.get(c.name); ok && !bytes.Equal(now, c.value) {
		return ErrAnswerChanged
	}
	return o.set(c.name, c.value)
}

// updateChange computes a value from the one before it, anew at each replay. No
// value at all removes it.
type updateChange struct {
	name string
	fn   func(old []byte, ok bool) ([]byte, error)
}

func (c updateChange) apply(o *object) error {
	old, ok := o.get(c.name)
	value, err := c.fn(old, ok)
	switch {
	case err != nil:
		return err
	case value == nil:
		o.delete(c.name)
		return nil
	}
	return o.set(c.name, value)
}

// replay applies the log to o.
func (o *object) replay(log []change) error {
	for _, c := range log {
		if err := c.apply(o); err != nil {
			return err
		}
	}
	return nil
}
