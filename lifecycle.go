package sessions

import (
	"errors"
	"fmt"
)

// This file begins, saves, moves and ends sessions as a whole.

var errInTransact = errors.New("sessions: within Transact only values can be changed, not the session's key or life")

// mayMove reports, and notes, why the session as a whole can't be saved or
// ended now.
func (s *Session) mayMove() error {
	switch {
	case s.transacting:
		s.fail(errInTransact)
		return errInTransact
	case s.closed:
		s.fail(ErrTooLate)
		return ErrTooLate
	}
	return nil
}

// Save stores now what has been changed, with a new key if the session has none
// yet, also when it holds nothing. The end of the request stores nothing twice.
// It answers [ErrInterrupted] if the session has ended meanwhile.
// (Django: save())
func (s *Session) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessed = true
	if err := s.mayMove(); err != nil {
		return err
	}
	return s.commit(true)
}

// SaveNew stores the session like Save, but only as a new record: under its key,
// if nothing is there yet, or else it answers [ErrConflict]. A key that a visitor
// sent and that leads nowhere is not taken; the session gets a new one.
// (Django: save(must_create=True))
func (s *Session) SaveNew() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayMove(); err != nil {
		return err
	}
	if s.visiting {
		s.open()
	}
	s.blank()
	switch {
	case s.failure != nil:
		return s.failure
	case s.m.sealer != nil || !ValidKey(s.key):
		return s.createFresh()
	case s.base.Data != nil:
		return ErrConflict // and if it has ended meanwhile, it is not brought back
	}
	s.accessed = true
	ctx := s.commitContext()
	defer ctx.end()
	rec := s.record(s.values, s.m.now())
	if err := s.m.store.Create(ctx, s.key, rec); err != nil {
		return fmt.Errorf("sessions: creating: %w", err)
	}
	s.committed(s.key, rec, s.values)
	return nil
}

// Create stores what the session holds in memory as a new session, under a new
// key; a record under the old key stays where it is. (Django: create())
func (s *Session) Create() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayMove(); err != nil {
		return err
	}
	return s.createFresh()
}

func (s *Session) createFresh() error {
	s.accessed = true
	s.blank()
	switch {
	case s.failure != nil:
		return s.failure
	case len(s.base.Foreign) > 0:
		return ErrForeign
	case s.m.sealer != nil:
		return s.seal()
	}
	ctx := s.commitContext()
	defer ctx.end()
	key, next := s.key, s.nextKey
	s.key, s.nextKey = "", ""
	err := s.create(ctx)
	if err != nil {
		s.key, s.nextKey = key, next
	}
	return err
}

// CycleKey gives the session a new key and keeps its data: call it when a
// visitor logs in or gains a right, so that a key that somebody planted is worth
// nothing. [Session.Key] is the new key at once; the session moves there when it
// is saved, so a request that fails leaves it where it was. A concurrent
// request's write is carried over if it is stored before the move, and
// interrupted if it comes later. (Django: cycle_key())
func (s *Session) CycleKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	if len(s.base.Foreign) > 0 {
		s.fail(ErrForeign)
	}
	if s.mayMove() != nil || s.failure != nil {
		return
	}
	s.modified, s.unsaved = true, true
	if s.m.sealer == nil {
		s.nextKey = newKey()
	}
}

// Flush ends the session now, for good, with its data: call it when a visitor
// logs out. What is set afterwards begins a new session with a new key. If the
// error is not nil, the session may still be alive, and the request fails.
// (Django: flush())
func (s *Session) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessed = true
	if err := s.mayMove(); err != nil {
		return err
	}
	if err := s.deleteRecord(); err != nil {
		s.fail(err)
		return err
	}
	s.key, s.nextKey = "", ""
	s.contents = &contents{}
	s.values, s.log = &s.first, nil
	s.modified, s.unsaved, s.saved = true, false, false
	s.lost, s.ended = false, false
	s.commits++
	if s.unread != nil && s.failure == s.unread {
		s.failure, s.unread = nil, nil // what could not be read has ended
	}
	return nil
}

// DeleteRecord removes the stored session and leaves what is in memory alone;
// [Session.Flush] is what a logout wants. (Django: delete())
func (s *Session) DeleteRecord() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transacting {
		s.fail(errInTransact)
		return errInTransact
	}
	return s.deleteRecord()
}

func (s *Session) deleteRecord() error {
	if s.key == "" {
		return nil
	}
	ctx := s.commitContext()
	defer ctx.end()
	return s.m.End(ctx, s.key)
}
