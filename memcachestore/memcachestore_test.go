package memcachestore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/django/pickle"
	"github.com/cloakroom-go/sessions/internal/testserver"
	"github.com/cloakroom-go/sessions/memcachestore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks the contract of stores in both layouts, and holds what the
// other tests share.

const key = "0fc4977dc9af9133cb7d25eadc74ed1c"

// connect answers a client of the servers at addrs.
func connect(tb testing.TB, addrs ...string) *memcache.Client {
	tb.Helper()
	client := memcache.New(addrs...)
	client.MaxIdleConns = 64
	client.Timeout = 5 * time.Second
	tb.Cleanup(func() { client.Close() })
	return client
}

func open(tb testing.TB, client *memcache.Client, cfg memcachestore.Config) *memcachestore.Store {
	tb.Helper()
	s, err := memcachestore.New(client, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// serve answers the store on a new server, and that.
func serve(tb testing.TB, cfg memcachestore.Config, args ...string) (*memcachestore.Store, *memcache.Client, *testserver.Server) {
	tb.Helper()
	server := testserver.Memcached(tb, args...)
	client := connect(tb, server.Addr)
	return open(tb, client, cfg), client, server
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

// set writes an item past any store.
func set(tb testing.TB, client *memcache.Client, key, value string, flags uint32) {
	tb.Helper()
	if err := client.Set(&memcache.Item{Key: key, Value: []byte(value), Flags: flags}); err != nil {
		tb.Fatal(err)
	}
}

// conform runs the suite for stores of cfg on the given servers. Each store has
// a prefix of its own.
func conform(t *testing.T, h sessiontest.Harness, cfg memcachestore.Config, addrs ...string) {
	client, second := connect(t, addrs...), connect(t, addrs...)
	var opened atomic.Int32
	prefixes := map[sessions.Store]string{}
	with := func(tb testing.TB, client *memcache.Client, prefix string) sessions.Store {
		cfg := cfg
		cfg.Prefix = prefix
		s := open(tb, client, cfg)
		prefixes[s] = prefix
		return s
	}
	h.MaxData = 1_000_000
	h.Open = func(tb testing.TB) sessions.Store {
		return with(tb, client, cachelayout.Key(fmt.Sprint("t", opened.Add(1)), 1, cachelayout.CachePrefix))
	}
	h.Reopen = func(tb testing.TB, store sessions.Store) sessions.Store {
		return with(tb, second, prefixes[store])
	}
	h.Corrupt = func(tb testing.TB, store sessions.Store, key string) {
		set(tb, client, prefixes[store]+key, "cut sho", 0)
	}
	if h.NoExpires {
		h.Foreign = func(tb testing.TB, store sessions.Store, key string) []string {
			set(tb, client, prefixes[store]+key, foreign, cachelayout.MemcachedFlags)
			return []string{"since"}
		}
	}
	sessiontest.Run(t, h)
}

// TestConformance checks the native layout on three servers, by a clock that
// stands still.
func TestConformance(t *testing.T) {
	t.Parallel()
	clock := sessiontest.NewClock(time.Now())
	conform(t, sessiontest.Harness{Clock: clock, Names: true}, memcachestore.Config{Now: clock.Now},
		testserver.Memcached(t).Addr, testserver.Memcached(t).Addr, testserver.Memcached(t).Addr)
}

func TestConformanceInRealTime(t *testing.T) {
	t.Parallel()
	conform(t, sessiontest.Harness{}, memcachestore.Config{}, testserver.Memcached(t).Addr)
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
		format       memcachestore.Format
		noTombstones bool
	}{"without tombstones": {pickles{}, true}, "with tombstones": {graves{}, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conform(t, sessiontest.Harness{
				Resolution: 2 * time.Second, NoExpires: true, NoCreated: true, NoOwner: true, NoTombstones: c.noTombstones, Names: !c.noTombstones,
			}, memcachestore.Config{Format: c.format, Flags: cachelayout.MemcachedFlags}, testserver.Memcached(t).Addr)
		})
	}
}

func TestNativeLayout(t *testing.T) {
	s, client, _ := serve(t, memcachestore.Config{})
	rec := record(7)
	rec.Expires, rec.Created = time.Now().Add(time.Hour), time.UnixMicro(1795377013000000)
	create(t, s, key, rec)
	want := fmt.Sprintf("cloakroom/1 %018d 1795377013000000 \"42\"\n{\"n\":7}", rec.Expires.UnixMicro())
	if item, err := client.Get("session:" + key); err != nil || string(item.Value) != want || item.Flags != 0 {
		t.Errorf("stored %q, %v\nwant   %q", item.Value, err, want)
	}
}

// expiryOf answers when the server will remove an item, in seconds from now, as
// its meta protocol tells.
func expiryOf(t *testing.T, addr, name string) (seconds int) {
	t.Helper()
	reply, err := testserver.Ask(t.Context(), addr, "mg "+name+" t")
	if err == nil {
		_, err = fmt.Sscanf(reply, "HD t%d", &seconds)
	}
	if err != nil {
		t.Fatalf("%q, %v", reply, err)
	}
	return seconds
}

// TestServerExpiry: the server's expiry is never before the session's own in the
// native layout, and is Django's in Django's.
func TestServerExpiry(t *testing.T) {
	server := testserver.Memcached(t)
	client := connect(t, server.Addr)
	native := open(t, client, memcachestore.Config{Prefix: "native:"})
	django := open(t, client, memcachestore.Config{Prefix: "django:", Format: pickles{}})
	const year = 365 * 24 * time.Hour
	for _, c := range []struct {
		life         time.Duration
		above, below int
	}{
		{10 * time.Second, 10, 13},
		{30 * 24 * time.Hour, 2592000, 2592003},
		{30*24*time.Hour + time.Second, 2592001, 2592004},
		{5 * year, 5 * 31536000, 5*31536000 + 3},
	} {
		rec := record(1)
		rec.Expires = time.Now().Add(c.life)
		create(t, native, key, rec)
		create(t, django, key, rec)
		// The server may tell a second less, which has begun.
		if got := expiryOf(t, server.Addr, "native:"+key); got < c.above-1 || got > c.below {
			t.Errorf("a native session of %v lives for %d s, want %d to %d", c.life, got, c.above, c.below)
		}
		if got := expiryOf(t, server.Addr, "django:"+key); got < c.above-3 || got > c.above {
			t.Errorf("a session of %v in Django's layout lives for %d s, want %d", c.life, got, c.above-1)
		}
		for name, s := range map[string]*memcachestore.Store{"native:": native, "django:": django} {
			err := s.Touch(t.Context(), key, time.Now().Add(2*c.life))
			if got := expiryOf(t, server.Addr, name+key); err != nil || got < 2*c.above-4 || got > 2*c.above+3 {
				t.Errorf("%s touched to live for %v, it lives for %d s, %v", name, 2*c.life, got, err)
			}
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What memcached cannot express is cut, not over at once.
	rec := record(1)
	rec.Expires = time.Unix(253402300799, 0)
	create(t, native, key, rec)
	if got, most := expiryOf(t, server.Addr, "native:"+key), math.MaxInt32-int(time.Now().Unix()); got < most-5 || got > most+5 {
		t.Errorf("a session until the year 9999 lives for %d s, want %d", got, most)
	}
}

func TestDjangoLayout(t *testing.T) {
	prefix := cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix)
	cfg := memcachestore.Config{Prefix: prefix, Format: pickles{}, Flags: cachelayout.MemcachedFlags}
	s, client, _ := serve(t, cfg)
	rec := record(1)
	rec.Data = []byte(`{"sname":"irfan"}`)
	create(t, s, key, rec)
	const want = "\x80\x05\x95\x14\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x05sname\x94\x8c\x05irfan\x94s."
	name := ":1:django.contrib.sessions.cache" + key
	for _, when := range []string{"after Create", "after Touch"} {
		item, err := client.Get(name)
		if err != nil || string(item.Value) != want || item.Flags != 1 {
			t.Errorf("%s: stored %q, %v", when, item.Value, err)
		}
		if err := s.Touch(t.Context(), key, time.Now().Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	// What JSON cannot hold is touched as it is, and no Touch in between lets a
	// Replace lose it.
	old := load(t, s, key)
	set(t, client, name, strings.Replace(foreign, "sname", "other", 1), 17)
	if err := s.Touch(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	item, err := client.Get(name)
	if err != nil || string(item.Value) != strings.Replace(foreign, "sname", "other", 1) || item.Flags != 17 {
		t.Errorf("a foreign value after Touch: %q, flags %d, %v", item.Value, item.Flags, err)
	}
	set(t, client, name, foreign, 1)
	if err := s.Replace(t.Context(), key, old, record(2)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace of what Django has given a foreign value since: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := memcachestore.New(nil, memcachestore.Config{}); err == nil || !strings.Contains(err.Error(), "no client") {
		t.Errorf("no client: %v", err)
	}
	client := connect(t, "127.0.0.1:1")
	for prefix, ok := range map[string]bool{
		"a b": false, "a\n": false, "a\x00": false, "a\x7f": false,
		strings.Repeat("p", 122): true, strings.Repeat("p", 123): false,
	} {
		if _, err := memcachestore.New(client, memcachestore.Config{Prefix: prefix}); (err == nil) != ok {
			t.Errorf("Prefix %q: %v", prefix, err)
		}
	}
}

func TestStrayRevisions(t *testing.T) {
	s, _, _ := serve(t, memcachestore.Config{})
	old := create(t, s, key, record(1))
	cas, _, _ := strings.Cut(old.Revision, " ")
	for _, revision := range []string{"", " ", "x", "-1", cas + "x", cas + " ", cas + " x", cas + " 1 2"} {
		stray := old
		stray.Revision = revision
		if err := s.Replace(t.Context(), key, stray, record(2)); !errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Replace of revision %q: %v", revision, err)
		}
	}
	if err := s.Replace(t.Context(), key, old, record(2)); err != nil {
		t.Error(err)
	}
}
