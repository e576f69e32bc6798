package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// This file runs statements: prepared once, and again while the database is
// busy with somebody else's write.

// statement is one query over a store's table. It is prepared when it is first
// used, for the table may be made after the store; database/sql then prepares
// it once more on each connection that serves it, new ones included.
type statement struct {
	db       *sql.DB
	query    string
	dialect  *Dialect
	prepared atomic.Pointer[sql.Stmt]
}

func (t *table) statement(db *sql.DB, query string) *statement {
	return &statement{db: db, query: t.dialect.expand(query, t.name, t.layout.native), dialect: t.dialect}
}

// run calls try with the prepared statement until the database is not busy.
func (s *statement) run(ctx context.Context, try func(*sql.Stmt) error) error {
	return s.dialect.retry(ctx, func() error {
		stmt := s.prepared.Load()
		if stmt == nil {
			var err error
			if stmt, err = s.prepare(ctx); err != nil {
				return err
			}
		}
		return try(stmt)
	})
}

// prepare makes the statement, unless another goroutine just has.
func (s *statement) prepare(ctx context.Context) (*sql.Stmt, error) {
	stmt, err := s.db.PrepareContext(ctx, s.query)
	if err != nil {
		return nil, err
	}
	if !s.prepared.CompareAndSwap(nil, stmt) {
		stmt.Close()
	}
	return s.prepared.Load(), nil
}

// exec runs a statement that writes, and answers how many rows it changed.
func (t *table) exec(ctx context.Context, s *statement, args ...any) (n int64, err error) {
	err = s.run(ctx, func(stmt *sql.Stmt) error {
		result, err := stmt.ExecContext(ctx, args...)
		if err == nil {
			n, err = result.RowsAffected()
		}
		return err
	})
	return n, err
}

// changed is the answer of a write of one row: none if it did not find it.
func (t *table) changed(op string, n int64, err, none error) error {
	if err == nil && n == 0 {
		return none
	}
	return t.explain(op, err)
}

// explain says what failed and, if it is known, what to do about it.
func (t *table) explain(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case t.dialect.missingTable(err):
		return fmt.Errorf("sqlstore: %s: there is no table %s yet: run `cloakroom migrate`, or the store's Migrator: %w", op, t.name, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", op, err)
}

// How a busy database is asked again: after a random part of a pause that
// doubles up to a limit, for as long as the context and patience last.
const (
	firstPause   = time.Millisecond
	longestPause = 50 * time.Millisecond
	patience     = 10 * time.Second
)

// retry calls try again while it answers that the database is busy. A busy
// database has done nothing, so nothing is done twice.
func (d *Dialect) retry(ctx context.Context, try func() error) error {
	err := try()
	if err == nil || !d.busy(err) {
		return err
	}
	giveUp := time.Now().Add(patience)
	for pause := firstPause; d.busy(err) && time.Now().Before(giveUp); pause = min(2*pause, longestPause) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w while %w", ctx.Err(), err)
		case <-time.After(rand.N(pause)):
		}
		if err = try(); err == nil {
			return nil
		}
	}
	return err
}
