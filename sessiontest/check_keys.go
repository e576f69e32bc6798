package sessiontest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks keys: those that a Manager makes, and those that attackers do.

var keyChecks = []check{
	{"keys/of every length that a Manager may make", 0, checkKeyLengths},
	{"keys/hostile ones reach nothing", 0, checkKeysHostile},
	{"keys/hostile ones are kept apart", 0, checkKeysApart},
}

// checkKeyLengths stores under similar keys, which differ in the last character
// that a Manager may use.
func checkKeyLengths(p *probe, s *handle) {
	longest := strings.Repeat("k", p.h.MaxKey-1)
	keys := []string{"aaaaaaaa", "aaaaaaab", "baaaaaaa", "00000000", "12345678", "1e345678", "aaaaaaaaa",
		longest, longest + "a", longest + "b", "a" + longest}
	for i, key := range keys {
		err := s.create(key, p.record(fmt.Sprint("under key ", i)))
		p.expect(keysAreNames, err, nil, fmt.Sprintf("Create under a key of %d characters, similar to another", len(key)))
	}
	for i, key := range keys {
		s.holds(keysAreNames, key, body(fmt.Sprint("under key ", i)), "of one of many similar keys")
	}
	s.mustDelete(longest + "a")
	s.holds(keysAreNames, longest+"b", body("under key 9"), "after Delete of a key that differs in its last character")
}

// hostile answers keys that a careless store may take for key, or for more
// than a name.
func hostile(key string) []string {
	return []string{
		"", " ", "\x00", ".", "..", "/", "*", "%", "_", "\n",
		key + " ", " " + key, key + "\t", key + "\n", key + "\r\n", key + "\x00", key + "\x00x",
		strings.ToUpper(key), strings.ToUpper(key[:1]) + key[1:],
		strings.ReplaceAll(key, "k", "\u212a"), // the Kelvin sign, a k without case
		key[:len(key)-1], key[:len(key)-1] + "_", key[:len(key)-1] + "?", key[:len(key)-1] + "%", key[:8] + "*",
		"./" + key, "../" + key, key + "/", key + "/../" + key, "/" + key, "//" + key, "a/../" + key, `..\` + key,
		"../../../../../../etc/passwd", "%2e%2e%2f" + key, "%" + fmt.Sprintf("%x", key[0]) + key[1:], key + "%00",
		key + "' OR '1'='1", key + `" OR ""="`, "' OR 1=1 --", key + "'; DROP TABLE sessions; --", key + `\`,
		key + "\r\nDELETE " + key + "\r\n", "x\r\nflush_all\r\n", "x 0 0 1\r\nx\r\nget " + key,
		"{" + key + "}", "[" + key[:1] + "]" + key[1:], "^" + key, ":" + key,
		"\u00e9" + key, "e\u0301" + key, "\xff\xfe" + key, "\u202e" + key, "\ufeff" + key, key + "\u200b",
		strings.Repeat(key, 20), strings.Repeat("x", 1<<16), strings.Repeat("../", 100) + key,
	}
}

func checkKeysHostile(p *probe, s *handle) {
	key := "k" + p.key()
	rec := p.record("canary")
	rec.Expires = p.later()
	s.mustCreate(key, rec)
	old := s.mustLoad(key)
	for i, other := range hostile(key) {
		what := fmt.Sprintf("hostile key %d, %.60q", i, strings.ReplaceAll(other, key, "<key>"))
		if got, err := s.load(other); err == nil {
			p.broke(keysAreNames, "Load under %s found a record of %d bytes", what, len(got.Data))
		}
		if s.replace(other, old, p.record("replaced")) == nil {
			p.broke(keysAreNames, "Replace under %s found the record", what)
		}
		if s.toucher != nil && s.touch(other, p.now().Add(-time.Hour)) == nil {
			p.broke(keysAreNames, "Touch under %s found the record", what)
		}
		_ = s.delete(other) // may be refused
		s.holds(keysAreNames, key, rec.Data, "after calls under "+what)
	}
	p.same(s.mustLoad(key), rec, "Load after calls under hostile keys")
}

func checkKeysApart(p *probe, s *handle) {
	key := "k" + p.key()
	s.mustCreate(key, p.record("canary"))
	data := map[string][]byte{}
	for i, other := range hostile(key) {
		rec := p.record(fmt.Sprint("under hostile key ", i))
		err := s.create(other, rec)
		if errors.Is(err, sessions.ErrConflict) {
			p.broke(keysAreNames, "Create under hostile key %d, which is free, answered ErrConflict", i)
		}
		if err == nil {
			data[other] = rec.Data
		}
	}
	for other, want := range data {
		s.holds(keysAreNames, other, want, "under a hostile key that Create accepted")
	}
	s.holds(keysAreNames, key, body("canary"), "after Create under hostile keys")
	for other := range data {
		p.expect(deleteRemoves, s.delete(other), nil, "Delete under a hostile key that Create accepted")
	}
	s.holds(keysAreNames, key, body("canary"), "after Delete under hostile keys")
}
