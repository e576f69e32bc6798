package memstore

import (
	"bytes"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file lays records down: entries in maps, each map under a lock of its
// own so that requests seldom wait for one another.

// shardCount is a power of two. With a million sessions a shard is gone through
// in some 0.1 ms, the longest that its lock is ever held.
const shardCount = 256

// shard is one part of the store. Its lock comes before that of the owners.
type shard struct {
	sync.Mutex
	entries table[*entry]
	_       [40]byte // keeps neighbours' locks in other cache lines
}

// entry is a stored record. The table holds pointers so that a change writes no
// map key: a map would keep the caller's string, and all that it was cut from.
type entry struct {
	data    []byte // in a tombstone, its name
	expires int64  // microseconds since 1970
	created int64  // likewise, or ended
	owner   *owner // nil without an Owner
}

// ended is when no session begins: it makes an entry a tombstone.
const ended = math.MinInt64

func (e *entry) tombstone() bool { return e.created == ended }

// is reports whether e is what old was loaded as.
func (e *entry) is(old sessions.Record) bool {
	if e.tombstone() {
		return len(old.Data) == 0 && old.Revision != "" && old.Revision == string(e.data)
	}
	return bytes.Equal(e.data, old.Data)
}

func (e *entry) record() sessions.Record {
	rec := sessions.Record{
		Data:    e.data,
		Expires: time.UnixMicro(e.expires).UTC(),
		Created: time.UnixMicro(e.created).UTC(),
	}
	if e.owner != nil {
		rec.Owner = e.owner.name
	}
	return rec
}

// shard is where key belongs. Keys are random, so their last letters spread
// them well enough; whoever looks for others finds a crowd, and nothing more.
func (s *Store) shard(key string) *shard {
	n := len(key)
	if n < 2 {
		return &s.shards[0]
	}
	return &s.shards[(uint(key[n-1])*37+uint(key[n-2]))%shardCount]
}

// meet returns the entry under key, or nil; an expired one it removes. Like the
// following, it runs under the shard's lock.
func (s *Store) meet(sh *shard, key string, now int64) *entry {
	e := sh.entries.all[key]
	if e != nil && e.expires <= now {
		s.remove(sh, key, e)
		return nil
	}
	return e
}

// put makes e hold rec, and moves key in the owners' index.
func (s *Store) put(key string, e *entry, rec sessions.Record) {
	e.expires = rec.Expires.UnixMicro()
	if len(rec.Data) == 0 {
		e.data, e.created = []byte(rec.Revision), ended
		e.owner = s.owners.move(e.owner, "", key)
		return
	}
	// Whoever appends to what Load answers must not write into shared memory.
	e.data = slices.Clip(rec.Data)
	e.created = rec.Created.UnixMicro()
	e.owner = s.owners.move(e.owner, rec.Owner, key)
}

func (s *Store) remove(sh *shard, key string, e *entry) {
	s.owners.move(e.owner, "", key)
	sh.entries.remove(key)
	s.room.leave()
}
