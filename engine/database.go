package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens the database that a DATABASE_URL names.

// Database is an open database, ready for [sqlstore.New] or
// [sqlstore.NewDjango].
type Database struct {
	Name    string            // what to call it in messages: SQLite's file, or "memory"
	DB      *sql.DB           // for everything
	Reader  *sql.DB           // for sqlstore.Config.Reader; may be DB itself
	Dialect *sqlstore.Dialect // how to speak to both
}

// Close closes the database once its running statements have ended.
func (d *Database) Close() error {
	if d.Reader == d.DB {
		return d.DB.Close()
	}
	return errors.Join(d.Reader.Close(), d.DB.Close())
}

// openers open a database by what comes after "scheme://" in its URL.
var openers = map[string]func(ctx context.Context, rest string) (*Database, error){
	"sqlite": openSQLite,
}

// OpenDatabase opens the database at a URL, and makes sure that it answers.
// URLs are written as for SQLAlchemy and dj-database-url:
//
//	sqlite:///sessions.db          a file, relative to the working directory
//	sqlite:////var/lib/sessions.db a file by its absolute path: four slashes
//	sqlite://:memory:              in memory, gone with the Database
//
// Where the folder of a relative path does not exist and that of the same path
// with a leading slash does, that one is meant. A path is percent-decoded. An SQLite file that does not exist is made,
// readable by its owner only; its directory must exist. After a "?" may follow
//
//	synchronous=full   every save survives a power failure, not only the death
//	                   of the process; saves take about three times as long.
//	                   The default, normal, may lose the last moments to a
//	                   power failure, and never damages the file
//
// No error contains the URL, which may hold a password.
func OpenDatabase(ctx context.Context, url string) (*Database, error) {
	scheme, rest, ok := strings.Cut(url, "://")
	known := strings.Join(slices.Sorted(maps.Keys(openers)), ", ")
	if !ok {
		return nil, fmt.Errorf("engine: a database URL begins with a scheme (%s) and ://, such as sqlite:///sessions.db", known)
	}
	open := openers[scheme]
	if open == nil {
		return nil, fmt.Errorf("engine: unknown scheme %q of a database URL; known: %s", scheme, known)
	}
	db, err := open(ctx, rest)
	if err != nil {
		return nil, fmt.Errorf("engine: open the database: %w", err)
	}
	return db, nil
}
