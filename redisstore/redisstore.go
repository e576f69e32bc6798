// Package redisstore keeps sessions in Redis or Valkey, alone, under Sentinel or
// as a cluster, shared by any number of processes.
//
// Every method of [Store] is one round trip, and one step on the server:
//
//	Load     GET
//	Create   SET … PX … NX
//	Replace  EVALSHA: the value is set if it is still the one that was loaded
//	Touch    EVALSHA: the expiry is moved if there is a live session
//	Delete   DEL
//
// Each concerns one key, so a cluster needs no hash tags. The scripts are sent
// whole when the server does not know them yet, as after a restart. They need
// Redis 2.8 or any Valkey, and the rights to GET, SET, DEL, EXISTS, PEXPIRE,
// SETRANGE, EVAL and EVALSHA; a listing also SCAN, and ROLE if there is more
// than one server.
//
// # What is stored
//
// A session is one string under a prefix and its key. The native format is a
// line that says when the session ends, when it began and whose it is, in
// microseconds of Unix time, then its JSON object:
//
//	> GET session:0fc4977dc9af9133cb7d25eadc74ed1c
//	cloakroom/1 001796586613123456 1795377013000000 "42"
//	{"_auth_user_id":"42","cart":[7,9]}
//
// The server removes what has expired, to the millisecond; the line makes that
// exact, whatever the server's clock says. A [Format] lays sessions down in
// another way, such as Django's.
//
// # What Redis can lose
//
// Redis acknowledges a change before it is on the disk or on a replica, unless
// it is told otherwise: with appendonly yes and appendfsync always, nothing that
// was acknowledged is lost when the server dies. Without, or when a replica
// takes over, the latest changes may be undone: a login, a saved value, and also
// a logout. Where maxmemory is set, maxmemory-policy should be noeviction, so
// that a full server answers [sessions.ErrFull] instead of ending somebody's
// session.
//
// # The client
//
// The client of package rueidis is yours: its addresses, credentials, TLS, and
// how long it goes on. By itself it repeats a Load that the network failed until
// the context's deadline, with pauses; its DisableRetry makes an outage show at
// once. Writes are never repeated. A client whose SendToReplicas has GET read
// from replicas sees a logout as late as they do.
package redisstore

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/internal/cacheentry"
)

// Config holds what is optional about a [Store]. The zero value is ready to use.
type Config struct {
	// Prefix begins the name of every session on the server; the session key
	// follows, with nothing between. It keeps sessions apart from whatever else
	// is there. "", the default, is "session:". Django's is what
	// [cachelayout.Key] answers for [cachelayout.CachePrefix].
	Prefix string

	// Format lays a session down in a value. nil, the default, is the native
	// format that the package's documentation shows.
	Format Format

	// WholeSeconds rounds the life of a session down to seconds, as Django's
	// Redis cache does. It is for formats that don't keep the expiry in the
	// value. false, the default, keeps it to the millisecond, rounded up.
	WholeSeconds bool

	// Timeout bounds a call whose context has no deadline, and each step of a
	// listing. 0, the default, is 5 seconds.
	Timeout time.Duration

	// Now tells the time that expiry is judged by. nil, the default, is
	// [time.Now].
	Now func() time.Time
}

// Store is a [sessions.Store] that also implements [sessions.Toucher] and
// [sessions.Lister]. It needs no closing: the client remains its maker's. Any
// number of stores may share a server, as long as their Prefix and Format are
// the same.
//
// If the server hangs, a call whose context is cancelled may still wait for the
// context's deadline.
type Store struct {
	client       rueidis.Client
	prefix       string
	format       Format
	head         int    // how much of a value is its head; see scripts.go
	tombstone    string // what every tombstone ends in
	wholeSeconds bool
	timeout      time.Duration
	now          func() time.Time
}

var (
	_ sessions.Store   = (*Store)(nil)
	_ sessions.Toucher = (*Store)(nil)
	_ sessions.Lister  = (*Store)(nil)
)

// New returns a store on the servers of client. It asks them nothing yet. It is
// an error to give no client, or a Format that cannot tell its own tombstones.
func New(client rueidis.Client, cfg Config) (*Store, error) {
	if client == nil {
		return nil, errors.New("redisstore: no client given: make one with rueidis.NewClient")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("redisstore: Timeout can't be negative")
	}
	s := &Store{
		client:       client,
		prefix:       cmp.Or(cfg.Prefix, "session:"),
		format:       cfg.Format,
		wholeSeconds: cfg.WholeSeconds,
		timeout:      cmp.Or(cfg.Timeout, 5*time.Second),
		now:          cfg.Now,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.format == nil {
		s.format, s.head, s.tombstone = cacheentry.Native{}, cacheentry.Head, cacheentry.TombstoneEnd
		return s, nil
	}
	var err error
	s.tombstone, err = tombstoneEnd(s.format)
	return s, err
}

// bounded gives ctx a deadline if it has none: without, a server that hangs
// would hang the visitor.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.timeout)
}

// ttl answers the milliseconds that the server keeps what lives until expires;
// none if that has passed. They count from now, not up to a date, so that the
// server's clock does not matter.
func (s *Store) ttl(expires time.Time) int64 {
	now := s.now()
	if s.wholeSeconds {
		return cachelayout.RedisTTL(expires.Sub(now)) * 1000
	}
	return max(0, (expires.UnixMicro()-now.UnixMicro()+999)/1000)
}
