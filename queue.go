package sessions

import (
	"context"
	"sync"
)

// This file lets the commits of one session queue up within the process, so
// that they need not find out from the store that they were in each other's way.

const queueShards = 64

// queue is a mutex for each key that is in use. Its zero value is ready.
type queue struct{ shards [queueShards]queueShard }

type queueShard struct {
	mu    sync.Mutex
	lines map[string]*line
	idle  []*line // for the next keys
}

// maxIdle bounds how many lines one shard keeps for later.
const maxIdle = 16

// line is the queue of one key: whoever has put the token in may go on.
type line struct {
	shard *queueShard
	key   string
	token chan struct{}
	users int
}

// lock waits for the key's turn, or for the context. The line that it answers is
// to be unlocked.
func (q *queue) lock(ctx context.Context, key string) (*line, error) {
	// Keys are random, so their letters spread them well enough.
	shard := &q.shards[(uint(key[0])*31+uint(key[1]))%queueShards]
	l := shard.join(key)
	select {
	case l.token <- struct{}{}:
		return l, nil
	default:
	}
	select {
	case l.token <- struct{}{}:
		return l, nil
	case <-ctx.Done():
		l.leave()
		return nil, ctx.Err()
	}
}

func (l *line) unlock() {
	<-l.token
	l.leave()
}

func (shard *queueShard) join(key string) *line {
	shard.mu.Lock()
	defer shard.mu.Unlock()
	l := shard.lines[key]
	if l == nil {
		if shard.lines == nil {
			shard.lines = map[string]*line{}
		}
		if last := len(shard.idle) - 1; last >= 0 {
			l, shard.idle = shard.idle[last], shard.idle[:last]
		} else {
			l = &line{shard: shard, token: make(chan struct{}, 1)}
		}
		l.key = key
		shard.lines[key] = l
	}
	l.users++
	return l
}

func (l *line) leave() {
	shard := l.shard
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	delete(shard.lines, l.key)
	if l.key = ""; len(shard.idle) < maxIdle {
		shard.idle = append(shard.idle, l)
	}
}
