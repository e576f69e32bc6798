package sessiontest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the wrong stores that go wrong in expiry, Touch and Sweep.

// cut makes every expiry another.
func cut(f func(time.Time) time.Time) func(w *wrong) {
	return func(w *wrong) {
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			rec.Expires = f(rec.Expires)
			return w.Store.Create(ctx, key, rec)
		}
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			rec.Expires = f(rec.Expires)
			return w.Store.Replace(ctx, key, old, rec)
		}
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			return w.Store.Touch(ctx, key, f(expires))
		}
	}
}

var wrongExpiry = []mistake{
	{name: "expiry is ignored", breaks: expiresAt, make: cut(func(t time.Time) time.Time { return t.Add(100 * time.Hour) })},
	{name: "the very instant still lives", breaks: expiresAt, make: cut(func(t time.Time) time.Time { return t.Add(time.Microsecond) })},
	{name: "the last microsecond is dead", breaks: livesUntil, make: cut(func(t time.Time) time.Time { return t.Add(-time.Microsecond) })},
	{name: "seconds are cut off", breaks: livesUntil, make: cut(func(t time.Time) time.Time { return t.Truncate(time.Second) })},
	{name: "seconds are rounded up", breaks: expiresAt, make: cut(func(t time.Time) time.Time { return t.Add(time.Second).Truncate(time.Second) })},
	{name: "milliseconds are cut off", breaks: loadAll, make: cut(func(t time.Time) time.Time { return t.Truncate(time.Millisecond) })},
	{name: "Create over the expired answers another error", breaks: createFree, make: func(w *wrong) {
		known := remember(w)
		inner := w.create
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			if _, known := known()[key]; known {
				return errors.New("duplicate entry")
			}
			return inner(ctx, key, rec)
		}
	}},
}

// remember keeps what was created, whatever becomes of it.
func remember(w *wrong) func() map[string]sessions.Record {
	var mu sync.Mutex
	known := map[string]sessions.Record{}
	w.create = func(ctx context.Context, key string, rec sessions.Record) error {
		err := w.Store.Create(ctx, key, rec)
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			known[key] = rec
		}
		return err
	}
	return func() map[string]sessions.Record {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(known)
	}
}

var wrongTouches = []mistake{
	{name: "Touch creates anew", breaks: touchLiving, make: touchAnew},
	{name: "Touch brings back the deleted", breaks: endedForEver, make: touchAnew},
	{name: "Touch brings back the expired", breaks: expiredForEver, make: touchAnew},
	{name: "Touch hides that there is nothing", breaks: touchLiving, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			_ = w.Store.Touch(ctx, key, expires)
			return nil
		}
	}},
	{name: "Touch accepts tombstones", breaks: tombstoneEnds, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			if _, err := w.Store.Load(ctx, key); errors.Is(err, sessions.ErrEnded) {
				return nil
			}
			return w.Store.Touch(ctx, key, expires)
		}
	}},
	{name: "Load hides a tombstone's name", breaks: tombstoneNamed, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			if errors.Is(err, sessions.ErrEnded) {
				rec.Revision = ""
			}
			return rec, err
		}
	}},
	{name: "any name replaces a tombstone", breaks: tombstoneNamed, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if there, err := w.Store.Load(ctx, key); errors.Is(err, sessions.ErrEnded) && len(old.Data) == 0 {
				old.Revision = there.Revision
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Touch does nothing", breaks: touchMoves, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, _ time.Time) error {
			_, err := w.Store.Load(ctx, key)
			return err
		}
	}},
	{name: "Touch drops the owner", breaks: loadAll, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			old, err := w.Store.Load(ctx, key)
			if err != nil {
				return sessions.ErrNotFound
			}
			return w.Store.Replace(ctx, key, old, sessions.Record{Data: old.Data, Expires: expires, Created: old.Created})
		}
	}},
	{name: "Touch makes a new revision", breaks: touchNoWrite, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			old, err := w.Store.Load(ctx, key)
			if err != nil {
				return sessions.ErrNotFound
			}
			rec := old
			rec.Data, rec.Expires = append(slices.Clone(old.Data), ' '), expires
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Touch writes back what it read", breaks: touchNoWrite, make: func(w *wrong) {
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			rec, err := w.Store.Load(ctx, key)
			if err != nil {
				return sessions.ErrNotFound
			}
			pause()
			rec.Expires = expires
			return overwrite(w, ctx, key, rec)
		}
	}},
}

func touchAnew(w *wrong) {
	known := remember(w)
	w.touch = func(ctx context.Context, key string, expires time.Time) error {
		err := w.Store.Touch(ctx, key, expires)
		if rec, ok := known()[key]; ok && errors.Is(err, sessions.ErrNotFound) {
			rec.Expires = expires
			return w.Store.Create(ctx, key, rec)
		}
		return err
	}
}

var wrongSweeps = []mistake{
	{name: "Sweep exceeds its limit", breaks: sweepLimit, make: func(w *wrong) {
		w.sweep = func(ctx context.Context, limit int) (int, error) { return w.Store.Sweep(ctx, 10*limit) }
	}},
	{name: "Sweep exceeds its limit and hides it", breaks: sweepDone, make: func(w *wrong) {
		w.sweep = func(ctx context.Context, limit int) (int, error) {
			n, err := w.Store.Sweep(ctx, 10*limit)
			return min(n, limit), err
		}
	}},
	{name: "Sweep does nothing", breaks: sweepDone, make: func(w *wrong) {
		w.sweep = func(context.Context, int) (int, error) { return 0, nil }
	}},
	{name: "Sweep gives up early", breaks: sweepDone, make: func(w *wrong) {
		w.sweep = func(ctx context.Context, limit int) (int, error) { return w.Store.Sweep(ctx, limit-1) }
	}},
	{name: "Sweep deletes the living", breaks: sweepLiving, make: func(w *wrong) {
		w.sweep = func(ctx context.Context, limit int) (int, error) {
			n, err := w.Store.Sweep(ctx, limit)
			for l := range w.Store.List(ctx) {
				_ = w.Store.Delete(ctx, l.Key)
			}
			return n, err
		}
	}},
	{name: "Sweep goes by an old expiry", breaks: sweepLiving, make: func(w *wrong) {
		known := remember(w)
		w.sweep = func(ctx context.Context, limit int) (int, error) {
			n, err := w.Store.Sweep(ctx, limit)
			for key, rec := range known() {
				if rec.Expires.Before(time.Now().Add(time.Hour)) {
					_ = w.Store.Delete(ctx, key)
				}
			}
			return n, err
		}
	}},
}
