package django

import (
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the layout of Django's file engine, for package filestore.

// A FileFormat lays a session down in a file as Django's file engine does: the
// text of a [Codec], in a file whose modification time says when it was saved.
// It is a Format of package filestore, and Dated. Django names the files by the
// cookie:
//
//	filestore.Open(dir, filestore.Config{Prefix: "sessionid", Format: format})
//
// A session ends at the instant that it names itself, or else so many seconds
// after the modification time as it names, or else the age of the cookie after
// that time. An empty file, which is how Django begins a session, is one without
// data that never ends. See the package's documentation for where that is not
// what Django does.
type FileFormat struct {
	codec *Codec
	age   time.Duration
	zone  *time.Location
}

// NewFileFormat answers the layout of a site with that SESSION_COOKIE_AGE. The
// last argument is [Settings.NaiveLocation]: nil where USE_TZ is true.
func NewFileFormat(codec *Codec, cookieAge time.Duration, naive *time.Location) *FileFormat {
	return &FileFormat{codec, cookieAge, naive}
}

var errTombstone = fmt.Errorf("django: there is no place for a tombstone: %w", errors.ErrUnsupported)

// Encode answers the content of rec's file. For a tombstone, which Django does
// not know, the error is [errors.ErrUnsupported].
func (f *FileFormat) Encode(rec sessions.Record) ([]byte, error) {
	if len(rec.Data) == 0 {
		return nil, errTombstone
	}
	text, err := f.codec.Encode(rec.Data)
	return []byte(text), err
}

// Decode answers the session in a file of that content and modification time.
// The errors are those of [Codec.Decode].
func (f *FileFormat) Decode(content []byte, modified time.Time) (sessions.Record, error) {
	if len(content) == 0 {
		return sessions.Record{Data: []byte("{}")}, nil
	}
	data, err := f.codec.Decode(string(content))
	if err != nil {
		return sessions.Record{}, err
	}
	return sessions.Record{Data: data, Expires: f.ends(data, modified.Truncate(time.Microsecond))}, nil
}

// Modified answers when a file was saved that ends at rec.Expires, or no time if
// the session names the instant itself.
func (f *FileFormat) Modified(rec sessions.Record) time.Time {
	const while = time.Hour
	at, later := f.ends(rec.Data, rec.Expires), f.ends(rec.Data, rec.Expires.Add(while))
	if later.Equal(at) {
		return time.Time{} // whenever it is saved, it ends at once
	}
	return rec.Expires.Add(rec.Expires.Sub(at))
}
