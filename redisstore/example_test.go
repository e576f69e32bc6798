package redisstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/redisstore"
)

// A Manager calls the store; so can a job that knows a key.
func ExampleNew() {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"127.0.0.1:6379"}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		log.Fatal(err)
	}

	ctx, key := context.Background(), "0fc4977dc9af9133cb7d25eadc74ed1c"
	err = store.Create(ctx, key, sessions.Record{
		Data:    []byte(`{"sname":"irfan"}`),
		Expires: time.Now().Add(14 * 24 * time.Hour),
	})
	if err != nil {
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
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"127.0.0.1:6379"}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{
		Prefix:       cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix),
		Format:       pickles{},
		WholeSeconds: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	for listed, err := range store.List(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d bytes of session data\n", len(listed.Record.Data))
	}
}

// Several addresses are those of a cluster, of which one suffices to find the
// others; a MasterSet makes them those of Sentinels.
func ExampleNew_sentinel() {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{"10.0.0.1:26379", "10.0.0.2:26379", "10.0.0.3:26379"},
		Sentinel:    rueidis.SentinelOption{MasterSet: "sessions", TopologyRefreshInterval: 5 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{Timeout: 2 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sessions.Capability[sessions.Lister](store))
}
