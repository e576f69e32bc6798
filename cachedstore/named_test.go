package cachedstore_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is the cache of the tests: a memstore whose tombstones have names.

// newCache returns an empty cache.
func newCache(now func() time.Time) sessions.Store {
	return &named{Store: memstore.New(memstore.Config{Now: now}), names: map[string]string{}}
}

// named keeps the names beside the store, under one lock for both.
type named struct {
	sessions.Store
	mu    sync.Mutex
	names map[string]string
}

func (n *named) Load(ctx context.Context, key string) (sessions.Record, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	rec, err := n.Store.Load(ctx, key)
	if errors.Is(err, sessions.ErrEnded) {
		rec.Revision = n.names[key]
	}
	return rec, err
}

func (n *named) Create(ctx context.Context, key string, rec sessions.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.named(key, rec, n.Store.Create(ctx, key, rec))
}

func (n *named) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, err := n.Store.Load(ctx, key)
	if !errors.Is(err, sessions.ErrEnded) || len(old.Data) > 0 {
		return n.named(key, rec, n.Store.Replace(ctx, key, old, rec))
	}
	if old.Revision == "" || old.Revision != n.names[key] {
		return sessions.ErrConflict
	}
	if err := n.Store.Delete(ctx, key); err != nil {
		return err
	}
	return n.named(key, rec, n.Store.Create(ctx, key, rec))
}

func (n *named) Delete(ctx context.Context, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.named(key, sessions.Record{}, n.Store.Delete(ctx, key))
}

// named notes the name of what was stored under key.
func (n *named) named(key string, rec sessions.Record, err error) error {
	if err == nil {
		n.names[key] = rec.Revision
	}
	return err
}
