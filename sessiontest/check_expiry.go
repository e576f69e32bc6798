package sessiontest

import (
	"errors"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks expiry and tombstones.

var expiryChecks = []check{
	{"expiry/is kept to the fraction of a second", 0, checkExpiry},
	{"expiry/is at its very instant", needClock, checkExpiryInstant},
	{"expiry/is final", 0, checkExpiryFinal},
	{"expiry/frees the key", 0, checkExpiryFrees},
	{"expiry/can be moved by Replace", 0, checkExpiryMoved},
}

var tombstoneChecks = []check{
	{"tombstone/ends the session", 0, checkTombstone},
	{"tombstone/lasts until its expiry", needTombstones, checkTombstoneLasts},
	{"tombstone/goes by Delete", needTombstones, checkTombstoneDeleted},
}

func checkExpiry(p *probe, s *handle) {
	key, rec := s.brief(p.record("brief")) // finds out whether it lives at all
	p.wait(p.past(rec.Expires))
	s.other().gone(expiresAt, key, "after the expiry of a new record")

	rec = p.record("over before it began")
	rec.Expires = p.now().Add(-time.Hour)
	key = p.key()
	_ = s.create(key, rec) // may be refused
	s.gone(expiresAt, key, "after Create of an expired record")
}

func checkExpiryInstant(p *probe, s *handle) {
	if p.h.Resolution > time.Microsecond {
		return // checkExpiry does what can be done
	}
	rec := p.record("instant")
	rec.Expires = p.now().Add(1500 * time.Millisecond)
	living, _ := s.stored(rec)
	p.wait(rec.Expires.Add(-time.Microsecond))
	s.holds(livesUntil, living, rec.Data, "a microsecond before its Expires")
	p.wait(rec.Expires)
	s.gone(expiresAt, living, "at the very instant of its Expires")

	rec.Expires = p.now().Add(time.Second)
	key, old := s.stored(rec)
	p.wait(rec.Expires)
	err := s.replace(key, old, p.record("late"))
	p.expect(expiredForEver, err, sessions.ErrConflict, "Replace at the very instant of its Expires")
}

func checkExpiryFinal(p *probe, s *handle) {
	key, old := s.brief(p.record("brief"))
	p.wait(p.past(old.Expires))
	late := p.record("late") // before any other call has met the expired record
	p.expect(expiredForEver, s.other().replace(key, old, late), sessions.ErrConflict, "Replace after expiry")
	s.gone(expiredForEver, key, "after expiry and a late Replace")

	key, old = s.brief(p.record("brief"))
	p.wait(p.past(old.Expires))
	err := s.replace(key, old, sessions.Record{Expires: p.later()})
	p.expect(expiredForEver, err, sessions.ErrConflict, "Replace without Data after expiry")
	s.gone(expiredForEver, key, "after expiry and a late Replace without Data")
	p.expect(deleteNone, s.delete(key), nil, "Delete after expiry")
}

func checkExpiryFrees(p *probe, s *handle) {
	key, old := s.brief(p.record("brief"))
	p.wait(p.past(old.Expires))
	switch err := s.create(key, p.record("second")); {
	case err == nil:
		s.holds(createFree, key, body("second"), "after Create in the place of an expired record")
	case errors.Is(err, sessions.ErrConflict): // it still lies there
		s.gone(expiresAt, key, "after Create could not take its place")
		s.mustDelete(key)
		err = s.create(key, p.record("second"))
		p.expect(createFree, err, nil, "Create after Delete of an expired record")
	default:
		p.expect(createFree, err, nil, "Create in the place of an expired record")
	}
}

func checkExpiryMoved(p *probe, s *handle) {
	key, rec := s.brief(p.record("brief"))
	longer := p.record("longer")
	err := s.replace(key, rec, longer)
	if !p.now().Before(p.before(rec.Expires)) {
		return // too slow to tell
	}
	p.expect(replaceStores, err, nil, "Replace of a record that lives a little longer")
	p.wait(p.past(rec.Expires))
	s.holds(livesUntil, key, longer.Data, "after its Expires was put off by Replace")

	sooner := p.record("sooner")
	sooner.Expires = p.now().Add(briefest + p.h.Resolution)
	s.mustReplace(key, s.mustLoad(key), sooner)
	p.wait(p.past(sooner.Expires))
	s.gone(expiresAt, key, "after its Expires was brought forward by Replace")
}

func checkTombstone(p *probe, s *handle) {
	rec := p.record("first")
	rec.Owner = "1"
	key, old := s.stored(rec)
	err := s.other().replace(key, old, sessions.Record{Expires: p.later()})
	if p.h.NoTombstones {
		p.expect(tombstoneNone, err, nil, "Replace without Data")
		s.gone(tombstoneNone, key, "after Replace without Data")
		return
	}
	p.expect(tombstoneEnds, err, nil, "Replace without Data")
	s.ended(key, "of a tombstone")
	err = s.create(key, p.record("new"))
	p.expect(tombstoneEnds, err, sessions.ErrConflict, "Create in the place of a tombstone")
	for _, from := range []sessions.Record{old, {}} {
		err = s.replace(key, from, p.record("late"))
		p.expect(endedForEver, err, sessions.ErrConflict, "Replace of a tombstone")
		s.ended(key, "after a late Replace")
	}
	if s.toucher != nil {
		err = s.touch(key, p.later())
		p.expect(tombstoneEnds, err, sessions.ErrNotFound, "Touch of a tombstone")
		s.ended(key, "after Touch of a tombstone")
	}
}

// ended expects a tombstone under key.
func (s *handle) ended(key, when string) {
	rec, err := s.load(key)
	s.p.expect(tombstoneEnds, err, sessions.ErrEnded, "Load "+when)
	if len(rec.Data) > 0 {
		s.p.broke(tombstoneEnds, "Load %s answered data", when)
	}
}

func checkTombstoneLasts(p *probe, s *handle) {
	key, old := s.stored(p.record("first"))
	end := p.now().Add(briefest + 2*p.h.Resolution)
	s.mustReplace(key, old, sessions.Record{Expires: end})
	_, err := s.load(key)
	if p.now().Before(p.before(end)) {
		p.expect(tombstoneLasts, err, sessions.ErrEnded, "Load of a tombstone")
	}
	p.wait(p.past(end))
	s.gone(tombstoneLasts, key, "after a tombstone's expiry")
	p.expect(endedForEver, s.replace(key, old, p.record("late")), sessions.ErrConflict, "Replace after a tombstone's expiry")
	s.gone(endedForEver, key, "after a tombstone's expiry and a late Replace")
}

func checkTombstoneDeleted(p *probe, s *handle) {
	key, old := s.stored(p.record("first"))
	s.mustReplace(key, old, sessions.Record{Expires: p.later()})
	p.expect(tombstoneLasts, s.delete(key), nil, "Delete of a tombstone")
	s.gone(tombstoneLasts, key, "after Delete of a tombstone")
	p.expect(tombstoneLasts, s.create(key, p.record("new")), nil, "Create after Delete of a tombstone")
}
