package memstore

import (
	"context"
	"sync/atomic"
)

// This file removes the expired, and counts what is left where there is a limit.

const (
	sampled   = 4    // entries that each Create looks at
	reclaimed = 64   // expired entries that a Create removes at most in a full store,
	inspected = 1024 // and how many it looks at for that, but for the last shard's rest
)

// Sweep implements [sessions.Sweeper]. It goes on where the last call stopped,
// and never holds up requests for longer than it takes to go through one part
// in 256 of the store.
func (s *Store) Sweep(_ context.Context, limit int) (int, error) {
	const everything = int(^uint(0) >> 1)
	return s.sweep(s.now().UnixMicro(), limit, everything), nil
}

// sweep goes through the store once, unless it has removed limit entries or
// looked at inspect before. It answers how many it removed.
func (s *Store) sweep(now int64, limit, inspect int) int {
	removed := 0
	start := s.next.Load()
	for i := range uint32(shardCount) {
		if removed >= limit || inspect <= 0 {
			break
		}
		at := start + i
		r, seen := s.sweepShard(&s.shards[at%shardCount], now, limit-removed)
		removed, inspect = removed+r, inspect-seen
		if removed < limit { // else the shard may hold more
			at++
		}
		s.next.Store(at)
	}
	return removed
}

func (s *Store) sweepShard(sh *shard, now int64, limit int) (removed, seen int) {
	sh.Lock()
	defer sh.Unlock()
	for key, e := range sh.entries.all {
		seen++
		if e.expires > now {
			continue
		}
		s.remove(sh, key, e)
		if removed++; removed == limit {
			break
		}
	}
	return removed, seen
}

// sample removes what has expired of a few entries; a map begins its walk at
// random. As long as more than one entry in four has expired, every Create
// removes more than it adds.
func (s *Store) sample(sh *shard, now int64) {
	seen := 0
	for key, e := range sh.entries.all {
		if e.expires <= now {
			s.remove(sh, key, e)
		}
		if seen++; seen == sampled {
			return
		}
	}
}

// nextShard is where the next sweep begins. Sweeps at the same time may begin
// at the same place: each still sees every shard.
type nextShard struct{ atomic.Uint32 }

// room counts entries where there is a limit, so that shards can be filled
// without a common lock.
type room struct {
	max   int64 // 0 is no limit, and nothing is counted
	taken atomic.Int64
}

func (r *room) take() bool {
	if r.max <= 0 {
		return true
	}
	for n := r.taken.Load(); n < r.max; n = r.taken.Load() {
		if r.taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

func (r *room) leave() {
	if r.max > 0 {
		r.taken.Add(-1)
	}
}
