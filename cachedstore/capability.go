package cachedstore

import (
	"context"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file gives a store the capabilities of its durable store, and no others:
// one layer for each, which [sessions.Capability] walks through. The innermost
// has no Unwrap, so that nobody gets at the durable store past the cache.

func (s *store) withCapabilities() sessions.Store {
	var all sessions.Store = s
	if d, ok := sessions.Capability[sessions.Toucher](s.durable); ok {
		all = touching{all, s, d}
	}
	if d, ok := sessions.Capability[sessions.Sweeper](s.durable); ok {
		all = sweeping{all, d}
	}
	if d, ok := sessions.Capability[sessions.Lister](s.durable); ok {
		all = listing{all, d}
	}
	if d, ok := sessions.Capability[sessions.OwnerLister](s.durable); ok {
		all = owning{all, d}
	}
	return all
}

type touching struct {
	sessions.Store
	cached  *store
	durable sessions.Toucher
}

func (t touching) Unwrap() sessions.Store { return t.Store }

func (t touching) Touch(ctx context.Context, key string, expires time.Time) error {
	return t.cached.touch(ctx, t.durable, key, expires)
}

// The others look at the durable store alone: what has expired is not in the
// cache, and a listed record that is handed to Replace is loaded once more.
type (
	sweeping struct {
		sessions.Store
		sessions.Sweeper
	}
	listing struct {
		sessions.Store
		sessions.Lister
	}
	owning struct {
		sessions.Store
		sessions.OwnerLister
	}
)

func (s sweeping) Unwrap() sessions.Store { return s.Store }
func (l listing) Unwrap() sessions.Store  { return l.Store }
func (o owning) Unwrap() sessions.Store   { return o.Store }
