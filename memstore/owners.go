package memstore

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// This file is the index of sessions by owner. Sessions without one cost
// nothing here, nor do writes that leave the owner as it was.

type owners struct {
	sync.Mutex
	byName table[*owner]
}

// owner is one Owner's sessions. Its name never changes, so it may be read
// without the lock; it is in the index as long as it has any keys.
type owner struct {
	name string
	keys map[string]struct{}
}

// move takes key from the owner that it had and gives it to the one named. It
// answers that one, nil for an empty name.
func (o *owners) move(from *owner, to, key string) *owner {
	if from == nil && to == "" || from != nil && from.name == to {
		return from
	}
	o.Lock()
	defer o.Unlock()
	if from != nil {
		delete(from.keys, key)
		if len(from.keys) == 0 {
			o.byName.remove(from.name)
		}
	}
	if to == "" {
		return nil
	}
	own := o.byName.all[to]
	if own == nil {
		own = &owner{name: strings.Clone(to), keys: make(map[string]struct{}, 1)}
		o.byName.set(own.name, own)
	}
	own.keys[strings.Clone(key)] = struct{}{} // see Create
	return own
}

// keysOf answers the keys of one owner as they are now.
func (o *owners) keysOf(name string) []string {
	o.Lock()
	defer o.Unlock()
	own := o.byName.all[name]
	if own == nil {
		return nil
	}
	return slices.Collect(maps.Keys(own.keys))
}
