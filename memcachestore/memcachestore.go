// Package memcachestore keeps sessions in memcached, on one server or several,
// shared by any number of processes.
//
// The methods of [Store] are these commands, and as many round trips:
//
//	Load     gets
//	Create   add
//	Replace  cas; after a conflict, gets to see whether it was a mere Touch
//	Touch    gets, cas
//	Delete   delete
//
// There is no listing, since memcached cannot tell what it holds.
//
// # What is stored
//
// A session is one item under a prefix and its key. The native format is a line
// that says when the session ends, when it began and whose it is, in
// microseconds of Unix time, then its JSON object:
//
//	session:0fc4977dc9af9133cb7d25eadc74ed1c
//	cloakroom/1 001796586613123456 1795377013000000 "42"
//	{"_auth_user_id":"42","cart":[7,9]}
//
// memcached removes what has expired, to the second or two; the line makes that
// exact. No expiry reaches beyond January 2038, where its 32 bits end. A
// [Format] lays sessions down in another way, such as Django's.
//
// # What memcached loses
//
// Everything, when it is restarted. Single sessions, without a word, when it
// needs room for others: give it enough (-m), watch its evictions, or forbid
// them (-M), upon which a full server answers [sessions.ErrFull]. Nothing
// acknowledged is undone as long as it stays, but a server that comes back after
// the client's list of servers was changed holds sessions as they were before,
// also those that have ended since: restart it first. Sessions that must last
// belong into a durable store, with memcached in front of it.
//
// # The client
//
// The client of package memcache is yours. Its MaxIdleConns, 2 by default,
// should be as many as there are calls at once, or most of them will open a
// connection of their own. Its Timeout, half a second by default, bounds each
// round trip; the client cannot be interrupted, so a context is asked between
// them. Among several servers it chooses by its own rule: to share several with
// Django, give it a ServerSelector that chooses as Django's client does, or both
// will look for the same session on different servers. One server is always
// safe to share. A server started without cas (-C) cannot serve: Load says so.
package memcachestore

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/internal/cacheentry"
)

// ErrTooLarge: the session is larger than the server takes for one item, which
// is 1 MiB with everything unless it was started with another limit (-I). What
// was stored before is still there.
var ErrTooLarge = errors.New("memcachestore: the session is too large for memcached")

// Config holds what is optional about a [Store]. The zero value is ready to use.
type Config struct {
	// Prefix begins the name of every session on the server; the session key
	// follows, with nothing between. It keeps sessions apart from whatever else
	// is there. It has at most 122 bytes, none of them a space or a control
	// character. "", the default, is "session:". Django's is what
	// [cachelayout.Key] answers for [cachelayout.CachePrefix].
	Prefix string

	// Format lays a session down in an item. nil, the default, is the native
	// format that the package's documentation shows. With any other, the
	// server alone decides when a session ends, to the second or two.
	Format Format

	// Flags are the client flags of the items that are written, by which some
	// clients know how to read them. 0 is the default; Django's are
	// [cachelayout.MemcachedFlags].
	Flags uint32

	// Now tells the time that expiry is judged by. nil, the default, is
	// [time.Now].
	Now func() time.Time
}

// Store is a [sessions.Store] that also implements [sessions.Toucher]. It needs
// no closing: the client remains its maker's. Any number of stores may share a
// server, as long as their Prefix, Format and Flags are the same.
//
// A key that no Manager makes (see [sessions.Store]) is never asked for: Load
// and Touch answer [sessions.ErrNotFound], Create and Replace an error, and
// Delete nothing.
type Store struct {
	client *memcache.Client
	prefix string
	format Format
	native bool // the values tell their expiry, and so begin with a head
	flags  uint32
	now    func() time.Time
}

var (
	_ sessions.Store   = (*Store)(nil)
	_ sessions.Toucher = (*Store)(nil)
)

// maxKey is the length of the longest session key.
const maxKey = 128

// New returns a store on the servers of client. It asks them nothing yet. It is
// an error to give no client, or a Prefix that memcached would misread.
func New(client *memcache.Client, cfg Config) (*Store, error) {
	if client == nil {
		return nil, errors.New("memcachestore: no client given: make one with memcache.New")
	}
	s := &Store{
		client: client,
		prefix: cmp.Or(cfg.Prefix, "session:"),
		format: cfg.Format,
		native: cfg.Format == nil,
		flags:  cfg.Flags,
		now:    cfg.Now,
	}
	if err := cachelayout.CheckMemcachedKey(s.prefix + strings.Repeat("k", maxKey)); err != nil {
		return nil, fmt.Errorf("memcachestore: Prefix, with a session key of %d characters: %w", maxKey, err)
	}
	if s.native {
		s.format = cacheentry.Native{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// exptime is until when the server keeps what lives until expires.
//
// The native format says so itself, and memcached must not be earlier: it counts
// whole seconds, of which the first has already begun. Otherwise the rule is
// Django's. What has expired is gone at once.
func (s *Store) exptime(expires time.Time) int32 {
	now := s.now()
	age := expires.Sub(now)
	if s.native && age > 0 {
		age = min(age, math.MaxInt64-2*time.Second).Truncate(time.Second) + 2*time.Second
	}
	return cachelayout.MemcachedExptime(age, now)
}

// item is what to write for a value.
func (s *Store) item(key string, value []byte, expires time.Time) *memcache.Item {
	return &memcache.Item{Key: s.prefix + key, Value: value, Flags: s.flags, Expiration: s.exptime(expires)}
}
