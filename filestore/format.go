package filestore

import (
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the contract between the store and a layout of its files, so
// that other programs' session files can be shared.

// Format turns a record into the content of a file and back. It must be safe
// for concurrent use and must keep to itself what it encodes: no error may
// contain data or a secret.
//
// The store tells two records apart by their Data alone, so Decode must answer
// the same Data for the same content. It never looks at their Revision.
type Format interface {
	// Encode returns what rec's file shall contain. A rec without Data is a
	// tombstone; a format that has no place for one answers an error that is
	// [errors.ErrUnsupported], and the store removes the file instead.
	Encode(rec sessions.Record) ([]byte, error)

	// Decode returns the record in a file of the given content, last modified
	// at the given time. Its Expires is zero if neither of them tells.
	//
	// The Data of the record may be part of content. For a tombstone Decode
	// answers a Record with its Expires, and [sessions.ErrEnded]. Any other
	// error means content that is none of the format's; Load answers
	// [sessions.ErrCorrupt] for it.
	//
	// Decode sees expired sessions too, and also empty files, which some
	// programs make to claim a key: what they mean is the format's to say.
	Decode(content []byte, modified time.Time) (sessions.Record, error)
}

// Dated is a Format that keeps the expiry outside the content, in the file's
// modification time, as Django does (django.contrib.sessions.backends.file:
// the modification time and the age of the cookie).
//
// Every file written gets the time that Modified answers, and Touch sets that
// time anew instead of writing the file again. A Touch is then not forced to the
// disk; a power failure may undo it.
type Dated interface {
	Format

	// Modified answers the modification time from which, with the same content,
	// Decode tells rec.Expires. The zero time leaves the file's as it is: in a
	// Touch that means that the content alone says when the session ends.
	Modified(rec sessions.Record) time.Time
}
