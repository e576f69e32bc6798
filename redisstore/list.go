package redisstore

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
)

// This file goes through the sessions of all servers.

// page is about how many keys a server looks at in one step, which holds up
// other commands for well under a millisecond.
const page = 256

// List implements [sessions.Lister]. It scans the whole database of each server
// that is no replica, in small steps, and loads the sessions it meets, each step
// in one round trip. SCAN may show a key twice; the listing does not, for which
// it remembers a hash of each key.
func (s *Store) List(ctx context.Context) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		shown := map[uint64]struct{}{}
		seed := maphash.MakeSeed()
		for keys, err := range s.pages(ctx) {
			if err != nil {
				yield(sessions.Listed{}, err)
				return
			}
			keys = fresh(keys, func(key string) bool {
				sum, before := maphash.String(seed, key), len(shown)
				shown[sum] = struct{}{}
				return len(shown) > before
			})
			if !s.show(ctx, keys, yield) {
				return
			}
		}
	}
}

// fresh keeps the keys that are first, in their place.
func fresh(keys []string, first func(string) bool) []string {
	kept := keys[:0]
	for _, key := range keys {
		if first(key) {
			kept = append(kept, key)
		}
	}
	return kept
}

// show loads and yields what lives under keys, and reports whether to go on.
func (s *Store) show(ctx context.Context, keys []string, yield func(sessions.Listed, error) bool) bool {
	gets := make(rueidis.Commands, len(keys))
	for i, key := range keys {
		gets[i] = s.client.B().Get().Key(s.prefix + key).Build()
	}
	ctx, cancel := s.bounded(ctx)
	replies := s.client.DoMulti(ctx, gets...)
	cancel()
	for i, reply := range replies {
		rec, err := s.read(reply)
		switch {
		case errors.Is(err, sessions.ErrNotFound):
			continue
		case err != nil && !errors.Is(err, sessions.ErrCorrupt):
			yield(sessions.Listed{}, err)
			return false
		}
		if !yield(sessions.Listed{Key: keys[i], Record: rec}, nil) {
			return false
		}
	}
	return true
}

// pages answers the session keys of all servers, a page at a time, or ends with
// an error.
func (s *Store) pages(ctx context.Context) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		nodes := s.client.Nodes()
		for _, node := range nodes {
			if len(nodes) > 1 {
				replica, err := s.isReplica(ctx, node)
				if err != nil {
					yield(nil, err)
					return
				}
				if replica {
					continue
				}
			}
			for cursor, more := uint64(0), true; more; more = cursor != 0 {
				entry, err := s.scan(ctx, node, cursor)
				if !yield(s.keys(entry.Elements), err) || err != nil {
					return
				}
				cursor = entry.Cursor
			}
		}
	}
}

func (s *Store) isReplica(ctx context.Context, node rueidis.Client) (bool, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	role, err := node.Do(ctx, node.B().Role().Build()).ToArray()
	if err != nil {
		return false, problem("cannot ask a server for its role", err)
	}
	if len(role) == 0 {
		return false, nil
	}
	name, err := role[0].ToString()
	return name == "slave", problem("cannot ask a server for its role", err)
}

func (s *Store) scan(ctx context.Context, node rueidis.Client, cursor uint64) (rueidis.ScanEntry, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	match := globs.Replace(s.prefix) + "*"
	entry, err := node.Do(ctx, node.B().Scan().Cursor(cursor).Match(match).Count(page).Build()).AsScanEntry()
	return entry, problem("cannot list the sessions", err)
}

// globs takes the meaning from the characters that have one in a pattern.
var globs = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// keys answers the session keys among the names that begin with the prefix; it
// may reuse names. What no Manager would make is somebody else's.
func (s *Store) keys(names []string) []string {
	keys := names[:0]
	for _, name := range names {
		if key, ok := strings.CutPrefix(name, s.prefix); ok && sessions.ValidKey(key) {
			keys = append(keys, key)
		}
	}
	return keys
}
