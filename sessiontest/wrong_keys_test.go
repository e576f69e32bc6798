package sessiontest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the wrong stores that go wrong with keys, errors and contexts.

// named makes every key another.
func named(f func(string) string) func(w *wrong) {
	return func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) { return w.Store.Load(ctx, f(key)) }
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			return w.Store.Create(ctx, f(key), rec)
		}
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			return w.Store.Replace(ctx, f(key), old, rec)
		}
		w.delete = func(ctx context.Context, key string) error { return w.Store.Delete(ctx, f(key)) }
		w.touch = func(ctx context.Context, key string, expires time.Time) error {
			return w.Store.Touch(ctx, f(key), expires)
		}
	}
}

var wrongKeys = []mistake{
	{name: "keys have no case", breaks: keysAreNames, make: named(strings.ToLower)},
	{name: "keys are trimmed", breaks: keysAreNames, make: named(strings.TrimSpace)},
	{name: "keys end at a zero byte", breaks: keysAreNames, make: named(func(key string) string {
		key, _, _ = strings.Cut(key, "\x00")
		return key
	})},
	{name: "keys are cut off at 40 characters", breaks: keysAreNames, make: named(func(key string) string {
		return key[:min(len(key), 40)]
	})},
	{name: "keys are paths", breaks: keysAreNames, make: named(func(key string) string {
		return key[strings.LastIndexByte(key, '/')+1:]
	})},
	{name: "Delete takes patterns", breaks: keysAreNames, make: func(w *wrong) {
		w.delete = func(ctx context.Context, key string) error {
			if prefix, ok := strings.CutSuffix(key, "*"); ok {
				for l := range w.Store.List(ctx) {
					if strings.HasPrefix(l.Key, prefix) {
						_ = w.Store.Delete(ctx, l.Key)
					}
				}
			}
			return w.Store.Delete(ctx, key)
		}
	}},
	{name: "an error tells the key", breaks: silentErrors, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			if err != nil {
				err = fmt.Errorf("load %q: %w", key, err)
			}
			return rec, err
		}
	}},
	{name: "an error tells data", breaks: silentErrors, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			err := w.Store.Replace(ctx, key, old, rec)
			if err != nil {
				err = fmt.Errorf("replace by %s: %w", rec.Data, err)
			}
			return err
		}
	}},
}

var wrongContexts = []mistake{
	{name: "a cancelled Load finds nothing", breaks: contextError, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			if ctx.Err() != nil {
				return sessions.Record{}, sessions.ErrNotFound
			}
			return w.Store.Load(ctx, key)
		}
	}},
	{name: "a cancelled Replace hides that it did nothing", breaks: neverTorn, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if ctx.Err() != nil {
				return nil
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "a cancelled Replace loses the record", breaks: neverTorn, make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			if ctx.Err() != nil {
				_ = w.Store.Delete(ctx, key)
				return ctx.Err()
			}
			return w.Store.Replace(ctx, key, old, rec)
		}
	}},
	{name: "a cancelled Create hides that it did nothing", breaks: neverTorn, make: func(w *wrong) {
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			if ctx.Err() != nil {
				return nil
			}
			return w.Store.Create(ctx, key, rec)
		}
	}},
}
