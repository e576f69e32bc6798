package memcachestore

import (
	"strconv"
	"strings"
	"time"
)

// This file is the revision of a record: what memcached compares, and what the
// store must know to do without asking again.

// version is one state of an item. Two states of an item never have the same
// cas, as long as the server runs.
type version struct {
	cas     uint64
	expires time.Time // zero if the server alone knows
}

// String answers the version as a Revision.
func (v version) String() string {
	b := strconv.AppendUint(append(make([]byte, 0, 40), '@'), v.cas, 10)
	if !v.expires.IsZero() {
		b = strconv.AppendInt(append(b, ' '), v.expires.UnixMicro(), 10)
	}
	return string(b)
}

// parseVersion reads a Revision, if it is one of ours.
func parseVersion(revision string) (v version, ok bool) {
	revision, ok = strings.CutPrefix(revision, "@") // which no tombstone's name has
	cas, expires, dated := strings.Cut(revision, " ")
	var err error
	if v.cas, err = strconv.ParseUint(cas, 10, 64); err != nil || !ok {
		return v, false
	}
	if dated {
		micros, err := strconv.ParseInt(expires, 10, 64)
		v.expires = time.UnixMicro(micros)
		return v, err == nil
	}
	return v, true
}

// lives reports whether the item in this state can still be replaced.
func (v version) lives(now time.Time) bool { return v.expires.IsZero() || v.expires.After(now) }
