package sqlstore

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"
)

// This file says what a database's dialect of SQL consists of: strings, and a
// few functions for what strings cannot say.

// Dialect is how one kind of database is spoken to, such as [SQLite].
type Dialect struct {
	name    string // the directory of its migrations
	quote   string // around an identifier
	schemas bool   // a table's name may have a schema's before it

	queries queries

	// How a Migrator has the database to itself: lock and then either commit
	// or rollback, all on one connection.
	lock, commit, rollback string

	// How a time is bound, and how what the queries select for one is read.
	encodeTime func(time.Time, *time.Location) any
	decodeTime func(any, *time.Location) (time.Time, error)

	busy         func(error) bool // nothing was done; it may work if tried again
	missingTable func(error) bool
}

// queries are a dialect's statements. In them {table} is the session table, and
// what stands in brackets belongs to the native layout only. Parameters are
// bound in the order in which the columns are listed here.
type queries struct {
	load      string // session_key, now
	create    string // session_key, session_data, expire_date[, created_date, owner]
	replace   string // session_data, expire_date[, created_date, owner], session_key, old session_data, now
	remove    string // session_key, old session_data, now
	delete    string // session_key
	touch     string // expire_date, session_key, now
	sweep     string // now, limit
	list      string // last session_key, now, limit
	listOwner string // owner, last session_key, now, limit; native layout only

	// For the Migrator, where {history} is the table of applied migrations.
	tableExists string // name; selects how many there are
	probe       string // fails unless the session table has the layout's columns
	applied     string // app; selects name, applied
	record      string // app, name, applied
	forget      string // app, name
}

var (
	nativeOnly = regexp.MustCompile(`\[([^\]]*)\]`)
	indexName  = regexp.MustCompile(`\{index (\w+)\}`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)
)

// expand makes SQL of a template: for one table, in one layout.
func (d *Dialect) expand(template, table string, native bool) string {
	kept := ""
	if native {
		kept = "$1"
	}
	text := nativeOnly.ReplaceAllString(template, kept)
	text = strings.ReplaceAll(text, "{table}", d.quoted(table))
	return indexName.ReplaceAllStringFunc(text, func(marker string) string {
		return d.quoted(djangoIndexName(table, indexName.FindStringSubmatch(marker)[1]))
	})
}

func (d *Dialect) quoted(name string) string {
	return d.quote + strings.ReplaceAll(name, ".", d.quote+"."+d.quote) + d.quote
}

// checkTable refuses what is not a plain identifier, so that a table's name
// can't be more than that.
func (d *Dialect) checkTable(name string) error {
	schema, bare, qualified := strings.Cut(name, ".")
	switch {
	case !qualified:
		bare = schema
	case !d.schemas:
		return errors.New("a table's name has no schema in " + d.name)
	case !identifier.MatchString(schema):
		return errors.New("the schema's name must be 1 to 40 ASCII letters, digits and underscores, and not begin with a digit")
	}
	if !identifier.MatchString(bare) {
		return errors.New("the table's name must be 1 to 40 ASCII letters, digits and underscores, and not begin with a digit")
	}
	return nil
}

// djangoIndexName is how Django names an index: after table and column, and
// then a hash of both that keeps long names apart.
func djangoIndexName(table, column string) string {
	table = table[strings.LastIndex(table, ".")+1:]
	digest := md5.Sum([]byte(table + column))
	return table + "_" + column + "_" + hex.EncodeToString(digest[:4])
}
