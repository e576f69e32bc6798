package memcachestore

import "github.com/cloakroom-go/sessions"

// This file is the contract between the store and a layout of its items, so
// that other programs' sessions can be shared.

// Format turns a record into the value of an item and back. It must be safe for
// concurrent use and must keep to itself what it encodes: no error may contain
// data or a secret.
//
// When a session ends is the server's to know, so a Format need not keep it.
type Format interface {
	// Encode returns the value that shall hold rec. A rec without Data is a
	// tombstone, and its Revision the tombstone's name; a format that has no place for one answers an error that is
	// [errors.ErrUnsupported], and the store removes the session instead.
	Encode(rec sessions.Record) ([]byte, error)

	// Decode returns the record in value. Its Expires is zero if the value does
	// not tell. The Data of the record may be part of value.
	//
	// For a tombstone Decode answers its name as Revision and
	// [sessions.ErrEnded]. Any other error means a value that is none of the
	// format's; Load answers [sessions.ErrCorrupt] for it.
	Decode(value []byte) (sessions.Record, error)
}
