package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/django/pickle"
	"github.com/cloakroom-go/sessions/internal/testserver"
	"github.com/cloakroom-go/sessions/redisstore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks the contract of stores in both layouts, and holds what the
// other tests share.

const key = "0fc4977dc9af9133cb7d25eadc74ed1c"

// connect answers a client of the server at addr that reports an outage at once.
func connect(tb testing.TB, addrs ...string) rueidis.Client {
	tb.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:         addrs,
		DisableRetry:        true,
		DisableCache:        true,
		ReadBufferEachConn:  1 << 16,
		WriteBufferEachConn: 1 << 16,
		Dialer:              net.Dialer{Timeout: time.Second},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client
}

func open(tb testing.TB, client rueidis.Client, cfg redisstore.Config) *redisstore.Store {
	tb.Helper()
	s, err := redisstore.New(client, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// serve answers the store on a new server, and that.
func serve(tb testing.TB, cfg redisstore.Config, args ...string) (*redisstore.Store, rueidis.Client, *testserver.Server) {
	tb.Helper()
	server := testserver.Redis(tb, args...)
	client := connect(tb, server.Addr)
	return open(tb, client, cfg), client, server
}

// do runs a command that must succeed.
func do(tb testing.TB, client rueidis.Client, words ...string) rueidis.RedisMessage {
	tb.Helper()
	reply, err := client.Do(context.Background(), client.B().Arbitrary(words...).Build()).ToMessage()
	if err != nil && !rueidis.IsRedisNil(err) {
		tb.Fatalf("%s: %v", words[0], err)
	}
	return reply
}

// record answers one with n in its data that lives for an hour.
func record(n int) sessions.Record {
	return sessions.Record{
		Data:    fmt.Appendf(nil, `{"n":%d}`, n),
		Expires: time.Now().Add(time.Hour),
		Created: time.Now(),
		Owner:   "42",
	}
}

func create(tb testing.TB, s sessions.Store, key string, rec sessions.Record) sessions.Record {
	tb.Helper()
	if err := s.Create(context.Background(), key, rec); err != nil {
		tb.Fatal(err)
	}
	return load(tb, s, key)
}

func load(tb testing.TB, s sessions.Store, key string) sessions.Record {
	tb.Helper()
	rec, err := s.Load(context.Background(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return rec
}

// conform runs the suite for stores of cfg on the servers that the clients are
// of. Each store has a prefix of its own.
func conform(t *testing.T, h sessiontest.Harness, cfg redisstore.Config, client, second rueidis.Client) {
	var opened atomic.Int32
	prefixes := map[sessions.Store]string{}
	with := func(tb testing.TB, client rueidis.Client, prefix string) sessions.Store {
		cfg := cfg
		cfg.Prefix = prefix
		s := open(tb, client, cfg)
		prefixes[s] = prefix
		return s
	}
	h.Open = func(tb testing.TB) sessions.Store {
		return with(tb, client, cachelayout.Key(fmt.Sprintf(`x*[%d]\?`, opened.Add(1)), 1, cachelayout.CachePrefix))
	}
	h.Reopen = func(tb testing.TB, store sessions.Store) sessions.Store {
		return with(tb, second, prefixes[store])
	}
	h.Corrupt = func(tb testing.TB, store sessions.Store, key string) {
		do(tb, client, "SETRANGE", prefixes[store]+key, "0", "cut sho")
	}
	sessiontest.Run(t, h)
}

// TestConformance checks the native layout, by a clock that stands still.
func TestConformance(t *testing.T) {
	t.Parallel()
	clock := sessiontest.NewClock(time.Now())
	server := testserver.Redis(t)
	conform(t, sessiontest.Harness{Clock: clock, Names: true}, redisstore.Config{Now: clock.Now},
		connect(t, server.Addr), connect(t, server.Addr))
}

// TestConformanceInRealTime lets the server remove what has expired.
func TestConformanceInRealTime(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	conform(t, sessiontest.Harness{}, redisstore.Config{}, connect(t, server.Addr), connect(t, server.Addr))
}

// pickles is Django's layout: the dict and nothing else.
type pickles struct{}

func (pickles) Encode(rec sessions.Record) ([]byte, error) {
	if len(rec.Data) == 0 {
		return nil, errors.ErrUnsupported
	}
	return pickle.Encode(rec.Data)
}

func (pickles) Decode(value []byte) (rec sessions.Record, err error) {
	rec.Data, rec.Foreign, err = pickle.Decode(value)
	return rec, err
}

// graves is Django's layout, with a tombstone that Django takes for a miss: None.
type graves struct{ django.CacheFormat }

// foreign is Python's {"since": datetime.date(2030, 1, 2), "sname": "irfan"}.
const foreign = "\x80\x04}(\x8c\x05since\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xee\x01\x02\x85R\x8c\x05sname\x8c\x05irfanu."

func TestConformanceDjango(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for whole seconds")
	}
	for name, c := range map[string]struct {
		format       redisstore.Format
		noTombstones bool
	}{"without tombstones": {pickles{}, true}, "with tombstones": {graves{}, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testserver.Redis(t)
			client := connect(t, server.Addr)
			conform(t, sessiontest.Harness{
				Resolution: time.Second, NoExpires: true, NoCreated: true, NoOwner: true, NoTombstones: c.noTombstones, Names: !c.noTombstones,
				Foreign: func(tb testing.TB, store sessions.Store, key string) []string {
					create(tb, store, key, record(1))
					for _, name := range names(tb, client) {
						if strings.HasSuffix(name, key) {
							do(tb, client, "SET", name, foreign)
						}
					}
					return []string{"since"}
				},
			}, redisstore.Config{Format: c.format, WholeSeconds: true}, client, connect(t, server.Addr))
		})
	}
}

// names answers every key on the server.
func names(tb testing.TB, client rueidis.Client) []string {
	tb.Helper()
	reply := do(tb, client, "KEYS", "*")
	all, err := reply.AsStrSlice()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// TestConformanceCluster checks on three masters, and a replica that must not be
// listed.
func TestConformanceCluster(t *testing.T) {
	t.Parallel()
	nodes := testserver.RedisCluster(t, 3)
	clock := sessiontest.NewClock(time.Now())
	conform(t, sessiontest.Harness{Clock: clock}, redisstore.Config{Now: clock.Now},
		connect(t, nodes[0].Addr, nodes[1].Addr), connect(t, nodes[2].Addr))
}

// lifeOf answers how long the server will keep what has a name.
func lifeOf(tb testing.TB, client rueidis.Client, name string) time.Duration {
	tb.Helper()
	reply := do(tb, client, "PTTL", name)
	left, err := reply.AsInt64()
	if err != nil {
		tb.Fatal(err)
	}
	return time.Duration(left) * time.Millisecond
}
