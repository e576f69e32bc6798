package sessions

import (
	"context"
	"errors"
	"fmt"
)

// This file decides at once: changes that depend on what they read are stored
// against exactly that, or made anew.

// Transact runs fn on the session as the store has it now, with this request's
// changes so far, and stores the result at once; if another request was faster,
// fn runs again on what that one stored. So what fn reads is what its changes
// are based on: use it for decisions. If fn answers an error, its changes are
// dropped and Transact answers it. fn must use the Session that it is given, and
// change only its values. ctx is that of the store's calls.
//
// A session that has no key yet is nobody else's, and one in a cookie cannot be
// told from its copies: fn runs on what this request has of them, and the end of
// the request stores the result. Within another Transact, that one does.
func (s *Session) Transact(ctx context.Context, fn func(*Session) error) error {
	for n := range maxAttempts {
		tx := s.fork(ctx)
		if err := tx.begin(); err != nil {
			return err
		}
		if err := fn(&tx.Session); err != nil {
			return err
		}
		if err := s.settle(tx); !errors.Is(err, ErrConflict) {
			return err
		}
		if err := pause(ctx, n); err != nil {
			return fmt.Errorf("sessions: saving: %w", err)
		}
	}
	return ErrContention
}

// transaction is a copy of a session for fn, and what it was made from.
type transaction struct {
	Session
	forked  int  // so long was the log
	commits int  // so often had the session been stored
	local   bool // there is no record that another request could change
}

// fork returns a transaction that has loaded nothing yet, unless it is local.
func (s *Session) fork(ctx context.Context) *transaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	if s.closed {
		s.fail(ErrTooLate)
	}
	tx := &transaction{forked: len(s.log), commits: s.commits}
	tx.local = s.key == "" || s.m.sealer != nil || s.transacting
	tx.init(s.m, ctx, s.key)
	tx.hold()
	tx.transacting, tx.failure = true, s.failure
	tx.seen, tx.log = s.seen, s.log[:len(s.log):len(s.log)]
	if tx.local {
		tx.base, tx.values = s.base, s.values.clone()
	}
	return tx
}

// begin loads what the store holds and applies the changes so far.
func (tx *transaction) begin() error {
	if tx.failure != nil || tx.local {
		return tx.failure
	}
	base, err := tx.m.fetch(tx.ctx, tx.key, tx.log, &tx.first)
	if errors.Is(err, ErrNotFound) {
		return ErrInterrupted
	}
	if err != nil {
		return fmt.Errorf("sessions: loading: %w", err)
	}
	tx.base, tx.values = base, &tx.first
	return nil
}

// settle stores what fn made of tx and takes it over. It answers [ErrConflict]
// if that was based on something that no longer holds.
func (s *Session) settle(tx *transaction) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.failure != nil {
		return tx.failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		s.fail(ErrTooLate)
		return ErrTooLate
	case s.commits != tx.commits:
		return ErrConflict // another goroutine has stored some of the log
	}
	if err := tx.finish(); err != nil {
		return err
	}
	s.adopt(tx)
	return nil
}

// finish stores what there is to store; once, for only fn can decide anew.
func (tx *transaction) finish() error {
	if tx.local || len(tx.log) == 0 {
		return nil
	}
	rec := tx.record(tx.values, tx.base.Created)
	ctx := tx.commitContext()
	defer ctx.end()
	if err := tx.m.store.Replace(ctx, tx.key, tx.base, rec); err != nil {
		return fmt.Errorf("sessions: saving: %w", err)
	}
	tx.committed(tx.key, rec, tx.values)
	return nil
}

// adopt takes over what tx has loaded, changed and stored, and keeps what other
// goroutines have changed since the fork.
func (s *Session) adopt(tx *transaction) {
	later := s.log[tx.forked:]
	if tx.saved {
		s.saved, s.unsaved = true, s.nextKey != ""
		s.commits++
	}
	if !tx.local {
		s.base, s.stale = tx.base, tx.stale
	}
	if !s.seen.changed {
		s.seen = tx.seen
	}
	s.modified = s.modified || tx.modified
	s.unsaved = s.unsaved || tx.unsaved || len(later) > 0
	s.values, s.log = tx.values, append(tx.log, later...)
	if err := s.values.replay(later); err != nil {
		s.fail(err)
	}
}

// Take removes the value under key from the stored session at once and returns
// it, and whether there was one: of all the requests that try, in whatever
// process, one gets it. Use it for tokens that are good for one time.
func (s *Session) Take(ctx context.Context, key string) (value any, ok bool, err error) {
	return Key[any](key).Take(ctx, s)
}
