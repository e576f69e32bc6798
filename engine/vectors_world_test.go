package engine_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/testserver"
)

// This file has what the tests share that replay what Django did with its cache
// and cached_db engines: the files, the servers, the sites.

// readVectors decodes a file of cases, by its path from testdata.
func readVectors[T any](t *testing.T, path string) (v T) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + path + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// entry is what lies in a cache under one name.
type entry struct {
	Value []byte `json:"value_b64"`
	TTL   int64  // in seconds
	Flags uint32 // memcached's alone
}

// rawCache is a running cache, and a look at its entries that does not go
// through our stores. Its get answers nil for a miss.
type rawCache struct {
	*testserver.Server
	url string
	put func(t *testing.T, name string, value []byte)
	get func(t *testing.T, name string) *entry
}

// day is longer than any test.
const day = 24 * time.Hour

func rawRedis(t *testing.T) *rawCache {
	server := testserver.Redis(t)
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{server.Addr}, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &rawCache{
		Server: server,
		url:    "redis://" + server.Addr + "/0",
		put: func(t *testing.T, name string, value []byte) {
			t.Helper()
			set := client.B().Set().Key(name).Value(rueidis.BinaryString(value)).Ex(day).Build()
			if err := client.Do(t.Context(), set).Error(); err != nil {
				t.Fatal(err)
			}
		},
		get: func(t *testing.T, name string) *entry {
			t.Helper()
			value, err := client.Do(t.Context(), client.B().Get().Key(name).Build()).AsBytes()
			if rueidis.IsRedisNil(err) {
				return nil
			}
			if err != nil {
				t.Fatal(err)
			}
			ttl, err := client.Do(t.Context(), client.B().Ttl().Key(name).Build()).AsInt64()
			if err != nil {
				t.Fatal(err)
			}
			return &entry{Value: value, TTL: ttl}
		},
	}
}

func rawMemcached(t *testing.T) *rawCache {
	server := testserver.Memcached(t)
	client := memcache.New(server.Addr)
	t.Cleanup(func() { client.Close() })
	return &rawCache{
		Server: server,
		url:    "memcached://" + server.Addr,
		put: func(t *testing.T, name string, value []byte) {
			t.Helper()
			item := &memcache.Item{Key: name, Value: value, Flags: cachelayout.MemcachedFlags, Expiration: int32(day / time.Second)}
			if err := client.Set(item); err != nil {
				t.Fatal(err)
			}
		},
		get: func(t *testing.T, name string) *entry {
			t.Helper()
			item, err := client.Get(name)
			if err == memcache.ErrCacheMiss {
				return nil
			}
			if err != nil {
				t.Fatal(err)
			}
			reply, err := testserver.Ask(t.Context(), server.Addr, "mg "+name+" t")
			ttl, parseErr := strconv.ParseInt(strings.TrimPrefix(reply, "HD t"), 10, 64)
			if err != nil || parseErr != nil {
				t.Fatalf("its life is %q, %v", reply, err)
			}
			return &entry{item.Value, ttl, item.Flags}
		},
	}
}

// live answers e unless Django takes it for a miss, as it does our tombstones.
func live(e *entry) *entry {
	if e == nil {
		return nil
	}
	if _, err := (django.CacheFormat{}).Decode(e.Value); err == sessions.ErrEnded {
		return nil
	}
	return e
}

// differs says how e is not what Django left, but for a second of the test's.
func (e *entry) differs(from *entry) string {
	switch {
	case e == nil && from == nil:
		return ""
	case e == nil || from == nil:
		return fmt.Sprintf("entry %v, want %v", e, from)
	case string(e.Value) != string(from.Value):
		return fmt.Sprintf("value %q, want %q", e.Value, from.Value)
	case e.TTL > from.TTL || e.TTL < from.TTL-2:
		return fmt.Sprintf("%d seconds to live, want %d", e.TTL, from.TTL)
	case e.Flags != from.Flags:
		return fmt.Sprintf("flags %d, want %d", e.Flags, from.Flags)
	}
	return ""
}

// openOn opens a site on that engine and cache, by that clock.
func openOn(t *testing.T, kind string, cache string, now func() time.Time, change ...func(*django.Settings)) *engine.Site {
	t.Helper()
	s := settings(t, django.Engine(kind))
	s.CacheURL = django.URL(cache)
	for _, f := range change {
		f(s)
	}
	return open(t, s, func(cfg *sessions.Config) { cfg.Now, cfg.Logger = now, slog.New(slog.DiscardHandler) })
}

// plain is a value as JSON has it, to compare with that of a case.
func plain(value any) (v any) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		return err
	}
	return v
}
