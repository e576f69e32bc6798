package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sqlstore"
	_ "modernc.org/sqlite" // the driver is the program's choice
)

// Make the table, then a store.
func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:") // or a file, by as many connections as you like
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a :memory: of its own

	store, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Migrator().Up(ctx); err != nil {
		log.Fatal(err)
	}

	key := "0123456789abcdefghijklmnopqrstuv"
	rec := sessions.Record{Data: []byte(`{"sname":"irfan"}`), Expires: time.Now().Add(time.Hour), Owner: "42"}
	if err := store.Create(ctx, key, rec); err != nil {
		log.Fatal(err)
	}
	for session, err := range store.ListOwner(ctx, "42") {
		fmt.Printf("%s %v\n", session.Record.Data, err)
	}
	// Output: {"sname":"irfan"} <nil>
}

// Show what a migration would do, as Django's sqlmigrate does.
func ExampleMigrator_Migrations() {
	db, err := sql.Open("sqlite", "site.db")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.NewDjango(db, sqlstore.SQLite, sealed{}, sqlstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, migration := range store.Migrator().Migrations() {
		fmt.Printf("-- %s.%s\n%s", migration.App, migration.Name, migration.Up)
	}
	// Output:
	// -- sessions.0001_initial
	// CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
	// CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
}
