package sessiontest

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cloakroom-go/sessions"
)

// This file races writes, touches and sweeps against what ends a session.

func checkRaceDelete(p *probe, s *handle) {
	s.raceDelete(func(s *handle, key string, n int) error {
		return s.change(key, fmt.Sprint("w", n))
	})
}

func checkRaceTouchDelete(p *probe, s *handle) {
	s.raceDelete(func(s *handle, key string, _ int) error {
		return s.touch(key, p.later())
	})
}

// raceDelete deletes records while others write them.
func (s *handle) raceDelete(write func(s *handle, key string, n int) error) {
	p := s.p
	for range rounds {
		key, old := s.stored(p.record("first"))
		var deleted atomic.Bool
		var wrote sync.WaitGroup
		wrote.Add(racers - 1)
		s.race(racers, func(i int, s *handle) {
			if i > 0 {
				s.writeUntil(&deleted, wrote.Done, func(n int) error { return write(s, key, n*racers+i) })
				return
			}
			wrote.Wait() // everyone is at it
			p.expect(deleteRemoves, s.delete(key), nil, "Delete in a race")
			deleted.Store(true)
		})
		s.gone(endedForEver, key, "after Delete in a race")
		p.expect(endedForEver, s.replace(key, old, old), sessions.ErrConflict, "Replace after Delete in a race")
	}
}

// writeUntil writes until it is told that there is no record, or that a write
// after its deletion was accepted. It calls begun after the first write.
func (s *handle) writeUntil(deleted *atomic.Bool, begun func(), write func(n int) error) {
	for n := 0; ; n++ {
		after := deleted.Load()
		err := write(n)
		if n == 0 {
			begun()
		}
		if err != nil {
			s.p.expect(endedForEver, err, sessions.ErrNotFound, "a write in a race with Delete")
			return
		}
		if after {
			s.p.broke(endedForEver, "a write that began after Delete was accepted")
			return
		}
	}
}

func checkRaceTouchReplace(p *probe, s *handle) {
	key, _ := s.stored(p.record("first"))
	s.against(rounds, func(n int, s *handle) {
		old, err := s.load(key)
		if err == nil {
			err = s.replace(key, old, sessions.Record{
				Data: with(old.Data, fmt.Sprint("w", n)), Expires: p.later(), Created: old.Created})
		}
		p.expect(touchNoWrite, err, nil, "Replace by the only writer, in a race with Touch")
	}, func(s *handle) {
		p.expect(touchMoves, s.touch(key, p.later()), nil, "Touch in a race with Replace")
	})
	data := s.mustLoad(key).Data
	for n := range rounds {
		if !bytes.Contains(data, fmt.Appendf(nil, `"w%d":1`, n)) {
			p.broke(touchNoWrite, "a change that Replace accepted is gone after Touch")
		}
	}
}

// checkRaceSweep takes the keys of expired records while they are swept.
func checkRaceSweep(p *probe, s *handle) {
	for range rounds / 4 {
		var keys [racers - 1]string
		end := p.now().Add(briefest)
		for i := range keys {
			rec := p.record("expired")
			rec.Expires = end
			keys[i] = p.key()
			s.mustCreate(keys[i], rec)
		}
		p.wait(p.past(end))
		var taken [racers - 1]bool
		s.race(racers, func(i int, s *handle) {
			for range 100 {
				if i == len(keys) {
					_, err := s.sweep(2)
					p.expect(sweepLimit, err, nil, "Sweep in a race with Create")
				} else if taken[i] = s.create(keys[i], p.record("new")) == nil; taken[i] {
					return
				}
			}
		})
		for i, key := range keys {
			if taken[i] {
				s.holds(sweepLiving, key, body("new"), "of a record created while its expired forerunner was swept")
			}
		}
	}
}
