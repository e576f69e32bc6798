package memstore

// This file is a map that gives memory back.

// table is a map by string that is made anew once three quarters of it have
// gone: a Go map keeps the memory of its largest size, and a walk goes through
// its empty places. A walk may remove what it meets: what it has not reached yet
// is in the old map as well as in the new.
type table[V any] struct {
	all  map[string]V
	peak int // the most entries since the map was made
}

// shrinkFrom is the size below which a map is not worth making smaller.
const shrinkFrom = 64

func (t *table[V]) set(key string, v V) {
	if t.all == nil {
		t.all = make(map[string]V)
	}
	t.all[key] = v
	t.peak = max(t.peak, len(t.all))
}

func (t *table[V]) remove(key string) {
	delete(t.all, key)
	if t.peak < shrinkFrom || len(t.all) > t.peak/4 {
		return
	}
	small := make(map[string]V, len(t.all))
	for key, v := range t.all {
		small[key] = v
	}
	t.all, t.peak = small, len(small)
}
