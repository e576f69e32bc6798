package memstore

import (
	"context"
	"iter"

	"github.com/cloakroom-go/sessions"
)

// This file lists sessions. No lock is held while the caller looks at one, so
// it may call the store for whatever it finds.

// List implements [sessions.Lister]. It ends with the context's error when that
// is cancelled.
func (s *Store) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for i := range s.shards {
			for _, l := range s.listShard(&s.shards[i]) {
				if err := ctx.Err(); err != nil {
					yield(sessions.Listed{}, err)
					return
				}
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

func (s *Store) listShard(sh *shard) []sessions.Listed {
	now := s.now().UnixMicro()
	sh.Lock()
	defer sh.Unlock()
	list := make([]sessions.Listed, 0, len(sh.entries.all))
	for key, e := range sh.entries.all {
		if e.expires > now && !e.tombstone() {
			list = append(list, sessions.Listed{Key: key, Record: e.record()})
		}
	}
	return list
}

// ListOwner implements [sessions.OwnerLister]; an empty owner has no sessions.
// It ends with the context's error when that is cancelled.
func (s *Store) ListOwner(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for _, key := range s.owners.keysOf(owner) {
			if err := ctx.Err(); err != nil {
				yield(sessions.Listed{}, err)
				return
			}
			rec, err := s.Load(ctx, key)
			if err != nil || rec.Owner != owner {
				continue // it ended, or changed hands, meanwhile
			}
			if !yield(sessions.Listed{Key: key, Record: rec}, nil) {
				return
			}
		}
	}
}
