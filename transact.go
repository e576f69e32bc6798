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
// are based on: use it for decisions. If fn answers an error, nothing is stored
// and Transact answers it. fn must use the Session that it is given, and change
// only its values. ctx is that of the store's calls.
//
// A session that has no key yet is nobody else's, and one in a cookie cannot be
// told from its copies: fn runs on the session itself and the end of the request
// stores it.
func (s *Session) Transact(ctx context.Context, fn func(*Session) error) error {
	for n := range maxAttempts {
		tx := s.fork(ctx)
		if tx == nil {
			return fn(s)
		}
		err := tx.begin()
		if err == nil {
			err = fn(tx)
		}
		if err == nil {
			err = tx.finish()
		}
		if err == nil {
			s.adopt(tx)
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
		if err := pause(ctx, n); err != nil {
			return fmt.Errorf("sessions: saving: %w", err)
		}
	}
	return ErrContention
}

// fork returns a copy of the session that has not loaded anything, or nil if
// there is no record that another request could change.
func (s *Session) fork(ctx context.Context) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	if s.closed {
		s.fail(ErrTooLate)
	}
	if (s.key == "" || s.m.sealer != nil) && s.failure == nil {
		return nil
	}
	tx := &Session{transacting: true, failure: s.failure, log: s.log[:len(s.log):len(s.log)]}
	tx.init(s.m, ctx, s.key)
	return tx
}

// begin loads what the store holds and applies the changes so far.
func (tx *Session) begin() error {
	if tx.failure != nil {
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

// finish stores what fn made of it, if anything; once, for only fn itself can
// decide anew.
func (tx *Session) finish() error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.failure != nil || len(tx.log) == 0 {
		return tx.failure
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

// adopt takes over what tx has loaded and stored.
func (s *Session) adopt(tx *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base, s.stale = tx.base, tx.stale
	s.values, s.log = tx.values, nil
	if !s.seen.changed {
		s.seen.choice, s.seen.changed = tx.seen.choice, tx.seen.changed
	}
	s.saved = s.saved || tx.saved
	s.modified = s.modified || tx.saved
	s.unsaved = s.nextKey != ""
}

// Take removes the value under key from the stored session at once and returns
// it, and whether there was one: of all the requests that try, in whatever
// process, one gets it. Use it for tokens that are good for one time.
func (s *Session) Take(ctx context.Context, key string) (value any, ok bool, err error) {
	err = s.Transact(ctx, func(tx *Session) error {
		value, ok = tx.Pop(key)
		return tx.Err()
	})
	return value, ok && err == nil, err
}
