package sessiontest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is the wrong stores that go wrong in Load.

var wrongReads = []mistake{
	{name: "Load takes unknown keys in", breaks: loadReads, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			if err == sessions.ErrNotFound {
				_ = w.Store.Create(ctx, key, sessions.Record{Data: []byte("{}"), Expires: time.Now().Add(time.Hour)})
			}
			return rec, err
		}
	}},
	{name: "Load answers an empty record for nothing", breaks: loadNone, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			if errors.Is(err, sessions.ErrNotFound) {
				return sessions.Record{Data: []byte("{}")}, nil
			}
			return rec, err
		}
	}},
	{name: "Data goes through a Go map", breaks: loadExact, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			var values map[string]any
			if json.Unmarshal(rec.Data, &values) == nil {
				rec.Data, _ = json.Marshal(values)
			}
			return rec, err
		}
	}},
	{name: "Data is cut off at 64 KiB", breaks: loadExact, make: func(w *wrong) {
		w.create = func(ctx context.Context, key string, rec sessions.Record) error {
			rec.Data = rec.Data[:min(len(rec.Data), 65535)]
			return w.Store.Create(ctx, key, rec)
		}
	}},
	{name: "Created and Owner are forgotten", breaks: loadAll, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			rec.Created, rec.Owner = time.Time{}, ""
			return rec, err
		}
	}},
	{name: "Load reuses its buffer", breaks: dataForever, only: "load/data is never changed in place", make: func(w *wrong) {
		buffer := make([]byte, 1<<16)
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			rec, err := w.Store.Load(ctx, key)
			rec.Data = buffer[:copy(buffer, rec.Data)]
			return rec, err
		}
	}},
	{name: "Replace writes into the stored slice", breaks: dataForever, only: "load/data is never changed in place", make: func(w *wrong) {
		w.replace = func(ctx context.Context, key string, old, rec sessions.Record) error {
			err := w.Store.Replace(ctx, key, old, rec)
			copy(old.Data, rec.Data)
			return err
		}
	}},
	{name: "Load joins halves", breaks: neverTorn, make: func(w *wrong) {
		w.load = func(ctx context.Context, key string) (sessions.Record, error) {
			one, err := w.Store.Load(ctx, key)
			if err != nil || len(one.Data) < 1<<12 {
				return one, err
			}
			pause()
			two, err := w.Store.Load(ctx, key)
			two.Data = slices.Concat(one.Data[:2048], two.Data[min(len(two.Data), 2048):])
			return two, err
		}
	}},
}
