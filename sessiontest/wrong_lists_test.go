package sessiontest

import (
	"context"
	"iter"
	"strings"
	"sync"

	"github.com/cloakroom-go/sessions"
)

// This file is the wrong stores that go wrong in listings.

func sequence(all map[string]sessions.Record) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for key, rec := range all {
			if !yield(sessions.Listed{Key: key, Record: rec}, nil) {
				return
			}
		}
	}
}

func filtered(seq iter.Seq2[sessions.Listed, error], keep func(sessions.Listed) bool) iter.Seq2[sessions.Listed, error] {
	return func(yield func(sessions.Listed, error) bool) {
		for l, err := range seq {
			if keep(l) && !yield(l, err) {
				return
			}
		}
	}
}

var wrongLists = []mistake{
	{name: "List shows what has ended", breaks: listLiving, make: func(w *wrong) {
		known := remember(w)
		w.list = func(context.Context) iter.Seq2[sessions.Listed, error] { return sequence(known()) }
	}},
	{name: "List stops after a page", breaks: listLiving, make: func(w *wrong) {
		w.list = func(ctx context.Context) iter.Seq2[sessions.Listed, error] {
			n := 0
			return filtered(w.Store.List(ctx), func(sessions.Listed) bool { n++; return n <= 100 })
		}
	}},
	{name: "List shows records twice", breaks: listLiving, make: func(w *wrong) {
		w.list = func(ctx context.Context) iter.Seq2[sessions.Listed, error] {
			return func(yield func(sessions.Listed, error) bool) {
				for l, err := range w.Store.List(ctx) {
					for range 2 {
						if !yield(l, err) {
							return
						}
					}
				}
			}
		}
	}},
	{name: "List leaves data out", breaks: loadExact, make: func(w *wrong) {
		w.list = func(ctx context.Context) iter.Seq2[sessions.Listed, error] {
			return func(yield func(sessions.Listed, error) bool) {
				for l, err := range w.Store.List(ctx) {
					l.Record.Data = nil
					if !yield(l, err) {
						return
					}
				}
			}
		}
	}},
	{name: "List holds a lock", breaks: listFree, only: "list/holds nothing up", make: func(w *wrong) {
		var mu sync.Mutex
		w.list = func(ctx context.Context) iter.Seq2[sessions.Listed, error] {
			return func(yield func(sessions.Listed, error) bool) {
				mu.Lock()
				defer mu.Unlock()
				w.Store.List(ctx)(yield)
			}
		}
		w.delete = func(ctx context.Context, key string) error {
			mu.Lock()
			defer mu.Unlock()
			return w.Store.Delete(ctx, key)
		}
	}},
	{name: "ListOwner ignores case", breaks: listOwner, make: func(w *wrong) {
		w.listOwner = func(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
			return filtered(w.Store.List(ctx), func(l sessions.Listed) bool { return strings.EqualFold(l.Record.Owner, owner) })
		}
	}},
	{name: "ListOwner searches", breaks: listOwner, make: func(w *wrong) {
		w.listOwner = func(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
			return filtered(w.Store.List(ctx), func(l sessions.Listed) bool { return strings.HasPrefix(l.Record.Owner, owner) })
		}
	}},
	{name: "ListOwner goes by the first owner", breaks: listOwner, make: func(w *wrong) {
		known := remember(w)
		w.listOwner = func(ctx context.Context, owner string) iter.Seq2[sessions.Listed, error] {
			return filtered(w.Store.List(ctx), func(l sessions.Listed) bool { return known()[l.Key].Owner == owner })
		}
	}},
}
