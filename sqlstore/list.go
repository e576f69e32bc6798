package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/cloakroom-go/sessions"
)

// This file goes through many sessions at a time: to list them, and to sweep
// out the expired.

// pageSize is how many rows of a listing are read at once. Pages follow each
// other by key, so a listing holds neither a transaction nor a connection while
// its caller works.
const pageSize = 256

// List goes through the live sessions by key; see [sessions.Lister].
func (t *table) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return t.pages(ctx, t.list)
}

// ListOwner goes through the live sessions of owner by key, found by an index;
// see [sessions.OwnerLister]. Nobody's sessions, those with an empty owner, are
// not listed.
func (s *Store) ListOwner(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
	return s.pages(ctx, s.listOwner, owner)
}

// pages goes through what a listing statement selects after the last key seen.
func (t *table) pages(ctx context.Context, s *statement, args ...any) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for last := ""; ; {
			page, err := t.page(ctx, s, append(args, last, t.now(), pageSize)...)
			if err != nil {
				yield(sessions.Listed{}, t.explain("list", err))
				return
			}
			for _, listed := range page {
				if !yield(listed, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			last = page[pageSize-1].Key
		}
	}
}

func (t *table) page(ctx context.Context, s *statement, args ...any) (page []sessions.Listed, err error) {
	err = s.run(ctx, func(stmt *sql.Stmt) error {
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		page = page[:0]
		for rows.Next() {
			var listed sessions.Listed
			listed.Record, err = t.scan(rows, &listed.Key)
			if err != nil && !errors.Is(err, sessions.ErrCorrupt) {
				return err
			}
			page = append(page, listed)
		}
		return rows.Err()
	})
	return page, err
}

// Sweep deletes at most limit expired sessions, the longest expired first; see
// [sessions.Sweeper]. Django's clearsessions leaves a row that expires at this
// very instant, although it can no longer be loaded; Sweep deletes it too.
func (t *table) Sweep(ctx context.Context, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil // a negative LIMIT is no limit to SQLite
	}
	n, err := t.exec(ctx, t.sweep, t.now(), limit)
	return int(n), t.explain("sweep", err)
}
