package sessions

import (
	"errors"
	"fmt"
)

// This file names every error that a caller may want to tell apart, with
// [errors.Is]. None carries a session key, a cookie or a value.

// Errors of a [Store].
var (
	// ErrNotFound: there is no live session under the key.
	ErrNotFound = errors.New("sessions: no such session")

	// ErrEnded is an ErrNotFound that also knows that the session moved to
	// another key a moment ago. Nothing says to which.
	ErrEnded = fmt.Errorf("%w: its key was changed a moment ago", ErrNotFound)

	// ErrConflict: the key is taken (Create), or the record is no longer the
	// one that was loaded (Replace).
	ErrConflict = errors.New("sessions: the stored session is another")

	// ErrCorrupt: the stored session cannot be decoded.
	ErrCorrupt = errors.New("sessions: the stored session cannot be decoded")

	// ErrFull: the store has no room for another session.
	ErrFull = errors.New("sessions: the store is full")
)

// Errors of a [Session].
var (
	// ErrNoKey: the session has no value under the key.
	ErrNoKey = errors.New("sessions: no such key in the session")

	// ErrType: the value does not fit the type that was asked for.
	ErrType = errors.New("sessions: the value is of another type")

	// ErrEncode: the value cannot be written as JSON.
	ErrEncode = errors.New("sessions: the value cannot be encoded")

	// ErrForeign: the value exists, but is of a kind that JSON cannot hold, so
	// it can neither be read here nor written back; nor can its session.
	ErrForeign = errors.New("sessions: the session holds a value that only its writer can read")

	// ErrInterrupted: the session ended while the request was changing it, so
	// nothing was stored. The visitor may have logged out in another tab.
	ErrInterrupted = errors.New("sessions: the session ended before the request did; the visitor may have logged out in a concurrent request")

	// ErrAnswerChanged: a concurrent request changed what Pop or SetDefault
	// answered to this one, so nothing was stored. Take and Transact decide at
	// once instead.
	ErrAnswerChanged = errors.New("sessions: a concurrent request changed an answer that this one was given")

	// ErrContention: so many requests were changing the session at once that
	// this one never got its turn; nothing was stored.
	ErrContention = errors.New("sessions: too many concurrent changes to one session")

	// ErrTooLarge: the session does not fit into a cookie; keep it in a store.
	ErrTooLarge = errors.New("sessions: the session does not fit into a cookie")

	// ErrTooLate: the response's header has gone, so the session can no longer
	// be opened or changed by this request. Change it before the first byte of
	// the body, or open it by its key with [Manager.Open].
	ErrTooLate = errors.New("sessions: the response has begun, so its session can no longer be opened or changed")
)
