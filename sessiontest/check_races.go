package sessiontest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file races calls against each other, through two handles where the
// harness can open another.

var raceChecks = []check{
	{"races/one Create wins", 0, checkRaceCreate},
	{"races/one Replace wins", 0, checkRaceReplace},
	{"races/no write is lost", 0, checkRaceWriters},
	{"races/no write is torn", 0, checkRaceTorn},
	{"races/writers against Delete", 0, checkRaceDelete},
	{"races/Touch against Delete", needTouch, checkRaceTouchDelete},
	{"races/Touch against Replace", needTouch, checkRaceTouchReplace},
	{"races/Sweep against Create", needSweep, checkRaceSweep},
	{"races/a second handle sees every write", needReopen, checkReopen},
}

const (
	racers = 8
	rounds = 16
)

// race runs f in n goroutines that begin together, and waits for all; every
// other one gets another handle.
func (s *handle) race(n int, f func(i int, s *handle)) {
	handles := []*handle{s, s.other()}
	var begin, end sync.WaitGroup
	begin.Add(1)
	for i := range n {
		end.Go(func() {
			begin.Wait()
			f(i, handles[i%2])
		})
	}
	begin.Done()
	end.Wait()
}

// against has one goroutine write, so many times, while others call without
// pause. Each write waits until a call has just ended, so that others are under
// way.
func (s *handle) against(writes int, write func(n int, s *handle), call func(s *handle)) {
	called, over := make(chan struct{}), make(chan struct{})
	s.race(racers/2, func(i int, s *handle) {
		if i == 0 {
			defer close(over)
			for n := range writes {
				<-called
				write(n, s)
			}
			return
		}
		for {
			call(s)
			select {
			case <-over:
				return
			case called <- struct{}{}:
			default:
			}
		}
	})
}

// change grows the record under key by a member until Replace accepts it, and
// answers why it no longer can.
func (s *handle) change(key, member string) error {
	const patience = 1000
	for range patience {
		old, err := s.load(key)
		if err != nil {
			return err
		}
		rec := sessions.Record{Data: with(old.Data, member), Expires: s.p.later(), Created: old.Created}
		if err := s.replace(key, old, rec); !errors.Is(err, sessions.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("its Replace answered ErrConflict %d times in a row", patience)
}

func checkRaceCreate(p *probe, s *handle) {
	for range rounds {
		key := p.key()
		var won [racers]bool
		s.race(racers, func(i int, s *handle) {
			err := s.create(key, p.record(fmt.Sprint("by ", i)))
			won[i] = err == nil
			if err != nil {
				p.expect(createOnce, err, sessions.ErrConflict, "Create in a race")
			}
		})
		s.wonBy(key, won[:], createOnce, "Create")
	}
}

func checkRaceReplace(p *probe, s *handle) {
	for range rounds {
		key, _ := s.stored(p.record("first"))
		var won [racers]bool
		var loaded sync.WaitGroup
		loaded.Add(racers)
		s.race(racers, func(i int, s *handle) {
			old, err := s.load(key)
			loaded.Done()
			if !p.expect(loadExact, err, nil, "Load of a live record") {
				return
			}
			loaded.Wait() // all have seen the same
			err = s.replace(key, old, p.record(fmt.Sprint("by ", i)))
			won[i] = err == nil
			if err != nil {
				p.expect(replaceStale, err, sessions.ErrConflict, "Replace in a race")
			}
		})
		s.wonBy(key, won[:], writesSurvive, "Replace of one record")
	}
}

// wonBy expects one winner, whose record is stored.
func (s *handle) wonBy(key string, won []bool, promise, call string) {
	winners, last := 0, 0
	for i, w := range won {
		if w {
			winners, last = winners+1, i
		}
	}
	if winners != 1 {
		s.p.stop(promise, "of %d calls at once of %s, %d succeeded, want 1", len(won), call, winners)
	}
	s.holds(promise, key, body(fmt.Sprint("by ", last)), "after a race of "+call)
}

func checkRaceWriters(p *probe, s *handle) {
	const each = 6
	key, _ := s.stored(p.record("first"))
	s.race(racers, func(i int, s *handle) {
		for n := range each {
			if err := s.change(key, fmt.Sprintf("w%d.%d", i, n)); err != nil {
				p.broke(writesSurvive, "a writer in a race was answered %s", name(err))
				return
			}
		}
	})
	data, lost := s.mustLoad(key).Data, 0
	for i := range racers {
		for n := range each {
			if bytes.Count(data, fmt.Appendf(nil, `"w%d.%d":1`, i, n)) != 1 {
				lost++
			}
		}
	}
	if lost > 0 {
		p.broke(writesSurvive, "of %d changes that Replace accepted, %d are lost", racers*each, lost)
	}
}

// checkRaceTorn stores records whose parts tell which write they are of.
func checkRaceTorn(p *probe, s *handle) {
	versions := p.versions(24)
	key, _ := s.stored(versions[0])
	s.against(len(versions), func(n int, s *handle) {
		old, err := s.load(key)
		if p.expect(neverTorn, err, nil, "Load in a race with other loads") {
			p.expect(replaceStores, s.replace(key, old, versions[n]), nil, "Replace by the only writer")
		}
	}, func(s *handle) {
		rec, err := s.load(key)
		if p.expect(neverTorn, err, nil, "Load in a race with Replace") &&
			!slices.ContainsFunc(versions, func(v sessions.Record) bool { return p.whole(rec, v) }) {
			p.broke(neverTorn, "Load in a race with Replace answered a mixture of two records")
		}
	})
}

// versions answers n records, each with other Data, Expires and Owner.
func (p *probe) versions(n int) []sessions.Record {
	size := 16 << 10
	if p.h.MaxData > 0 {
		size = min(size, p.h.MaxData/2)
	}
	base, all := p.later(), make([]sessions.Record, n)
	for i := range all {
		all[i] = p.record(strings.Repeat(string(rune('a'+i)), size))
		all[i].Expires = base.Add(time.Duration(i) * time.Hour)
		all[i].Owner = fmt.Sprint(i)
	}
	return all
}

// whole reports whether all of got that the layout can tell is of one version.
func (p *probe) whole(got, version sessions.Record) bool {
	return bytes.Equal(got.Data, version.Data) &&
		(p.h.NoExpires || got.Expires.Sub(version.Expires).Abs() <= p.h.Resolution) &&
		(got.Owner == version.Owner || p.h.NoOwner && got.Owner == "")
}

func checkReopen(p *probe, s *handle) {
	other := s.other()
	key, old := s.stored(p.record("first"))
	other.holds(sharedData, key, old.Data, "by a second handle after Create")
	seen := other.mustLoad(key)
	err := other.replace(key, seen, p.record("second"))
	p.expect(sharedData, err, nil, "Replace by a second handle of what it loaded")
	s.holds(sharedData, key, body("second"), "after Replace by a second handle")
	s.mustReplace(key, s.mustLoad(key), p.record("third"))
	other.holds(sharedData, key, body("third"), "by a second handle after Replace")
	other.mustDelete(key)
	s.gone(sharedData, key, "after Delete by a second handle")
}
