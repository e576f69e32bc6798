package cachedstore_test

import (
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file measures what the protocol itself costs: both stores are in memory.

func benchmark(b *testing.B, call func(store, cache sessions.Store, rec sessions.Record) error) {
	cache := newCache(time.Now)
	store := open(b, cache, memstore.New(memstore.Config{}), cachedstore.Config{})
	rec := sessions.Record{Data: []byte(`{"_auth_user_id":"1","cart":[1,2,3]}`), Expires: time.Now().Add(time.Hour)}
	if err := store.Create(b.Context(), key, rec); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := call(store, cache, rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadCached(b *testing.B) {
	benchmark(b, func(store, _ sessions.Store, _ sessions.Record) error {
		_, err := store.Load(b.Context(), key)
		return err
	})
}

func BenchmarkLoadNotCached(b *testing.B) {
	benchmark(b, func(store, cache sessions.Store, _ sessions.Record) error {
		if err := cache.Delete(b.Context(), key); err != nil {
			return err
		}
		_, err := store.Load(b.Context(), key)
		return err
	})
}

func BenchmarkReplace(b *testing.B) {
	benchmark(b, func(store, _ sessions.Store, rec sessions.Record) error {
		old, err := store.Load(b.Context(), key)
		if err != nil {
			return err
		}
		return store.Replace(b.Context(), key, old, rec)
	})
}
