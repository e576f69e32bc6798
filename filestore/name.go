package filestore

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file decides which names there can be in the directory. No path is built
// from anything that has not passed here.

const (
	maxPrefixLength = 100 // with the longest key it stays below NAME_MAX, 255

	// The names of our own files begin with a dot, as no prefix does, because
	// Django's cleanup takes all that begins with the prefix for sessions.
	lockPrefix  = ".lock-"
	asidePrefix = ".tmp-"

	// asideLife is when a file written aside counts as forgotten. Writing one
	// takes milliseconds.
	asideLife = 10 * time.Minute
)

var errKey = errors.New("filestore: a session key is 8 to 128 characters of a-z and 0-9")

// name answers the name of the file for key.
func (s *Store) name(key string) (string, error) {
	if !sessions.ValidKey(key) {
		return "", errKey
	}
	return s.prefix + key, nil
}

// key answers whose file name is, if it is a session's.
func (s *Store) key(name string) (string, bool) {
	key, ok := strings.CutPrefix(name, s.prefix)
	return key, ok && sessions.ValidKey(key)
}

func checkPrefix(prefix string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
	if strings.Trim(prefix, allowed) != "" || prefix[0] == '.' || len(prefix) > maxPrefixLength {
		return errors.New("filestore: Prefix must be letters, digits and !#$%&'*+-.^_`|~, at most 100, and must not begin with a dot")
	}
	return nil
}

// asideName answers a name nobody else has: the second it was made, and chance.
// The second is in the name because a file's times may be made to mean
// something else; see [Dated].
func (s *Store) asideName() string {
	return asidePrefix + strconv.FormatInt(s.now().Unix(), 10) + "-" + rand.Text()
}

// forgotten reports whether name is that of a file written aside whose writer
// must have died.
func (s *Store) forgotten(name string) bool {
	rest, ok := strings.CutPrefix(name, asidePrefix)
	if !ok {
		return false
	}
	second, _, _ := strings.Cut(rest, "-")
	made, err := strconv.ParseInt(second, 10, 64)
	return err == nil && s.now().Sub(time.Unix(made, 0)) > asideLife
}
