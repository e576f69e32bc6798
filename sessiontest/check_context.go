package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks calls whose context has ended: a visitor went away, or a
// deadline passed.

var contextChecks = []check{
	{"context/over before a call", 0, checkCancelled},
	{"context/cancelled within a call", 0, checkCancelledWithin},
	{"context/cancelled within a listing", needList, checkCancelledList},
}

// checkCancelled calls everything under a context that is over.
func checkCancelled(p *probe, s *handle) {
	cancelled, cancel := context.WithCancel(p.ctx)
	cancel()
	late, cancel := context.WithDeadline(p.ctx, time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		key, old := s.stored(p.record("first"))
		checkCancelledCalls(p, s, ctx, key, old)
		if err := s.under(ctx).delete(key); p.doneOr(ctx, err, "Delete") {
			s.gone(neverTorn, key, "after Delete under a cancelled context succeeded")
		}
		s.stored(p.record("as ever")) // the store still works
	}
}

func checkCancelledCalls(p *probe, s *handle, ctx context.Context, key string, old sessions.Record) {
	c := s.under(ctx)
	rec, err := c.load(key)
	if p.doneOr(ctx, err, "Load") {
		p.sameData(contextError, rec.Data, old.Data, "Load under a cancelled context")
	}
	err = c.replace(key, old, p.record("second"))
	s.either(key, p.doneOr(ctx, err, "Replace"), "second", "first")

	fresh := p.key()
	if p.doneOr(ctx, c.create(fresh, p.record("new")), "Create") {
		s.holds(neverTorn, fresh, body("new"), "after Create under a cancelled context succeeded")
	} else if rec, err := s.load(fresh); err == nil {
		p.sameData(neverTorn, rec.Data, body("new"), "Load after Create under a cancelled context")
	}
	if s.toucher != nil {
		p.doneOr(ctx, c.touch(key, p.later()), "Touch")
	}
	if s.sweeper != nil {
		_, err := c.sweep(10)
		p.doneOr(ctx, err, "Sweep")
	}
}

// doneOr reports whether a call succeeded; if not, only the context's error
// will do: "not found" would tell a visitor that the session has ended.
func (p *probe) doneOr(ctx context.Context, err error, call string) bool {
	if err != nil && !errors.Is(err, ctx.Err()) {
		p.broke(contextError, "%s answered %s, want success or %v", call, name(err), ctx.Err())
	}
	return err == nil
}

// either expects the record under key to have one of two texts: the new one if
// Replace was done, any of both if it failed.
func (s *handle) either(key string, done bool, now, before string) {
	const when = "Load after Replace under a cancelled context"
	rec, err := s.load(key)
	if !s.p.expect(neverTorn, err, nil, when) {
		return
	}
	if string(rec.Data) == string(body(before)) && !done {
		return
	}
	s.p.sameData(neverTorn, rec.Data, body(now), when)
}

// checkCancelledWithin cancels Replace anywhere, each time on a new record: a
// backend may still finish what the caller no longer waits for.
func checkCancelledWithin(p *probe, s *handle) {
	for n := range rounds {
		before, now := fmt.Sprint("before ", n), fmt.Sprint("now ", n)
		key, old := s.stored(p.record(before))
		ctx, cancel := context.WithCancel(p.ctx)
		cancelled := make(chan struct{})
		go func() {
			defer close(cancelled)
			cancel()
		}()
		err := s.under(ctx).replace(key, old, p.record(now))
		<-cancelled
		s.either(key, p.doneOr(ctx, err, "Replace"), now, before)
	}
}

func checkCancelledList(p *probe, s *handle) {
	living := s.populate(5, "1")
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	seen := 0
	for _, err := range s.lister.List(ctx) {
		cancel()
		if !p.doneOr(ctx, s.seen(err, "List"), "List") {
			break
		}
		seen++
	}
	if seen > len(living) {
		p.broke(listLiving, "%d records were listed of %d", seen, len(living))
	}
	s.shows(listLiving, s.lister.List(s.ctx), living)
}
