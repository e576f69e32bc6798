package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// A store is handed to the Manager, which calls it; tools may call it as well.
func Example() {
	ctx := context.Background()
	store := memstore.New(memstore.Config{MaxSessions: 100_000})

	err := store.Create(ctx, "8v2mkbl0x7", sessions.Record{
		Data:    []byte(`{"sname":"irfan"}`),
		Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		fmt.Println(err)
	}

	rec, err := store.Load(ctx, "8v2mkbl0x7")
	fmt.Printf("%s %v\n", rec.Data, err)

	_, err = store.Load(ctx, "unknown00")
	fmt.Println(errors.Is(err, sessions.ErrNotFound))
	// Output:
	// {"sname":"irfan"} <nil>
	// true
}

// Memory is given back by Sweep also while no sessions begin. A program calls it
// from wherever it has its regular work done.
func ExampleStore_Sweep() {
	ctx := context.Background()
	store := memstore.New(memstore.Config{})
	for {
		n, err := store.Sweep(ctx, 1000)
		if err != nil || n < 1000 {
			fmt.Println("swept")
			return
		}
	}
	// Output: swept
}
