// Package cachedstore puts a cache in front of a durable store: sessions are
// read from the cache, and written through to both. It is Django's cached_db,
// for any two stores.
//
// What is stored is what the durable store, called the database below, says.
// The cache only answers reads sooner, and may lose what it holds at any time.
// Whatever it answers, a write is always made against the database: a stale
// cache costs a retry, never a write, and no session comes back.
//
// # How the cache is kept true
//
// One rule covers every value that enters the cache: it takes the place of a
// tombstone of its own, which was there before the database was asked. Each
// tombstone has a name that is used once; see [sessions.Record].
//
//   - A read that finds nothing in the cache adds a tombstone, asks the
//     database and replaces that tombstone by the answer. If the tombstone has
//     gone, the answer may be old, and is not kept.
//   - A change first puts a tombstone in the place of whatever the cache holds,
//     then changes the database and replaces that tombstone by the new value.
//     If the tombstone has gone, or nothing is to be shown, it removes whatever
//     the cache holds.
//   - While there is a tombstone, reads ask the database.
//
// So whoever read the database before a change finds its tombstone gone
// afterwards, however late it comes, and a process that dies in between leaves
// a tombstone and not an old value. Nothing depends on clocks, and a cache that
// evicts tombstones does no harm. A read's tombstone ends after 10 seconds, a
// change's after 30; a change that the database refuses leaves its own.
//
// # What it costs
//
// Calls of the cache and of the database:
//
//	                                     cache    database
//	Load, cached                         1        0
//	Load, not cached                     3        1
//	Load, during a change                1        1
//	Create                               2        1
//	Replace, Touch and Delete            3        1
//	Replace of what the cache answered   3        2
//
// A cached record carries no revision of the database's, so that Replace of one
// reads the database first.
//
// # When the cache fails
//
// Reads and saves go on without it, and say so in the log. If it comes back
// with what it held, others may read an older value until the next change of
// that session, or the end of its entry. A session that ended must not be read
// again, so whatever ends one (Delete, and Replace that removes a record or
// leaves a tombstone) answers [ErrStale] if the cache could not be told;
// [Config.EntryLife] is the alternative.
//
// # In Django's layout
//
// Both stores may be in Django's layout and shared with a running Django site
// that uses cached_db: its tombstones read there as None, which Django takes for
// a miss. Django itself sets cache entries without looking, so an old value of
// its making may be read, but not written, until the entry ends.
package cachedstore

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cloakroom-go/sessions"
)

// ErrStale: a session was ended, but the cache could not be told, and may show
// it until its entry ends. After Delete, the session has gone from the database,
// and Delete may be called again. Replace answers it before it changes anything
// if the cache is dead already; if the cache died meanwhile, the change is made.
var ErrStale = errors.New("cachedstore: the cache could not be told that the session has ended")

// Config holds what is optional about a store. The zero value is ready to use.
type Config struct {
	// EntryLife is how long the cache may answer for a session without the
	// database being asked again. 0, the default, is as long as the session
	// lives.
	//
	// If it is set, that long is also how long an ended session may be read
	// where the cache could not be told, and ErrStale is not answered: a dead
	// cache then fails nothing. Load cannot tell Expires of a cached record.
	EntryLife time.Duration

	// CacheTimeout is how long the cache is waited for before the database is
	// asked, and again after it was changed. Default: 500 milliseconds.
	CacheTimeout time.Duration

	// Logger hears of every failure of the cache; never of keys or data.
	// Default: slog.Default().
	Logger *slog.Logger

	// Now tells the time that entries end by. Default: time.Now.
	Now func() time.Time
}

// store is the cache and the database behind the four methods.
type store struct {
	cache, durable sessions.Store
	entryLife      time.Duration
	timeout        time.Duration
	logger         *slog.Logger
	now            func() time.Time
}

// New returns a store that reads through cache and writes to durable and cache.
// [sessions.Capability] finds in it what durable can: [sessions.Toucher],
// [sessions.Sweeper], [sessions.Lister] and [sessions.OwnerLister]. The last
// three look at durable alone; a cache that needs sweeping is swept apart.
//
// The cache must be the same for all processes that change durable, or they
// would not hear of each other's logouts: a memstore serves a single process.
// It must name its tombstones, as [sessions.Record] says, or nothing is ever
// cached. New calls neither store, starts no goroutine, and needs no closing.
func New(cache, durable sessions.Store, cfg Config) (sessions.Store, error) {
	s := &store{
		cache: cache, durable: durable,
		entryLife: cfg.EntryLife, timeout: cfg.CacheTimeout, logger: cfg.Logger, now: cfg.Now,
	}
	switch {
	case cache == nil || durable == nil:
		return nil, errors.New("cachedstore: both a cache and a durable store are needed")
	case s.entryLife < 0 || s.timeout < 0:
		return nil, fmt.Errorf("cachedstore: EntryLife %v and CacheTimeout %v can't be negative", s.entryLife, s.timeout)
	}
	if s.timeout == 0 {
		s.timeout = 500 * time.Millisecond
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s.withCapabilities(), nil
}
