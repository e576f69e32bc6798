package filestore

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the native format: a header line, then the JSON object. The
// package's documentation shows and explains it.

const (
	magic      = "cloakroom/1"
	timeLayout = "2006-01-02T15:04:05.000000Z" // RFC 3339, in UTC, always with microseconds
)

var (
	errHeader = fmt.Errorf("%w: not a header of %s", sessions.ErrCorrupt, magic)
	errObject = fmt.Errorf("%w: not a whole JSON object", sessions.ErrCorrupt)
)

// native is the [Format] described above.
type native struct{}

// Encode implements [Format]. RFC 3339 ends with the year 9999, and so does
// what can be encoded.
func (native) Encode(rec sessions.Record) ([]byte, error) {
	if !writable(rec.Expires) || !writable(rec.Created) {
		return nil, errors.New("filestore: a session's times must lie in the years 0 to 9999")
	}
	b := make([]byte, 0, 128+len(rec.Owner)+len(rec.Data))
	b = append(b, magic...)
	b = rec.Expires.UTC().AppendFormat(append(b, " expires="...), timeLayout)
	if len(rec.Data) == 0 {
		return append(b, '\n'), nil
	}
	if !isObject(rec.Data) {
		return nil, errors.New("filestore: a session's data must be a JSON object")
	}
	if !rec.Created.IsZero() {
		b = rec.Created.UTC().AppendFormat(append(b, " created="...), timeLayout)
	}
	if rec.Owner != "" {
		b = strconv.AppendQuoteToASCII(append(b, " owner="...), rec.Owner)
	}
	return append(append(b, '\n'), rec.Data...), nil
}

// Decode implements [Format]. The header says everything; when the file was
// modified means nothing, so that a copy or a restored backup lives as long as
// the original.
func (native) Decode(content []byte, _ time.Time) (sessions.Record, error) {
	line, data, found := bytes.Cut(content, []byte("\n"))
	if !found {
		return sessions.Record{}, errHeader
	}
	rec, err := decodeHeader(string(line))
	switch {
	case err != nil:
		return sessions.Record{}, err
	case len(data) == 0:
		return sessions.Record{Expires: rec.Expires}, sessions.ErrEnded
	case !isObject(data):
		return sessions.Record{}, errObject
	}
	rec.Data = data
	return rec, nil
}

func decodeHeader(line string) (rec sessions.Record, err error) {
	rest, ok := strings.CutPrefix(line, magic)
	if !ok {
		return rec, errHeader
	}
	value, rest, ok := cutField(rest, "expires")
	if !ok {
		return rec, errHeader
	}
	if rec.Expires, err = time.Parse(timeLayout, value); err != nil {
		return rec, errHeader
	}
	if value, rest, ok = cutField(rest, "created"); ok {
		if rec.Created, err = time.Parse(timeLayout, value); err != nil {
			return rec, errHeader
		}
	}
	if quoted, ok := strings.CutPrefix(rest, ` owner=`); ok {
		if rec.Owner, err = strconv.Unquote(quoted); err != nil || quoted[0] != '"' {
			return rec, errHeader
		}
		rest = ""
	}
	if rest != "" {
		return rec, errHeader
	}
	return rec, nil
}

// cutField takes " name=value" from the front of header; without it, header
// stays as it is.
func cutField(header, name string) (value, rest string, ok bool) {
	after, ok := strings.CutPrefix(header, " "+name+"=")
	if !ok {
		return "", header, false
	}
	if i := strings.IndexByte(after, ' '); i >= 0 {
		return after[:i], after[i:], true
	}
	return after, "", true
}

// isObject recognises a JSON object by its ends, which is enough to notice a
// file that a power failure cut short or filled with zeros.
func isObject(data []byte) bool {
	return len(data) >= 2 && data[0] == '{' && data[len(data)-1] == '}'
}

func writable(t time.Time) bool {
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}
