package sessions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// This file stores what a request did. The store is asked to replace exactly
// what was loaded; if it holds something else by now, that is loaded, the log is
// replayed on it, and the store is asked again.

// maxAttempts bounds how often one commit asks the store. In each round of a
// contest somebody wins, so this is also how many processes can be at it at once.
const maxAttempts = 64

// commit stores the session if there is anything to store. An explicit commit
// stores an empty one too, and insists that the session still exists.
func (s *Session) commit(explicit bool) error {
	s.load()
	switch {
	case s.failure != nil:
		return s.failure
	case s.ended && (len(s.log) > 0 || s.nextKey != ""), explicit && s.lost && len(s.log) == 0 && s.nextKey == "":
		return ErrInterrupted
	case !explicit && s.isEmpty():
		return nil
	case len(s.base.Foreign) > 0 && s.m.toucher == nil:
		return s.leaveForeign(explicit)
	}
	ctx := s.commitContext()
	defer ctx.end()
	var err error
	switch {
	case s.m.sealer != nil:
		err = s.seal()
	case s.key == "":
		err = s.create(ctx)
	case s.nextKey != "":
		err = s.move(ctx)
	default:
		err = s.replace(ctx)
	}
	if errors.Is(err, errGone) {
		if explicit || len(s.log) > 0 || s.nextKey != "" {
			return ErrInterrupted
		}
		s.unsaved = false // there was only a life to extend, and it has ended
		return nil
	}
	return err
}

// leaveForeign is commit for a record that must not be written and whose life
// cannot be extended without that; nothing in it has been changed.
func (s *Session) leaveForeign(explicit bool) error {
	if explicit {
		return ErrForeign
	}
	s.unsaved = false
	return nil
}

func (s *Session) commitContext() *deadline {
	return withDeadline(s.ctx, s.m.cfg.CommitTimeout)
}

// errGone: the record has ended since it was loaded.
var errGone = errors.New("sessions: the session has ended")

// record is what is to be stored for values.
func (s *Session) record(values *object, created time.Time) Record {
	e, _ := parseExpiry(values, s.m.cfg.NaiveLocation) // none if it can't be read
	return Record{
		Data:    values.encode(),
		Expires: e.dateAt(s.m.now(), s.m.cfg.Lifetime).Truncate(time.Microsecond),
		Created: created,
		Owner:   ownerOf(values, s.m.cfg.OwnerKey),
	}
}

// ownerOf is the value under the configured key as text.
func ownerOf(values *object, key string) string {
	name, err := encodeName(key)
	if err != nil || key == "" {
		return ""
	}
	text, ok := values.get(name)
	if !ok || text[0] == 'n' {
		return ""
	}
	if text[0] == '"' {
		owner, _ := unquote(text)
		return owner
	}
	return string(text)
}

// committed notes that the store now holds rec with values under key.
func (s *Session) committed(key string, rec Record, values *object) {
	s.key, s.nextKey = key, ""
	s.base, s.values = rec, values
	s.stale = true
	s.log, s.unsaved, s.saved = nil, false, true
	s.lost, s.ended = false, false
	s.commits++
}

// create stores a session that has no record yet.
func (s *Session) create(ctx context.Context) error {
	s.modified = true
	for range maxAttempts {
		key := s.nextKey
		if key == "" {
			key = newKey()
		}
		rec := s.record(s.values, s.m.now())
		err := s.m.store.Create(ctx, key, rec)
		if err == nil {
			s.committed(key, rec, s.values)
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("sessions: creating: %w", err)
		}
		s.nextKey = "" // taken: never somebody else's session
	}
	return fmt.Errorf("sessions: creating: %w: no free key in %d attempts", ErrContention, maxAttempts)
}

// replace stores the session under the key that it has.
func (s *Session) replace(ctx context.Context) error {
	if len(s.log) == 0 && s.m.toucher != nil && s.accessed {
		// A touch has nothing to compare, and the handler took its time: another
		// request may have chosen another expiry.
		s.stale = true
	}
	return s.contend(ctx, func(base Record, values *object) error {
		rec := s.record(values, base.Created)
		rec.Foreign = base.Foreign
		if err := s.put(ctx, base, rec); err != nil {
			return err
		}
		s.committed(s.key, rec, values)
		return nil
	})
}

// put stores rec in the place of base, or only moves its expiry if that is all
// there is to store.
func (s *Session) put(ctx context.Context, base, rec Record) error {
	if len(s.log) > 0 || s.m.toucher == nil {
		if len(base.Foreign) > 0 {
			return ErrForeign
		}
		return s.m.store.Replace(ctx, s.key, base, rec)
	}
	err := s.m.toucher.Touch(ctx, s.key, rec.Expires)
	if errors.Is(err, ErrNotFound) {
		return errGone
	}
	return err
}

// contend runs attempt with what the store holds under the session's key, with
// the log replayed on it, until it answers anything but [ErrConflict].
func (s *Session) contend(ctx context.Context, attempt func(Record, *object) error) error {
	turn, err := s.m.queue.lock(ctx, s.key)
	if err != nil {
		return fmt.Errorf("sessions: saving: %w", err)
	}
	defer turn.unlock()
	base, values, fresh := s.base, s.values, !s.stale
	for n := range maxAttempts {
		if !fresh {
			values = &object{}
			base, err = s.m.fetch(ctx, s.key, s.log, values)
			if errors.Is(err, ErrNotFound) {
				return errGone
			}
			if err != nil {
				return fmt.Errorf("sessions: saving: %w", err)
			}
		}
		err = attempt(base, values)
		if !errors.Is(err, ErrConflict) {
			break
		}
		fresh = false
		if err := pause(ctx, n); err != nil {
			return fmt.Errorf("sessions: saving: %w", err)
		}
	}
	switch {
	case err == nil || errors.Is(err, errGone):
		return err
	case errors.Is(err, ErrConflict):
		return ErrContention
	}
	return fmt.Errorf("sessions: saving: %w", err)
}

// pause waits a little, longer and more at random from attempt to attempt, so
// that the processes of a contest don't keep step. The first retry is at once.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(rand.N(time.Millisecond << min(attempt, 5)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// move stores the session under nextKey and leaves a tombstone where it was.
// The new record is complete before the old one ends, and the old one ends only
// if it is still what was carried over: whoever writes to it later is told that
// it has ended, and nothing in the store leads from the old key to the new.
func (s *Session) move(ctx context.Context) error {
	return s.contend(ctx, func(base Record, values *object) error {
		if len(base.Foreign) > 0 {
			return ErrForeign
		}
		rec := s.record(values, base.Created)
		if err := s.m.store.Create(ctx, s.nextKey, rec); err != nil {
			if errors.Is(err, ErrConflict) {
				s.nextKey = newKey()
			}
			return err
		}
		grave := Record{Expires: s.m.now().Add(s.m.cfg.KeyGrace)}
		if err := s.m.store.Replace(ctx, s.key, base, grave); err != nil {
			// Nobody knows the new key yet.
			return errors.Join(err, s.m.store.Delete(ctx, s.nextKey))
		}
		s.committed(s.nextKey, rec, values)
		return nil
	})
}
