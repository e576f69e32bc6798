package sessiontest

import (
	"encoding/json"
	"slices"

	"github.com/cloakroom-go/sessions"
)

// This file checks records that others left behind: damaged ones, and ones with
// values that JSON cannot hold.

var damageChecks = []check{
	{"damage/is told, and can be replaced", needCorrupt, checkCorrupt},
	{"damage/leaves the other methods working", needCorrupt, checkCorruptOthers},
	{"damage/is listed without data", needCorrupt | needList, checkCorruptList},
	{"damage/foreign values are named", needForeign, checkForeign},
}

// corrupted stores a record, damages it, and answers what Load says of it.
func (s *handle) corrupted() (key string, loaded sessions.Record) {
	key, _ = s.stored(s.p.record("to be damaged"))
	s.p.h.Corrupt(s.p.tb, s.store, key)
	loaded, err := s.load(key)
	if !s.p.expect(corruptKnown, err, sessions.ErrCorrupt, "Load of a damaged record") {
		panic(stopped{})
	}
	return key, loaded
}

func checkCorrupt(p *probe, s *handle) {
	key, broken := s.corrupted()
	err := s.replace(key, broken, p.record("repaired"))
	p.expect(corruptKnown, err, nil, "Replace of a damaged record")
	s.holds(corruptKnown, key, body("repaired"), "after a damaged record was replaced")
	err = s.replace(key, broken, p.record("late"))
	p.expect(replaceStale, err, sessions.ErrConflict, "Replace of a damaged record that was repaired meanwhile")
	s.holds(replaceStale, key, body("repaired"), "after that")
}

func checkCorruptOthers(p *probe, s *handle) {
	key, _ := s.corrupted()
	err := s.create(key, p.record("new"))
	p.expect(createOnce, err, sessions.ErrConflict, "Create in the place of a damaged record")
	if s.toucher != nil {
		_ = s.touch(key, p.later()) // either may do
	}
	if s.sweeper != nil {
		n, err := s.sweep(10)
		p.expect(sweepLimit, err, nil, "Sweep with a damaged record about")
		if n != 0 {
			p.broke(sweepLiving, "Sweep deleted a damaged record that had not expired")
		}
	}
	p.expect(deleteRemoves, s.delete(key), nil, "Delete of a damaged record")
	s.gone(deleteRemoves, key, "after Delete of a damaged record")
}

func checkCorruptList(p *probe, s *handle) {
	key, _ := s.corrupted()
	whole, _ := s.stored(p.record("whole"))
	all, err := s.listed(s.lister.List(s.ctx))
	p.expect(corruptListed, err, nil, "List with a damaged record about")
	rec, ok := all[key]
	if !ok || len(rec.Data) > 0 {
		p.broke(corruptListed, "a damaged record is listed: %v, with %d bytes of Data", ok, len(rec.Data))
	}
	p.sameData(corruptListed, all[whole].Data, body("whole"), "a whole record beside a damaged one")
}

func checkForeign(p *probe, s *handle) {
	key := p.key()
	want := p.h.Foreign(p.tb, s.store, key)
	rec, err := s.load(key)
	if !p.expect(foreignNamed, err, nil, "Load of a record with foreign values") {
		return
	}
	got := slices.Sorted(slices.Values(rec.Foreign))
	if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		p.broke(foreignNamed, "Foreign is %q, want %q in any order", got, want)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(rec.Data, &members); err != nil {
		p.broke(foreignNamed, "Data is no JSON object of plain numbers")
	}
	for _, key := range want {
		if _, there := members[key]; there {
			p.broke(foreignNamed, "Data has a value for the foreign key %q", key)
		}
	}
}
