package sessiontest

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the store as the checks call it: under the check's context, and
// with an eye on every error.

// handle is one opened store. Capabilities that it lacks are nil.
type handle struct {
	p           *probe
	ctx         context.Context
	store       sessions.Store
	toucher     sessions.Toucher
	sweeper     sessions.Sweeper
	lister      sessions.Lister
	ownerLister sessions.OwnerLister
}

func (p *probe) watch(store sessions.Store) *handle {
	s := &handle{p: p, ctx: p.ctx, store: store}
	s.toucher, _ = sessions.Capability[sessions.Toucher](store)
	s.sweeper, _ = sessions.Capability[sessions.Sweeper](store)
	s.lister, _ = sessions.Capability[sessions.Lister](store)
	s.ownerLister, _ = sessions.Capability[sessions.OwnerLister](store)
	return s
}

// other is another handle on the same data, or this one.
func (s *handle) other() *handle {
	if s.p.h.Reopen == nil {
		return s
	}
	if s.p.second == nil {
		s.p.second = s.p.watch(s.p.h.Reopen(s.p.tb, s.store))
	}
	return s.p.second
}

// under is the same store, called under ctx.
func (s *handle) under(ctx context.Context) *handle {
	c := *s
	c.ctx = ctx
	return &c
}

// seen looks at the text of an error for what must not be in it.
func (s *handle) seen(err error, call string) error {
	if err != nil {
		s.p.checkText(err.Error(), call)
	}
	return err
}

func (s *handle) load(key string) (sessions.Record, error) {
	rec, err := s.store.Load(s.ctx, key)
	return rec, s.seen(err, "Load")
}

func (s *handle) create(key string, rec sessions.Record) error {
	return s.seen(s.store.Create(s.ctx, key, rec), "Create")
}

func (s *handle) replace(key string, old, rec sessions.Record) error {
	return s.seen(s.store.Replace(s.ctx, key, old, rec), "Replace")
}

func (s *handle) delete(key string) error {
	return s.seen(s.store.Delete(s.ctx, key), "Delete")
}

func (s *handle) touch(key string, expires time.Time) error {
	return s.seen(s.toucher.Touch(s.ctx, key, expires), "Touch")
}

func (s *handle) sweep(limit int) (int, error) {
	n, err := s.sweeper.Sweep(s.ctx, limit)
	return n, s.seen(err, "Sweep")
}

// listed answers a whole listing by key; it finds keys that come twice.
func (s *handle) listed(seq iter.Seq2[sessions.Listed, error]) (map[string]sessions.Record, error) {
	all := map[string]sessions.Record{}
	var failed error
	for l, err := range seq {
		if failed != nil {
			s.p.broke(listLiving, "the sequence went on after its first error")
			break
		}
		if failed = s.seen(err, "a listing"); failed != nil {
			continue
		}
		if _, twice := all[l.Key]; twice {
			s.p.broke(listLiving, "a record is listed twice")
		}
		all[l.Key] = l.Record
	}
	return all, failed
}

// The following stop the check if the store does not even do the plain thing.

func (s *handle) mustCreate(key string, rec sessions.Record) {
	if err := s.create(key, rec); err != nil {
		s.p.stop(createFree, "Create answered %s, want no error", name(err))
	}
}

func (s *handle) mustLoad(key string) sessions.Record {
	rec, err := s.load(key)
	if err != nil {
		s.p.stop(loadExact, "Load of a live record answered %s, want no error", name(err))
	}
	return rec
}

// stored creates rec under a new key and loads it.
func (s *handle) stored(rec sessions.Record) (key string, loaded sessions.Record) {
	key = s.p.key()
	s.mustCreate(key, rec)
	return key, s.mustLoad(key)
}

func (s *handle) mustReplace(key string, old, rec sessions.Record) {
	if err := s.replace(key, old, rec); err != nil {
		s.p.stop(replaceStores, "Replace of what was just loaded answered %s, want no error", name(err))
	}
}

func (s *handle) mustDelete(key string) {
	if err := s.delete(key); err != nil {
		s.p.stop(deleteRemoves, "Delete answered %s, want no error", name(err))
	}
}

// briefest is how long a record lives that is to expire: long enough for a few
// calls of most stores.
const briefest = 20 * time.Millisecond

// brief creates a record that expires soon, and answers how Load saw it while
// it lived. On a busy machine it tries again with a longer life.
func (s *handle) brief(rec sessions.Record) (key string, loaded sessions.Record) {
	p := s.p
	for life := briefest + 2*p.h.Resolution; ; life *= 2 {
		key, rec.Expires = p.key(), p.now().Add(life)
		err := s.create(key, rec)
		if err == nil {
			loaded, err = s.load(key)
		}
		late := !p.now().Before(p.before(rec.Expires))
		switch {
		case err == nil:
			loaded.Expires = rec.Expires // also where the layout cannot tell
			return key, loaded
		case !late || !errors.Is(err, sessions.ErrNotFound):
			p.stop(livesUntil, "%v before its Expires, a new record answers %s", rec.Expires.Sub(p.now()), name(err))
		case life > hangs:
			p.tb.Fatalf("the store is too slow to check expiry: no record could be loaded within %v", life)
		}
	}
}

// holds finds promise broken unless the live record under key has data.
func (s *handle) holds(promise, key string, data []byte, when string) {
	rec, err := s.load(key)
	if s.p.expect(promise, err, nil, "Load "+when) {
		s.p.sameData(promise, rec.Data, data, "Load "+when)
	}
}

// gone finds promise broken unless there is nothing, not even a tombstone,
// under key.
func (s *handle) gone(promise, key, when string) {
	_, err := s.load(key)
	if s.p.expect(promise, err, sessions.ErrNotFound, "Load "+when) && errors.Is(err, sessions.ErrEnded) {
		s.p.broke(promise, "Load %s answered ErrEnded without there being a tombstone, want ErrNotFound", when)
	}
}

// secret is in all Data that the checks store.
const secret = "kept-from-every-error"

// body answers Data that holds text, which is of characters that no form of JSON
// escapes.
func body(text string) []byte {
	return []byte(`{"secret":"` + secret + `","text":"` + text + `"}`)
}

// with answers data with one more member, in memory of its own.
func with(data []byte, member string) []byte {
	grown := make([]byte, 0, len(data)+len(member)+5)
	grown = append(grown, data[:len(data)-1]...)
	return append(grown, `,"`+member+`":1}`...)
}
