package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens the database that the flags or the environment name, and
// brings its table up to date.

const defaultDatabase = "sqlite:///cloakroom.sqlite3"

// database is an open database and the store in it.
type database struct {
	*engine.Database
	store *sqlstore.Store
}

// openDatabase opens the database, and names it on stdout.
func openDatabase(ctx context.Context, opts *options, stdout io.Writer) (*database, error) {
	url := cmp.Or(opts.database, os.Getenv("DATABASE_URL"), defaultDatabase)
	opened, err := engine.OpenDatabase(ctx, url)
	if err != nil {
		return nil, err
	}
	db := &database{Database: opened}
	db.store, err = sqlstore.New(opened.DB, opened.Dialect, sqlstore.Config{Reader: opened.Reader})
	if err == nil {
		err = db.describe(ctx, stdout)
	}
	if err != nil {
		opened.Close()
		return nil, err
	}
	return db, nil
}

// describe names the file as the database itself knows it.
func (db *database) describe(ctx context.Context, stdout io.Writer) error {
	var file string
	const query = `SELECT file FROM pragma_database_list WHERE name = 'main'`
	if err := db.Reader.QueryRowContext(ctx, query).Scan(&file); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	fmt.Fprintln(stdout, "Database:", cmp.Or(file, "in memory, gone when this command ends"))
	return nil
}

// checkWritable finds out before the first visitor does whether sessions can be
// saved: SQLite opens a file that it may only read without a word.
func (db *database) checkWritable(ctx context.Context) error {
	if err := db.store.Delete(ctx, "nobodyssession"); err != nil {
		return fmt.Errorf("the database cannot be written; this user must be allowed to write the file and its directory: %w", err)
	}
	return nil
}

// migrate applies the migrations that are due, says which on stdout, and answers
// how many they were.
func (db *database) migrate(ctx context.Context, stdout io.Writer) (int, error) {
	done, err := db.store.Migrator().Up(ctx)
	for _, m := range done {
		fmt.Fprintf(stdout, "  Applying %s.%s... OK\n", m.App, m.Name)
	}
	return len(done), err
}
