package sessiontest

import (
	"bytes"
	"context"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the wrong stores that go wrong in Create, Replace and Delete.

var wrongWrites = []mistake{
	{name: "Create overwrites", breaks: createOnce, make: func(w *wrong) {
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			_ = w.Store.Delete(ctx, key)
			return w.Store.Create(ctx, key, rec)
		}
	}},
	{name: "Create looks, then writes", breaks: createOnce, only: "races/one Create wins", make: func(w *wrong) {
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			if _, err := w.Store.Load(ctx, key); err == nil {
				return sessions.ErrConflict
			}
			pause()
			_ = w.Store.Delete(ctx, key)
			_ = w.Store.Create(ctx, key, rec)
			return nil
		}
	}},
	{name: "Replace ignores old", breaks: replaceStale, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, _, rec sessions.Record) error {
			return overwrite(w, ctx, key, rec)
		}
	}},
	{name: "Replace compares, then writes", breaks: writesSurvive, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			now, err := w.Store.Load(ctx, key)
			if err != nil || !bytes.Equal(now.Data, old.Data) {
				return sessions.ErrConflict
			}
			pause()
			return overwrite(w, ctx, key, rec)
		}
	}},
	{name: "Replace compares without case", breaks: replaceStale, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if now, err := w.Store.Load(ctx, key); err == nil && bytes.EqualFold(now.Data, old.Data) {
				old = now
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Replace by equal data is a conflict", breaks: replaceStores, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if bytes.Equal(old.Data, rec.Data) {
				return sessions.ErrConflict
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Replace brings back the deleted", breaks: endedForEver, make: bringBack},
	{name: "Replace brings back the expired", breaks: expiredForEver, make: bringBack},
	{name: "Replace ignores an expired record", breaks: replaceRemoves, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if rec.Expires.Before(time.Now().Add(-time.Minute)) {
				return nil
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Replace leaves no tombstone", breaks: tombstoneEnds, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if len(rec.Data) == 0 {
				rec.Expires = time.Time{}
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "a tombstone stays for ever", breaks: tombstoneLasts, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if len(rec.Data) == 0 {
				rec.Expires = rec.Expires.Add(1000 * time.Hour)
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "Delete does nothing", breaks: deleteRemoves, make: func(w *wrong) {
		w.delete = func(context.Context, string) error { return nil }
	}},
	{name: "Delete of nothing is an error", breaks: deleteNone, make: func(w *wrong) {
		w.delete = func(ctx context.Context, key string) error {
			if _, err := w.Store.Load(ctx, key); err == sessions.ErrNotFound {
				return err
			}
			return w.Store.Delete(ctx, key)
		}
	}},
	{name: "Delete leaves a tombstone", breaks: deleteRemoves, make: func(w *wrong) {
		w.delete = func(ctx context.Context, key string) error {
			old, err := w.Store.Load(ctx, key)
			if err != nil {
				return w.Store.Delete(ctx, key)
			}
			return w.Store.Replace(ctx, key, old, sessions.Record{Expires: old.Expires})
		}
	}},
}

// overwrite is Replace without a comparison.
func overwrite(w *wrong, ctx context.Context, key string, rec sessions.Record) error {
	for {
		now, err := w.Store.Load(ctx, key)
		if err != nil {
			return sessions.ErrConflict
		}
		if err := w.Store.Replace(ctx, key, now, rec); err == nil {
			return nil
		}
	}
}

func bringBack(w *wrong) {
	w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
		if _, err := w.Store.Load(ctx, key); err == sessions.ErrNotFound {
			return w.Store.Create(ctx, key, rec)
		}
		return w.Store.Replace(ctx, key, old, rec)
	}
}
