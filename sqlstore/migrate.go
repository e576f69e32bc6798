package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"
)

// This file applies and takes back the migrations of a session table, under a
// lock, so that any number of processes may start at once.

// Zero is the target of [Migrator.To] that takes every migration back.
const Zero = "zero"

// Migrator makes and changes the table of one store, and keeps a record of it.
//
// A [Store]'s record is in the table cloakroom_migrations. A [DjangoStore]'s is
// Django's own, the row sessions.0001_initial in django_migrations: a database
// that Django has migrated needs nothing more, and one that was migrated here
// has nothing left for Django's migrate to do. For a table of another name,
// which in Django is a model of one's own, it is in cloakroom_migrations.
type Migrator struct{ table *table }

// Migrator answers what makes and changes the store's table.
func (t *table) Migrator() *Migrator { return &Migrator{t} }

// Status answers every migration, oldest first, and when each was applied.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	conn, err := m.table.db.Conn(ctx)
	if err != nil {
		return nil, m.explain(err)
	}
	defer conn.Close()
	all, err := m.status(ctx, conn)
	return all, m.explain(err)
}

// Up applies what has not been applied, and answers what it did. It may run in
// any number of processes at once, and again.
//
// A session table that is there without having been recorded, made by hand or
// by a Django model of one's own, is recorded and left as it is, if it has all
// the columns.
func (m *Migrator) Up(ctx context.Context) ([]Migration, error) {
	all := m.Migrations()
	return m.To(ctx, all[len(all)-1].Name)
}

// To applies and takes back whatever it takes for the named migration to be
// the last one applied, or none at [Zero], and answers what it did in order:
// what it took back is answered with no time of application. Taking back the
// first migration drops the table with all its sessions.
func (m *Migrator) To(ctx context.Context, target string) (done []Migration, err error) {
	last := -1 // how far to go
	if target != Zero {
		byName := func(mig Migration) bool { return mig.Name == target }
		if last = slices.IndexFunc(m.Migrations(), byName); last < 0 {
			return nil, fmt.Errorf("sqlstore: migrate: %s has no migration %q", m.App(), target)
		}
	}
	err = m.locked(ctx, func(conn *sql.Conn) error {
		done, err = m.move(ctx, conn, last)
		return err
	})
	if err != nil {
		return nil, m.explain(err) // all was rolled back
	}
	return done, nil
}

// move goes to the migration at index last: first back, then forth.
func (m *Migrator) move(ctx context.Context, conn *sql.Conn, last int) (done []Migration, err error) {
	all, err := m.status(ctx, conn)
	if err != nil {
		return nil, err
	}
	for i, mig := range slices.Backward(all) {
		if i > last && !mig.Applied.IsZero() {
			mig.Applied = time.Time{}
			if err := m.revert(ctx, conn, mig); err != nil {
				return nil, fmt.Errorf("%s: %w", mig.Name, err)
			}
			done = append(done, mig)
		}
	}
	for i, mig := range all[:last+1] {
		if mig.Applied.IsZero() {
			mig.Applied = time.Now().Truncate(time.Microsecond)
			if err := m.apply(ctx, conn, mig, i == 0); err != nil {
				return nil, fmt.Errorf("%s: %w", mig.Name, err)
			}
			done = append(done, mig)
		}
	}
	return done, nil
}

// apply runs a migration and records it. The first one only records a table
// that is there already.
func (m *Migrator) apply(ctx context.Context, conn *sql.Conn, mig Migration, first bool) error {
	t := m.table
	if there, err := m.exists(ctx, conn, m.history()); err != nil {
		return err
	} else if !there {
		if err := execAll(ctx, conn, m.historySQL()); err != nil {
			return err
		}
	}
	up := mig.Up
	if first {
		there, err := m.exists(ctx, conn, t.name)
		if err != nil {
			return err
		}
		if there {
			up = t.dialect.expand(t.dialect.queries.probe, t.name, t.layout.native)
		}
	}
	if err := execAll(ctx, conn, up); err != nil {
		return err
	}
	applied := t.dialect.encodeTime(mig.Applied, t.location)
	_, err := conn.ExecContext(ctx, m.inHistory(t.dialect.queries.record), m.App(), mig.Name, applied)
	return err
}

// revert takes a migration back and forgets that it was applied.
func (m *Migrator) revert(ctx context.Context, conn *sql.Conn, mig Migration) error {
	if err := execAll(ctx, conn, mig.Down); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, m.inHistory(m.table.dialect.queries.forget), m.App(), mig.Name)
	return err
}

// status is Status on one connection, which may hold the lock.
func (m *Migrator) status(ctx context.Context, conn *sql.Conn) ([]Migration, error) {
	all := m.Migrations()
	if there, err := m.exists(ctx, conn, m.history()); err != nil || !there {
		return all, err
	}
	t := m.table
	rows, err := conn.QueryContext(ctx, m.inHistory(t.dialect.queries.applied), m.App())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var applied any
		if err := rows.Scan(&name, &applied); err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].Name == name {
				if all[i].Applied, err = t.dialect.decodeTime(applied, t.location); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, rows.Err()
}

func (m *Migrator) exists(ctx context.Context, conn *sql.Conn, table string) (bool, error) {
	var n int
	err := conn.QueryRowContext(ctx, m.table.dialect.queries.tableExists, table).Scan(&n)
	return n > 0, err
}

// locked does work while no other Migrator does any on this database, and
// leaves nothing behind unless all of it succeeds.
func (m *Migrator) locked(ctx context.Context, work func(*sql.Conn) error) error {
	d := m.table.dialect
	var conn *sql.Conn
	// A new connection may find another at work on what it wants to set.
	err := d.retry(ctx, func() (err error) { conn, err = m.table.db.Conn(ctx); return err })
	if err != nil {
		return err
	}
	defer conn.Close()
	run := func(ctx context.Context, query string) error {
		return d.retry(ctx, func() error { _, err := conn.ExecContext(ctx, query); return err })
	}
	if err := run(ctx, d.lock); err != nil {
		return err
	}
	if err = work(conn); err == nil {
		err = run(ctx, d.commit)
	}
	if err == nil {
		return nil
	}
	if run(context.WithoutCancel(ctx), d.rollback) != nil {
		// The connection goes, and its lock with it.
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

func (m *Migrator) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlstore: migrate the table %s: %w", m.table.name, err)
}
