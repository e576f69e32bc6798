package sessiontest

import (
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks [sessions.Toucher] and [sessions.Sweeper].

var touchChecks = []check{
	{"touch/puts expiry off", needTouch, checkTouchLater},
	{"touch/brings expiry forward", needTouch, checkTouchSooner},
	{"touch/brings nothing back", needTouch, checkTouchNone},
	{"touch/is no conflict", needTouch, checkTouchNoConflict},
}

var sweepChecks = []check{
	{"sweep/deletes what has expired, up to a limit", needSweep, checkSweep},
	{"sweep/spares the living", needSweep, checkSweepLiving},
}

func checkTouchLater(p *probe, s *handle) {
	rec := p.record("touched")
	rec.Owner = "1"
	key, loaded := s.brief(rec)
	rec.Expires = p.later().Add(123457 * time.Microsecond)
	err := s.other().touch(key, rec.Expires)
	if !p.now().Before(p.before(loaded.Expires)) {
		return // too slow to tell
	}
	p.expect(touchMoves, err, nil, "Touch")
	p.wait(p.past(loaded.Expires))
	s.holds(touchMoves, key, rec.Data, "after its Expires was put off by Touch")
	p.same(s.mustLoad(key), rec, "Load after Touch")
}

func checkTouchSooner(p *probe, s *handle) {
	key, _ := s.stored(p.record("touched"))
	end := p.now().Add(briefest + p.h.Resolution)
	p.expect(touchMoves, s.touch(key, end), nil, "Touch")
	p.wait(p.past(end))
	s.gone(touchMoves, key, "after its Expires was brought forward by Touch")

	key, _ = s.stored(p.record("touched"))
	_ = s.touch(key, p.now().Add(-time.Hour)) // may be refused, but then not obeyed by halves
	if _, err := s.load(key); err != nil {
		s.gone(touchMoves, key, "after Touch to what has passed")
	}
}

func checkTouchNone(p *probe, s *handle) {
	key := p.key()
	p.expect(touchLiving, s.touch(key, p.later()), sessions.ErrNotFound, "Touch of a key that was never stored")
	s.gone(touchLiving, key, "after that")

	key, _ = s.stored(p.record("deleted"))
	s.other().mustDelete(key)
	p.expect(touchLiving, s.touch(key, p.later()), sessions.ErrNotFound, "Touch after Delete")
	s.gone(endedForEver, key, "after Delete and Touch")

	key, old := s.brief(p.record("expired"))
	p.wait(p.past(old.Expires))
	p.expect(touchLiving, s.touch(key, p.later()), sessions.ErrNotFound, "Touch after expiry")
	s.gone(expiredForEver, key, "after expiry and Touch")
}

func checkTouchNoConflict(p *probe, s *handle) {
	key, old := s.stored(p.record("first"))
	p.expect(touchMoves, s.other().touch(key, p.later().Add(time.Hour)), nil, "Touch")
	rec := p.record("second")
	p.expect(touchNoWrite, s.replace(key, old, rec), nil, "Replace of what was loaded before Touch")
	p.expect(touchMoves, s.touch(key, p.later()), nil, "Touch")
	s.holds(touchNoWrite, key, rec.Data, "after Replace and Touch")
}

// expire stores n records that expire together, the last of them a tombstone
// where there are any, and waits for it. On a busy machine it tries again.
func (s *handle) expire(n int) {
	p := s.p
	for life := briefest + p.h.Resolution; ; life *= 2 {
		end := p.now().Add(life)
		keys := make([]string, n)
		for i := range keys {
			rec := p.record("to expire")
			rec.Owner = "1"
			keys[i], _ = s.stored(rec)
		}
		for i, key := range keys {
			rec := p.record("expires")
			if i == n-1 && !p.h.NoTombstones {
				rec = sessions.Record{}
			}
			rec.Expires = end
			s.mustReplace(key, s.mustLoad(key), rec)
		}
		if p.now().Before(p.before(end)) || life > hangs {
			p.wait(p.past(end))
			return
		}
		for _, key := range keys {
			s.mustDelete(key)
		}
	}
}

func checkSweep(p *probe, s *handle) {
	const expired, limit = 8, 3
	living, old := s.stored(p.record("living"))
	ended, _ := s.stored(p.record("ended"))
	if !p.h.NoTombstones {
		s.mustReplace(ended, s.mustLoad(ended), sessions.Record{Expires: p.later()})
	}
	s.expire(expired)
	sum := 0
	for done := false; !done; {
		n, err := s.sweep(limit)
		if !p.expect(sweepLimit, err, nil, "Sweep") {
			return
		}
		if n < 0 || n > limit {
			p.stop(sweepLimit, "Sweep with limit %d reported %d", limit, n)
		}
		sum += n
		done = n < limit
	}
	if sum != expired {
		p.broke(sweepDone, "of %d expired records and tombstones, Sweep has reported %d when done", expired, sum)
	}
	if n, err := s.other().sweep(expired); n != 0 || err != nil {
		p.broke(sweepDone, "another Sweep reported %d and %s, want none", n, name(err))
	}
	s.holds(sweepLiving, living, old.Data, "of a living record after Sweep")
	if !p.h.NoTombstones {
		s.ended(ended, "of a tombstone that has not expired, after Sweep")
	}
}

func checkSweepLiving(p *probe, s *handle) {
	key, loaded := s.brief(p.record("put off"))
	err := s.replace(key, loaded, p.record("put off again"))
	if !p.now().Before(p.before(loaded.Expires)) {
		return // too slow to tell
	}
	p.expect(replaceStores, err, nil, "Replace of a record that lives a little longer")
	s.expire(4)
	if _, err := s.sweep(1000); !p.expect(sweepLimit, err, nil, "Sweep") {
		return
	}
	s.holds(sweepLiving, key, body("put off again"), "after Sweep, when its first Expires has passed but a later one was set")
}
