package sessiontest

import (
	"fmt"
	"iter"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks [sessions.Lister] and [sessions.OwnerLister].

var listChecks = []check{
	{"list/shows the living", needList, checkList},
	{"list/holds nothing up", needList, checkListFree},
}

var ownerChecks = []check{
	{"owner/has exactly its own sessions", needListOwner, checkOwner},
	{"owner/can change", needListOwner, checkOwnerMoves},
	{"owner/can be signed out everywhere", needListOwner, checkOwnerFree},
}

// populate stores n living records of each owner, and one of each way to end.
func (s *handle) populate(n int, owners ...string) map[string]sessions.Record {
	p := s.p
	living := map[string]sessions.Record{}
	var end time.Time
	for o, owner := range owners {
		for i := range n {
			rec := p.record(fmt.Sprintf("session %d of owner %d", i, o))
			rec.Owner = owner
			key := p.key()
			s.mustCreate(key, rec)
			living[key] = rec
		}
		rec := p.record("not living")
		rec.Owner = owner
		deleted, _ := s.stored(rec)
		s.mustDelete(deleted)
		removed, old := s.stored(rec)
		s.mustReplace(removed, old, sessions.Record{Expires: p.later()})
		_, expiring := s.brief(rec)
		end = expiring.Expires
	}
	p.wait(p.past(end))
	return living
}

// shows finds promise broken unless seq is of exactly the records in want.
func (s *handle) shows(promise string, seq iter.Seq2[sessions.Listed, error], want map[string]sessions.Record) {
	got, err := s.listed(seq)
	if !s.p.expect(promise, err, nil, "a listing") {
		return
	}
	missing := 0
	for key, rec := range want {
		if l, ok := got[key]; ok {
			s.p.same(l, rec, "a listed record")
			delete(got, key)
		} else {
			missing++
		}
	}
	if missing > 0 {
		s.p.broke(promise, "%d of %d records are not listed", missing, len(want))
	}
	for _, rec := range got {
		s.p.broke(promise, "a record is listed that should not be: Owner %q, Data %q", rec.Owner, rec.Data)
	}
}

func checkList(p *probe, s *handle) {
	s.shows(listLiving, s.lister.List(s.ctx), nil)
	living := s.populate(70, "", "1", "2") // more than a page of most backends
	s.shows(listLiving, s.lister.List(s.ctx), living)
	other := s.other()
	other.shows(listLiving, other.lister.List(other.ctx), living)
}

func checkListFree(p *probe, s *handle) {
	living := s.populate(20, "1")
	s.endWhile(living, func() iter.Seq2[sessions.Listed, error] { return s.lister.List(s.ctx) })
}

// endWhile leaves a listing early, and then calls the store for each record of
// another: it replaces and deletes them. A store that holds a lock meanwhile
// would wait for ever, which the check does not.
func (s *handle) endWhile(living map[string]sessions.Record, list func() iter.Seq2[sessions.Listed, error]) {
	p := s.p
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range list() {
			break
		}
		for l, err := range list() {
			if !p.expect(listFree, err, nil, "a listing whose records are deleted meanwhile") {
				return
			}
			old, err := s.load(l.Key)
			p.expect(listFree, err, nil, "Load of a record that is being listed")
			err = s.replace(l.Key, old, p.record("replaced"))
			p.expect(listFree, err, nil, "Replace of a record that is being listed")
			p.expect(listFree, s.delete(l.Key), nil, "Delete of a record that is being listed")
		}
	}()
	select {
	case <-done:
	case <-time.After(hangs):
		p.stop(listFree, "a call of the store within a listing has not returned for %v", hangs)
	}
	for key := range living {
		s.gone(listFree, key, "after everything listed was deleted")
	}
}

// hangs is how long a call may take before it counts as one without end. Only
// the suite's own tests are less patient.
var hangs = 10 * time.Second

func checkOwner(p *probe, s *handle) {
	owners := []string{"1", "11", "Ann", "ann", "a_n", "a%", "*", "o'neill", "Žofie", "z:[x]\\"}
	living := s.populate(2, append(owners, "")...)
	for _, owner := range append(owners, "nobody", "aNN", "an", "ann ") {
		s.shows(listOwner, s.ownerLister.ListOwner(s.ctx, owner), of(owner, living))
	}
}

func of(owner string, living map[string]sessions.Record) map[string]sessions.Record {
	theirs := map[string]sessions.Record{}
	for key, rec := range living {
		if rec.Owner == owner {
			theirs[key] = rec
		}
	}
	return theirs
}

func checkOwnerMoves(p *probe, s *handle) {
	rec := p.record("moving")
	key, _ := s.stored(rec)
	for _, owner := range []string{"1", "2", "2", "", "1"} {
		rec.Owner = owner
		s.mustReplace(key, s.mustLoad(key), rec)
		if s.toucher != nil {
			rec.Expires = rec.Expires.Add(time.Hour)
			p.expect(touchMoves, s.touch(key, rec.Expires), nil, "Touch")
		}
		for _, asked := range []string{"1", "2"} {
			s.shows(listOwner, s.ownerLister.ListOwner(s.ctx, asked), of(asked, map[string]sessions.Record{key: rec}))
		}
	}
}

func checkOwnerFree(p *probe, s *handle) {
	living := s.populate(20, "1", "2")
	theirs := of("1", living)
	s.endWhile(theirs, func() iter.Seq2[sessions.Listed, error] { return s.ownerLister.ListOwner(s.ctx, "1") })
	s.shows(listOwner, s.ownerLister.ListOwner(s.ctx, "1"), nil)
	s.shows(listOwner, s.ownerLister.ListOwner(s.ctx, "2"), of("2", living))
}
