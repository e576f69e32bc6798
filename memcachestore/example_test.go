package memcachestore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/memcachestore"
)

// A Manager calls the store; so can a job that knows a key.
func ExampleNew() {
	client := memcache.New("10.0.0.1:11211", "10.0.0.2:11211")
	client.MaxIdleConns = 100 // about as many as there are requests at once
	store, err := memcachestore.New(client, memcachestore.Config{})
	if err != nil {
		log.Fatal(err)
	}

	ctx, key := context.Background(), "0fc4977dc9af9133cb7d25eadc74ed1c"
	err = store.Create(ctx, key, sessions.Record{
		Data:    []byte(`{"sname":"irfan"}`),
		Expires: time.Now().Add(14 * 24 * time.Hour),
	})
	if errors.Is(err, memcachestore.ErrTooLarge) {
		log.Fatal("store less in the session")
	} else if err != nil {
		log.Fatal(err)
	}
	rec, err := store.Load(ctx, key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", rec.Data)
}

// One server shared with a Django site whose SESSION_ENGINE is
// django.contrib.sessions.backends.cache. The Format here stands for one that
// pickles, as Django does.
func ExampleNew_django() {
	store, err := memcachestore.New(memcache.New("127.0.0.1:11211"), memcachestore.Config{
		Prefix: cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix),
		Format: pickles{},
		Flags:  cachelayout.MemcachedFlags,
	})
	if err != nil {
		log.Fatal(err)
	}
	rec, err := store.Load(context.Background(), "0fc4977dc9af9133cb7d25eadc74ed1c")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", rec.Data)
}
