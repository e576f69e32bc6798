package sessiontest

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"
)

// This file is the table of checks and what runs one of them.

// check is one thing to find out about a store.
type check struct {
	name  string
	needs need
	run   func(p *probe, s *handle)
}

var checks = slices.Concat(
	loadChecks, createChecks, replaceChecks, deleteChecks, expiryChecks,
	tombstoneChecks, nameChecks, touchChecks, sweepChecks, listChecks, ownerChecks,
	keyChecks, contextChecks, raceChecks, damageChecks,
)

// need is what a check cannot do without.
type need int

const (
	needTouch need = 1 << iota
	needSweep
	needList
	needListOwner
	needTombstones
	needNames
	needClock
	needReopen
	needCorrupt
	needForeign
)

// lacking says what the store or the harness does not have of n.
func (n need) lacking(h Harness, s *handle) string {
	for _, c := range []struct {
		need need
		has  bool
		says string
	}{
		{needTouch, s.toucher != nil, "the store is no Toucher"},
		{needSweep, s.sweeper != nil, "the store is no Sweeper"},
		{needList, s.lister != nil, "the store is no Lister"},
		{needListOwner, s.ownerLister != nil, "the store is no OwnerLister"},
		{needTombstones, !h.NoTombstones, "the layout has no tombstones"},
		{needNames, h.Names, "the store, or the harness, knows no names of tombstones"},
		{needClock, h.Clock != nil, "the harness has no Clock"},
		{needReopen, h.Reopen != nil, "the harness has no Reopen"},
		{needCorrupt, h.Corrupt != nil, "the harness has no Corrupt"},
		{needForeign, h.Foreign != nil, "the harness has no Foreign"},
	} {
		if n&c.need != 0 && !c.has {
			return c.says
		}
	}
	return ""
}

// of runs c on a new store, and answers the broken promises or why it was not
// run.
func (c check) of(tb testing.TB, h Harness) (broken []Broken, lacking string) {
	tb.Helper()
	h.Resolution = max(h.Resolution, time.Microsecond)
	h.MaxKey = cmp.Or(h.MaxKey, 128)
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	p := &probe{tb: tb, ctx: ctx, h: h, check: c.name}
	s := p.watch(h.Open(tb))
	if lacking = c.needs.lacking(h, s); lacking != "" {
		return nil, lacking
	}
	defer func() {
		if r := recover(); r != nil && r != any(stopped{}) {
			panic(r)
		}
		broken = p.broken
	}()
	c.run(p, s)
	return p.broken, ""
}
