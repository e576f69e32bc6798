//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file is what users of the package do first.

func ExampleOpen() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)

	// The zero Config is safe; the directory is made for this user alone.
	store, err := filestore.Open(filepath.Join(parent, "sessions"), filestore.Config{})
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

func ExampleStore_Sweep() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	store, err := filestore.Open(filepath.Join(parent, "sessions"), filestore.Config{})
	if err != nil {
		log.Fatal(err)
	}

	// Remove what has expired, in steps, so that other work gets its turn.
	const step = 1000
	for {
		swept, err := store.Sweep(context.Background(), step)
		if err != nil {
			log.Fatal(err)
		}
		if swept < step {
			break
		}
	}
	// Output:
}
