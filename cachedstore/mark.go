package cachedstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is what is done to the cache around a call of the database: a
// tombstone before it, and in the place of that tombstone a value after it.

const (
	// readLife is how long a read that died keeps a session out of the cache.
	readLife = 10 * time.Second

	// changeLife is longer than a change of the database takes, so that a
	// process that dies within one leaves no old value to be read.
	changeLife = 30 * time.Second
)

// mark is the name of one tombstone in the cache; the empty one names none.
type mark string

func (m mark) tombstone(expires time.Time) sessions.Record {
	return sessions.Record{Expires: expires, Revision: string(m)}
}

func (s *store) newMark(life time.Duration) (mark, sessions.Record) {
	m := mark(rand.Text())
	return m, m.tombstone(s.now().Add(life))
}

// stake marks a key under which the cache held nothing, or something that it
// could not decode. It answers no mark unless the key is its own now.
func (s *store) stake(ctx context.Context, key string, seen sessions.Record, miss error) mark {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	m, tombstone := s.newMark(readLife)
	var err error
	switch {
	case errors.Is(miss, sessions.ErrCorrupt):
		err = s.cache.Replace(ctx, key, seen, tombstone)
	case errors.Is(miss, sessions.ErrEnded): // somebody's mark
		return ""
	default:
		err = s.cache.Create(ctx, key, tombstone)
	}
	if err != nil {
		s.note(ctx, "session could not be cached", err)
		return ""
	}
	return m
}

// fill puts what the database answered in the mark's place. If that is nothing
// to show, it removes the mark.
func (s *store) fill(ctx context.Context, key string, m mark, rec sessions.Record) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	entry, ok := s.entry(rec)
	if !ok {
		entry = sessions.Record{Expires: time.Unix(0, 0)}
	}
	err := s.cache.Replace(ctx, key, m.tombstone(time.Time{}), entry)
	s.note(ctx, "session could not be cached", err)
}

// contest is how often bury meets a rival before it gives up.
const contest = 16

// bury puts a mark in the place of whatever the cache holds, and answers the
// entry that was there, if any.
func (s *store) bury(ctx context.Context, key string) (mark, sessions.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var was sessions.Record
	var tried []mark
	for n := range contest {
		seen, miss := s.lookAgain(ctx, key)
		if failed(miss) {
			return "", was, miss
		}
		if m := mark(seen.Revision); errors.Is(miss, sessions.ErrEnded) && slices.Contains(tried, m) {
			return m, was, nil // only the answer was lost
		}
		was = seen
		err := again(ctx, func() error {
			m, tombstone := s.newMark(changeLife) // a lost call may still arrive
			tried = append(tried, m)
			return s.cover(ctx, key, seen, miss, tombstone, n)
		})
		switch {
		case err == nil:
			return tried[len(tried)-1], was, nil
		case failed(err):
			return "", was, err
		}
	}
	return "", was, errRivals
}

var errRivals = fmt.Errorf("cachedstore: what the cache holds changed %d times in a row, or cannot be replaced", contest)

// cover puts a tombstone in the place of what the cache was seen to hold. Where
// nothing was seen, an expired entry may still be in the way; it is removed when
// adding has failed for some time.
func (s *store) cover(ctx context.Context, key string, seen sessions.Record, miss error, tombstone sessions.Record, attempt int) error {
	if miss == nil || errors.Is(miss, sessions.ErrEnded) || errors.Is(miss, sessions.ErrCorrupt) {
		return s.cache.Replace(ctx, key, seen, tombstone)
	}
	if attempt > contest/2 {
		if err := s.cache.Delete(ctx, key); err != nil {
			return err
		}
	}
	return s.cache.Create(ctx, key, tombstone)
}

// settle follows a change of the database: it puts rec in the mark's place. If
// the mark has gone, or rec is not to be shown, it removes whatever is there,
// also a rival's mark: the rival will then do the same. It does so for a caller
// that has gone, too.
func (s *store) settle(ctx context.Context, key string, m mark, rec sessions.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if entry, ok := s.entry(rec); ok && m != "" {
		err := again(ctx, func() error { return s.cache.Replace(ctx, key, m.tombstone(time.Time{}), entry) })
		if err == nil {
			return nil
		}
	}
	return again(ctx, func() error { return s.cache.Delete(ctx, key) })
}

// entry is rec as the cache holds it. It is not ok to hold one that has ended,
// whose end is unknown, or that lacks values that JSON cannot hold.
func (s *store) entry(rec sessions.Record) (entry sessions.Record, ok bool) {
	rec.Revision = ""
	if s.entryLife > 0 {
		end := s.now().Add(s.entryLife)
		if rec.Expires.IsZero() || rec.Expires.After(end) {
			rec.Expires = end
		}
	}
	return rec, !s.ends(rec) && len(rec.Foreign) == 0
}

// ends reports whether storing rec ends the session.
func (s *store) ends(rec sessions.Record) bool {
	return len(rec.Data) == 0 || !rec.Expires.After(s.now())
}

func (s *store) lookAgain(ctx context.Context, key string) (rec sessions.Record, err error) {
	err = again(ctx, func() error {
		rec, err = s.cache.Load(ctx, key)
		return err
	})
	return rec, err
}

// again makes a call of the cache, and makes it once more if it failed, as it
// does over a connection that died while it was idle.
func again(ctx context.Context, call func() error) error {
	err := call()
	if failed(err) && ctx.Err() == nil {
		err = call()
	}
	return err
}

// failed reports whether err is anything but an answer of a working cache.
func failed(err error) bool {
	return err != nil && !errors.Is(err, sessions.ErrNotFound) &&
		!errors.Is(err, sessions.ErrConflict) && !errors.Is(err, sessions.ErrCorrupt)
}

// note logs a failure of the cache, unless the caller has just gone.
func (s *store) note(ctx context.Context, message string, err error) {
	if failed(err) && !errors.Is(ctx.Err(), context.Canceled) {
		s.logger.LogAttrs(ctx, slog.LevelWarn, message, slog.Any("error", err))
	}
}
