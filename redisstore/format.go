package redisstore

import (
	"errors"
	"fmt"

	"github.com/cloakroom-go/sessions"
)

// This file is the contract between the store and a layout of its values, so
// that other programs' sessions can be shared.

// Format turns a record into the value of a key and back. It must be safe for
// concurrent use and must keep to itself what it encodes: no error may contain
// data or a secret.
//
// The store tells two records apart by their values, byte for byte. When a
// session ends is the server's to know, so a Format need not keep it.
type Format interface {
	// Encode returns the value that shall hold rec. A rec without Data is a
	// tombstone, and its Revision the tombstone's name, of letters and digits:
	// all end in the same bytes, in which no record ends. A format that has no
	// place for one answers an error that is [errors.ErrUnsupported], and the
	// store removes the session instead.
	Encode(rec sessions.Record) ([]byte, error)

	// Decode returns the record in value. Its Expires is zero if the value does
	// not tell. The Data of the record may be part of value, which nobody may
	// change.
	//
	// For a tombstone Decode answers its name as Revision and
	// [sessions.ErrEnded]. Any other error means a value that is none of the
	// format's; Load answers [sessions.ErrCorrupt] for it.
	Decode(value []byte) (sessions.Record, error)
}

// tombstoneEnd answers what every tombstone of f ends in, or nothing if it has
// none.
func tombstoneEnd(f Format) (string, error) {
	var values [2][]byte
	for i, name := range [...]string{"", "NAME"} {
		var err error
		values[i], err = f.Encode(sessions.Record{Revision: name})
		if errors.Is(err, errors.ErrUnsupported) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("redisstore: the Format cannot encode a tombstone: %w", err)
		}
		rec, err := f.Decode(values[i])
		if !errors.Is(err, sessions.ErrEnded) || rec.Revision != name {
			return "", errors.New("redisstore: the Format does not answer sessions.ErrEnded and the name for its own tombstone")
		}
	}
	end := 0
	for a, b := values[0], values[1]; end < min(len(a), len(b)) && a[len(a)-1-end] == b[len(b)-1-end]; {
		end++
	}
	if end == 0 {
		return "", errors.New("redisstore: the Format's tombstones end differently, so they cannot be told from records")
	}
	return string(values[0][len(values[0])-end:]), nil
}
