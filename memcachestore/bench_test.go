package memcachestore_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memcachestore"
)

// This file measures one call of each kind, on sessions of about 300 bytes, of
// a lone caller and of 64 at once.

func typical(n int) sessions.Record {
	return sessions.Record{
		Data:    fmt.Appendf(nil, `{"_auth_user_id":"42","n":%d,"x":"%0250d"}`, 1_000_000_000+n, 7),
		Expires: time.Now().Add(time.Hour),
		Created: time.Now(),
		Owner:   "42",
	}
}

var layouts = map[string]memcachestore.Config{"native": {}, "django": {Format: pickles{}, Flags: 1}}

// bench runs step, in parallel each on a session of its own, in both layouts.
func bench(b *testing.B, step func(ctx context.Context, s *memcachestore.Store, key string) error) {
	for name, cfg := range layouts {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/g=%d", name, callers), func(b *testing.B) {
				s, _, _ := serve(b, cfg)
				benchStore(b, s, callers, step)
			})
		}
	}
}

func benchStore(b *testing.B, s *memcachestore.Store, callers int, step func(ctx context.Context, s *memcachestore.Store, key string) error) {
	keys := make(chan string, callers)
	for n := range callers {
		k := fmt.Sprintf("%032d", n)
		create(b, s, k, typical(0))
		keys <- k
	}
	b.ReportAllocs()
	if callers == 1 {
		for k := <-keys; b.Loop(); {
			if err := step(context.Background(), s, k); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(callers / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		k := <-keys
		for pb.Next() {
			if err := step(context.Background(), s, k); err != nil {
				b.Error(err)
			}
		}
		keys <- k
	})
}

func BenchmarkLoad(b *testing.B) {
	bench(b, func(ctx context.Context, s *memcachestore.Store, key string) error {
		_, err := s.Load(ctx, key)
		return err
	})
}

// BenchmarkLoadReplace is two round trips: what one request costs that changes
// its session.
func BenchmarkLoadReplace(b *testing.B) {
	bench(b, func(ctx context.Context, s *memcachestore.Store, key string) error {
		old, err := s.Load(ctx, key)
		if err != nil {
			return err
		}
		return s.Replace(ctx, key, old, typical(len(old.Data)))
	})
}

func BenchmarkTouch(b *testing.B) {
	bench(b, func(ctx context.Context, s *memcachestore.Store, key string) error {
		return s.Touch(ctx, key, time.Now().Add(time.Hour))
	})
}
