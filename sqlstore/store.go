package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file makes the two kinds of store, one for each layout of the table.

// Config is what a store may be told. The zero Config is the usual one.
type Config struct {
	// Table is the table's name, where the dialect has schemas also as
	// "schema.table". Letters, digits and underscores, at most 40 each.
	// Default: cloakroom_session for New, django_session for NewDjango.
	Table string

	// Reader is another pool of connections to the same database, which serves
	// Load, List and ListOwner. It must see at once what the first pool has
	// committed, so a replica that lags will not do. SQLite gains from one
	// connection for writes and several here. Default: the same pool for all.
	Reader *sql.DB

	// Location is the time zone of the stored times, for a Django site with
	// USE_TZ = False, which stores the wall time of its TIME_ZONE. In the hour
	// that ends daylight saving such times are ambiguous, for Django as well.
	// Default: UTC, which is what Django stores otherwise.
	Location *time.Location

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Store keeps sessions in a table made for this package, with the columns
// session_key, session_data (the JSON text; empty for a tombstone), expire_date,
// created_date and owner. It implements [sessions.Store], [sessions.Toucher],
// [sessions.Sweeper], [sessions.Lister] and [sessions.OwnerLister].
type Store struct{ table }

// New makes a store of the sessions in db. It does no I/O: a table that is not
// there yet is reported, with what to do, by the first method that misses it.
func New(db *sql.DB, dialect *Dialect, cfg Config) (*Store, error) {
	s := &Store{}
	if err := s.init(db, dialect, nativeLayout(), cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// DjangoStore keeps sessions in Django's own table, with the columns
// session_key, session_data and expire_date, as
// django.contrib.sessions.backends.db does. That table has no place for a
// tombstone, for a session's owner or for when it began. DjangoStore implements
// [sessions.Store], [sessions.Toucher], [sessions.Sweeper] and
// [sessions.Lister].
type DjangoStore struct{ table }

// NewDjango makes a store of the sessions in db that a Django site may share.
// The codec must be the site's: its SECRET_KEY signs what is stored. NewDjango
// does no I/O.
func NewDjango(db *sql.DB, dialect *Dialect, codec Codec, cfg Config) (*DjangoStore, error) {
	if codec == nil {
		return nil, errors.New("sqlstore: NewDjango needs a codec for session_data")
	}
	s := &DjangoStore{}
	if err := s.init(db, dialect, djangoLayout(codec), cfg); err != nil {
		return nil, err
	}
	return s, nil
}

var (
	_ sessions.Toucher     = (*Store)(nil)
	_ sessions.Sweeper     = (*Store)(nil)
	_ sessions.Lister      = (*Store)(nil)
	_ sessions.OwnerLister = (*Store)(nil)
)

// table is what the stores of both layouts share: the statements over one table.
type table struct {
	db       *sql.DB
	dialect  *Dialect
	layout   layout
	name     string
	location *time.Location
	clock    func() time.Time

	load, create, replace, remove, delete, touch, sweep, list, listOwner *statement
}

func (t *table) init(db *sql.DB, dialect *Dialect, layout layout, cfg Config) error {
	if db == nil || dialect == nil {
		return errors.New("sqlstore: a store needs a database and its dialect")
	}
	t.db, t.dialect, t.layout, t.location = db, dialect, layout, cfg.Location
	t.name = cfg.Table
	if t.name == "" {
		t.name = layout.table
	}
	if err := dialect.checkTable(t.name); err != nil {
		return fmt.Errorf("sqlstore: Config.Table: %w", err)
	}
	if t.location == nil {
		t.location = time.UTC
	}
	if t.clock = cfg.Now; t.clock == nil {
		t.clock = time.Now
	}
	reader := cfg.Reader
	if reader == nil {
		reader = db
	}
	q := &dialect.queries
	t.load, t.list, t.listOwner = t.statement(reader, q.load), t.statement(reader, q.list), t.statement(reader, q.listOwner)
	t.create, t.replace, t.remove = t.statement(db, q.create), t.statement(db, q.replace), t.statement(db, q.remove)
	t.delete, t.touch, t.sweep = t.statement(db, q.delete), t.statement(db, q.touch), t.statement(db, q.sweep)
	return nil
}

// now is the present as the table writes it.
func (t *table) now() any { return t.dialect.encodeTime(t.clock(), t.location) }
