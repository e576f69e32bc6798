package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the contract of a store: to load, create, replace, touch and
// delete one session, each by one statement.

// Load answers the live session under key; see [sessions.Store].
func (t *table) Load(ctx context.Context, key string) (sessions.Record, error) {
	var rec sessions.Record
	err := t.load.run(ctx, func(stmt *sql.Stmt) (err error) {
		rec, err = t.scan(stmt.QueryRowContext(ctx, key, t.now()))
		return err
	})
	switch {
	case err == nil, errors.Is(err, sessions.ErrCorrupt):
		return rec, err
	case errors.Is(err, sql.ErrNoRows):
		return sessions.Record{}, sessions.ErrNotFound
	case errors.Is(err, sessions.ErrEnded):
		return sessions.Record{}, err
	}
	return sessions.Record{}, t.explain("load", err)
}

// Create stores a new session; see [sessions.Store]. An expired row under the
// key counts as taken until it is swept.
func (t *table) Create(ctx context.Context, key string, rec sessions.Record) error {
	if key == "" {
		return errors.New("sqlstore: create: the session key is empty")
	}
	values, err := t.values(rec)
	if err != nil {
		return fmt.Errorf("sqlstore: create: %w", err)
	}
	n, err := t.exec(ctx, t.create, append([]any{key}, values...)...)
	return t.changed("create", n, err, sessions.ErrConflict)
}

// Replace puts rec in the place of old; see [sessions.Store]. What was loaded
// is recognised by its session_data, so it needs no column for a version.
func (t *table) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	stored, ok := t.layout.stored(old)
	if !ok {
		return sessions.ErrConflict
	}
	tombstone := len(rec.Data) == 0
	if !rec.Expires.After(t.clock()) || tombstone && !t.layout.native {
		n, err := t.exec(ctx, t.remove, key, stored, t.now())
		return t.changed("replace", n, err, sessions.ErrConflict)
	}
	if tombstone {
		rec.Owner = ""
	}
	values, err := t.values(rec)
	if err != nil {
		return fmt.Errorf("sqlstore: replace: %w", err)
	}
	n, err := t.exec(ctx, t.replace, append(values, key, stored, t.now())...)
	return t.changed("replace", n, err, sessions.ErrConflict)
}

// Touch moves a live session's expiry; see [sessions.Toucher].
func (t *table) Touch(ctx context.Context, key string, expires time.Time) error {
	n, err := t.exec(ctx, t.touch, t.dialect.encodeTime(expires, t.location), key, t.now())
	return t.changed("touch", n, err, sessions.ErrNotFound)
}

// Delete removes what is stored under key; see [sessions.Store].
func (t *table) Delete(ctx context.Context, key string) error {
	_, err := t.exec(ctx, t.delete, key)
	return t.explain("delete", err)
}

// values are the columns after session_key, in the order of the statements.
func (t *table) values(rec sessions.Record) ([]any, error) {
	text, err := t.layout.encode(rec.Data)
	if err != nil {
		return nil, err
	}
	values := make([]any, 0, 7) // room for what Replace adds
	values = append(values, text, t.dialect.encodeTime(rec.Expires, t.location))
	if t.layout.native {
		var created any
		if !rec.Created.IsZero() {
			created = t.dialect.encodeTime(rec.Created, t.location)
		}
		values = append(values, created, rec.Owner)
	}
	return values, nil
}

// scan reads a row: into first what its statement selects first, then the
// record. With [sessions.ErrCorrupt] the record has what Replace needs.
func (t *table) scan(row interface{ Scan(...any) error }, first ...any) (rec sessions.Record, err error) {
	var stored []byte
	var expires, created any
	dest := append(first, &stored, &expires)
	if t.layout.native {
		dest = append(dest, &created, &rec.Owner)
	}
	if err := row.Scan(dest...); err != nil {
		return rec, err
	}
	if created != nil {
		if rec.Created, err = t.dialect.decodeTime(created, t.location); err != nil {
			return corrupt(stored)
		}
	}
	if rec.Expires, err = t.dialect.decodeTime(expires, t.location); err != nil {
		return corrupt(stored)
	}
	err = t.layout.decode(stored, &rec)
	return rec, err
}

// corrupt is the answer for a row whose times are none: nothing but the way to
// replace it.
func corrupt(stored []byte) (sessions.Record, error) {
	return sessions.Record{Revision: string(stored)}, fmt.Errorf("%w: its times cannot be read", sessions.ErrCorrupt)
}
