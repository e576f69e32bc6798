package cachedstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/memstore"
)

// Sessions are kept in files, and read from the memory of a single process.
// Several would need a cache that all of them share.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	durable, err := filestore.Open(dir, filestore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	store, err := cachedstore.New(memstore.New(memstore.Config{}), durable, cachedstore.Config{})
	if err != nil {
		log.Fatal(err)
	}

	// A Manager does what follows; so can a job that knows a key.
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
	// Output: {"sname":"irfan"}
}
