package sessiontest

import "github.com/cloakroom-go/sessions"

// This file checks the names of tombstones, by which a cache in front of a
// database knows its own.

var nameChecks = []check{
	{"tombstone/has a name", needTombstones | needNames, checkNames},
}

func checkNames(p *probe, s *handle) {
	named := func(name string) sessions.Record {
		return sessions.Record{Expires: p.later(), Revision: name}
	}
	key := p.key()
	p.expect(tombstoneNamed, s.create(key, named("ABC")), nil, "Create of a tombstone")
	s.called(key, "ABC")
	p.expect(tombstoneNamed, s.create(key, p.record("new")), sessions.ErrConflict, "Create in the place of a named tombstone")
	for _, name := range []string{"", "AB", "ABCD", "abc", "1"} {
		err := s.other().replace(key, named(name), p.record("late"))
		p.expect(tombstoneNamed, err, sessions.ErrConflict, "Replace of a tombstone by another name")
	}
	disguised := p.record("disguised")
	disguised.Revision = "ABC"
	p.expect(tombstoneNamed, s.replace(key, disguised, p.record("late")), sessions.ErrConflict, "Replace of a tombstone by a record")
	s.called(key, "ABC")

	p.expect(tombstoneNamed, s.other().replace(key, named("ABC"), named("DEF")), nil, "Replace of a tombstone by its name")
	s.called(key, "DEF")
	p.expect(tombstoneNamed, s.replace(key, named("ABC"), p.record("late")), sessions.ErrConflict, "Replace of a tombstone by its former name")
	rec := p.record("next")
	p.expect(tombstoneNamed, s.replace(key, named("DEF"), rec), nil, "Replace of a tombstone by its name")
	s.holds(tombstoneNamed, key, rec.Data, "in a tombstone's place")
	p.expect(tombstoneNamed, s.replace(key, named("DEF"), p.record("late")), sessions.ErrConflict, "Replace of a record by a tombstone's name")
	s.holds(tombstoneNamed, key, rec.Data, "after a late Replace")
}

// called checks that there is a tombstone of that name under key.
func (s *handle) called(key, name string) {
	rec, err := s.other().load(key)
	s.p.expect(tombstoneNamed, err, sessions.ErrEnded, "Load of a tombstone")
	if rec.Revision != name {
		s.p.broke(tombstoneNamed, "Load of a tombstone answered another name")
	}
}
