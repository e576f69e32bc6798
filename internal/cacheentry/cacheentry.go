// Package cacheentry is the native layout of a session in a cache, where the
// value is all there is: a line that says when the session ends, when it began
// and whose it is, then its JSON object.
//
//	cloakroom/1 001796586613123456 1795377013000000 "42"
//	{"_auth_user_id":"42","cart":[7,9]}
//
// Times are microseconds of Unix time. The expiry always has 18 digits, so that
// a server's script can read and move it without knowing the rest; this first
// part of a value is its head, and what follows is its body. A session without
// a known beginning has a dash in its place; the owner is quoted as Go quotes
// strings, in ASCII. A tombstone has a dash, its name in the owner's place, and no
// JSON object.
package cacheentry

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

const (
	magic = "cloakroom/1 "

	// Digits is the length of the expiry, which ends the head.
	Digits = 18

	// Head is the length of the head, in bytes.
	Head = len(magic) + Digits

	// TombstoneEnd is what every tombstone ends in, and nothing else.
	TombstoneEnd = "\"\n"
)

var (
	errHeader = fmt.Errorf("%w: not a value of %s", sessions.ErrCorrupt, strings.TrimSpace(magic))
	errObject = fmt.Errorf("%w: not a whole JSON object", sessions.ErrCorrupt)
	errExpiry = errors.New("a session's expiry must lie in the years 1970 to 33658")
)

// Native lays sessions down as the package describes.
type Native struct{}

// Encode returns the value that holds rec; without Data, that is a tombstone
// of which Revision is the name.
func (Native) Encode(rec sessions.Record) ([]byte, error) {
	if !representable(rec.Expires) {
		return nil, errExpiry
	}
	value := append(make([]byte, 0, Head+32+len(rec.Owner)+len(rec.Data)), magic...)
	value = AppendExpiry(value, rec.Expires)
	if len(rec.Data) == 0 {
		value = strconv.AppendQuoteToASCII(append(value, " - "...), rec.Revision)
		return append(value, '\n'), nil
	}
	if !isObject(rec.Data) {
		return nil, errors.New("a session's data must be a JSON object")
	}
	if value = append(value, ' '); rec.Created.IsZero() {
		value = append(value, '-')
	} else {
		value = strconv.AppendInt(value, rec.Created.UnixMicro(), 10)
	}
	value = strconv.AppendQuoteToASCII(append(value, ' '), rec.Owner)
	return append(append(value, '\n'), rec.Data...), nil
}

// Decode returns the record in value, of which its Data is a part. For a
// tombstone it answers a Record with its Expires and name and [sessions.ErrEnded]; for
// anything else, [sessions.ErrCorrupt].
func (Native) Decode(value []byte) (sessions.Record, error) {
	first, data, found := bytes.Cut(value, []byte("\n"))
	line := string(first)
	if !found || !HasHead(line) {
		return sessions.Record{}, errHeader
	}
	micros, _ := strconv.ParseInt(line[len(magic):Head], 10, 64)
	rec := sessions.Record{Expires: time.UnixMicro(micros)}
	created, owner, found := strings.Cut(strings.TrimPrefix(line[Head:], " "), " ")
	switch {
	case !found || line[Head] != ' ':
		return sessions.Record{}, errHeader
	case !strings.HasPrefix(owner, `"`):
		return sessions.Record{}, errHeader
	}
	name, err := strconv.Unquote(owner)
	switch {
	case err != nil:
		return sessions.Record{}, errHeader
	case len(data) == 0 && created == "-":
		rec.Revision = name
		return rec, sessions.ErrEnded
	case !isObject(data):
		return sessions.Record{}, errObject
	}
	rec.Owner = name
	if created != "-" {
		if micros, err = strconv.ParseInt(created, 10, 64); err != nil {
			return sessions.Record{}, errHeader
		}
		rec.Created = time.UnixMicro(micros)
	}
	rec.Data = data
	return rec, nil
}

// HasHead reports whether value begins with a whole head.
func HasHead(value string) bool {
	if len(value) < Head || value[:len(magic)] != magic {
		return false
	}
	for i := len(magic); i < Head; i++ {
		if value[i] < '0' || value[i] > '9' {
			return false
		}
	}
	return true
}

// AppendExpiry appends the digits of expires to b; a time that they cannot
// express becomes the nearest that they can.
func AppendExpiry(b []byte, expires time.Time) []byte {
	micros := min(max(expires.UnixMicro(), 0), maxMicros)
	return fmt.Appendf(b, "%0*d", Digits, micros)
}

// Touched returns a copy of value, which has a head, with another expiry.
func Touched(value []byte, expires time.Time) []byte {
	touched := make([]byte, 0, len(value))
	touched = AppendExpiry(append(touched, value[:len(magic)]...), expires)
	return append(touched, value[Head:]...)
}

// maxMicros is all nines.
const maxMicros = 999_999_999_999_999_999

func representable(t time.Time) bool {
	// The year tells what is out of the range of UnixMicro.
	micros, year := t.UnixMicro(), t.UTC().Year()
	return 1970 <= year && year <= 33658 && 0 <= micros && micros <= maxMicros
}

// isObject recognises a JSON object by its ends, which is enough to notice a
// value that was cut short or is not ours.
func isObject(data []byte) bool {
	return len(data) >= 2 && data[0] == '{' && data[len(data)-1] == '}'
}
