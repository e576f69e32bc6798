package sessiontest

import (
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks Create, Replace and Delete, one call after the other.

var createChecks = []check{
	{"create/refuses a key that is taken", 0, checkCreateTaken},
	{"create/takes a key that is free again", 0, checkCreateAgain},
}

var replaceChecks = []check{
	{"replace/puts a record in the place of another", 0, checkReplace},
	{"replace/accepts the same data again", 0, checkReplaceSame},
	{"replace/refuses a stale record", 0, checkReplaceStale},
	{"replace/compares data byte for byte", 0, checkReplaceCase},
	{"replace/stores nothing where nothing is", 0, checkReplaceNone},
	{"replace/removes with an expiry that has passed", 0, checkReplaceRemoves},
}

var deleteChecks = []check{
	{"delete/removes one record", 0, checkDelete},
	{"delete/is final", 0, checkDeleteFinal},
}

func checkCreateTaken(p *probe, s *handle) {
	rec := p.record("first")
	key, _ := s.stored(rec)
	err := s.other().create(key, p.record("second"))
	p.expect(createOnce, err, sessions.ErrConflict, "Create under a key that is taken")
	s.holds(createOnce, key, rec.Data, "after a second Create")
	p.same(s.mustLoad(key), rec, "Load after a second Create")
}

func checkCreateAgain(p *probe, s *handle) {
	key, _ := s.stored(p.record("first"))
	s.mustDelete(key)
	err := s.create(key, p.record("second"))
	p.expect(createFree, err, nil, "Create after Delete")
	s.holds(createFree, key, body("second"), "after Delete and Create")
}

func checkReplace(p *probe, s *handle) {
	bystander, _ := s.stored(p.record("bystander"))
	key, old := s.stored(p.record("0"))
	for _, text := range []string{"1", "2", "", "a much longer text than there was before"} {
		rec := p.record(text)
		rec.Expires = rec.Expires.Add(time.Hour)
		s.mustReplace(key, old, rec)
		old = s.mustLoad(key)
		p.sameData(replaceStores, old.Data, rec.Data, "Load after Replace")
		p.same(old, rec, "Load after Replace")
	}
	s.holds(replaceStores, bystander, body("bystander"), "of another key after Replace")
}

func checkReplaceSame(p *probe, s *handle) {
	rec := p.record("same")
	key, old := s.stored(rec)
	p.expect(replaceStores, s.replace(key, old, rec), nil, "Replace by an equal record")
	rec.Expires = rec.Expires.Add(time.Hour)
	s.mustReplace(key, s.mustLoad(key), rec)
	p.same(s.mustLoad(key), rec, "Load after Replace by the same data with another Expires")
}

func checkReplaceStale(p *probe, s *handle) {
	key, old := s.stored(p.record("first"))
	s.other().mustReplace(key, old, p.record("second"))
	err := s.replace(key, old, p.record("third"))
	p.expect(replaceStale, err, sessions.ErrConflict, "a second Replace of the same old record")
	s.holds(replaceStale, key, body("second"), "after that")

	gone := p.record("third")
	gone.Expires = p.now().Add(-time.Hour)
	err = s.replace(key, old, gone)
	p.expect(replaceStale, err, sessions.ErrConflict, "Replace of a stale record by an expired one")
	s.holds(replaceStale, key, body("second"), "after that")

	err = s.replace(key, old, sessions.Record{Expires: p.later()})
	p.expect(replaceStale, err, sessions.ErrConflict, "Replace of a stale record without Data")
	s.holds(replaceStale, key, body("second"), "after that")
}

// checkReplaceCase: some databases compare text without case.
func checkReplaceCase(p *probe, s *handle) {
	key, old := s.stored(p.record("letter a"))
	s.mustReplace(key, old, p.record("LETTER A"))
	err := s.replace(key, old, p.record("third"))
	p.expect(replaceStale, err, sessions.ErrConflict, "Replace of data that differs from the stored in case only")
	s.holds(replaceStale, key, body("LETTER A"), "after that")
}

func checkReplaceNone(p *probe, s *handle) {
	_, old := s.stored(p.record("elsewhere"))
	key := p.key()
	for _, old := range []sessions.Record{old, {}} {
		err := s.replace(key, old, p.record("new"))
		p.expect(replaceStale, err, sessions.ErrConflict, "Replace under a key that was never stored")
		s.gone(replaceStale, key, "after that")
	}
}

func checkReplaceRemoves(p *probe, s *handle) {
	ends := []time.Time{p.now().Add(-time.Hour), p.before(p.now()), time.Unix(1, 0)}
	if p.h.Clock != nil {
		ends = append(ends, p.now())
	}
	for _, end := range ends {
		key, old := s.stored(p.record("first"))
		rec := p.record("second")
		rec.Expires = end
		err := s.replace(key, old, rec)
		p.expect(replaceRemoves, err, nil, "Replace by an expired record")
		s.gone(replaceRemoves, key, "after Replace by an expired record")
		err = s.create(key, p.record("third"))
		p.expect(replaceRemoves, err, nil, "Create after Replace by an expired record")
	}
	key, old := s.stored(p.record("first"))
	err := s.replace(key, old, sessions.Record{Expires: p.now().Add(-time.Hour)})
	p.expect(replaceRemoves, err, nil, "Replace by an expired record without Data")
	s.gone(replaceRemoves, key, "after Replace by an expired record without Data")
}

func checkDelete(p *probe, s *handle) {
	bystander, _ := s.stored(p.record("bystander"))
	key, _ := s.stored(p.record("first"))
	p.expect(deleteRemoves, s.delete(key), nil, "Delete")
	s.gone(deleteRemoves, key, "after Delete")
	p.expect(deleteNone, s.delete(key), nil, "Delete once more")
	p.expect(deleteNone, s.delete(p.key()), nil, "Delete of a key that was never stored")
	s.holds(deleteRemoves, bystander, body("bystander"), "of another key after Delete")
}

func checkDeleteFinal(p *probe, s *handle) {
	key, old := s.stored(p.record("first"))
	s.other().mustDelete(key)
	s.gone(endedForEver, key, "after Delete")
	late := p.record("late")
	p.expect(endedForEver, s.replace(key, old, late), sessions.ErrConflict, "Replace with what was loaded before Delete")
	s.gone(endedForEver, key, "after Delete and a late Replace")
	late.Data = old.Data
	p.expect(endedForEver, s.replace(key, old, late), sessions.ErrConflict, "Replace by unchanged data after Delete")
	s.gone(endedForEver, key, "after Delete and a late Replace by unchanged data")
	err := s.replace(key, old, sessions.Record{Expires: p.later()})
	p.expect(endedForEver, err, sessions.ErrConflict, "Replace without Data after Delete")
	s.gone(endedForEver, key, "after Delete and a late Replace without Data")
}
