package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// Open the database of a DATABASE_URL and keep sessions in it.
func ExampleOpenDatabase() {
	ctx := context.Background()
	db, err := engine.OpenDatabase(ctx, "sqlite://:memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	store, err := sqlstore.New(db.DB, db.Dialect, sqlstore.Config{Reader: db.Reader})
	if err != nil {
		log.Fatal(err)
	}
	applied, err := store.Migrator().Up(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("applied", applied[0].Name)
	// Output: applied 0001_initial
}
