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
	// tombstone: its value is always the same, and no record's. A format that
	// has no place for one answers an error that is [errors.ErrUnsupported],
	// and the store removes the session instead.
	Encode(rec sessions.Record) ([]byte, error)

	// Decode returns the record in value. Its Expires is zero if the value does
	// not tell. The Data of the record may be part of value, which nobody may
	// change.
	//
	// For a tombstone Decode answers [sessions.ErrEnded]. Any other error means
	// a value that is none of the format's; Load answers [sessions.ErrCorrupt]
	// for it.
	Decode(value []byte) (sessions.Record, error)
}

// tombstoneOf answers the value of every tombstone of f, or none.
func tombstoneOf(f Format) (string, error) {
	value, err := f.Encode(sessions.Record{})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("redisstore: the Format cannot encode a tombstone: %w", err)
	}
	if _, err := f.Decode(value); !errors.Is(err, sessions.ErrEnded) {
		return "", errors.New("redisstore: the Format does not answer sessions.ErrEnded for its own tombstone")
	}
	return string(value), nil
}
