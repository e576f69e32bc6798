package sessions

import (
	"context"
	"hash/maphash"
	"sync"
)

// This file lets the commits of one session queue up within the process, so
// that they need not find out from the store that they were in each other's way.

const queueShards = 64

// queue is a mutex for each key that is in use. Its zero value is ready.
type queue struct {
	shards [queueShards]struct {
		mu    sync.Mutex
		lines map[string]*line
	}
}

// line is the queue of one key: whoever has put the token in may go on.
type line struct {
	token chan struct{}
	users int
}

var queueSeed = maphash.MakeSeed()

// lock waits for the key's turn, or for the context.
func (q *queue) lock(ctx context.Context, key string) (unlock func(), err error) {
	shard := &q.shards[maphash.String(queueSeed, key)%queueShards]
	shard.mu.Lock()
	l := shard.lines[key]
	if l == nil {
		if shard.lines == nil {
			shard.lines = map[string]*line{}
		}
		l = &line{token: make(chan struct{}, 1)}
		shard.lines[key] = l
	}
	l.users++
	shard.mu.Unlock()

	leave := func() {
		shard.mu.Lock()
		defer shard.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(shard.lines, key)
		}
	}
	select {
	case l.token <- struct{}{}:
		return func() { <-l.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
