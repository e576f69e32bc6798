package sessions

import (
	"context"
	"sync"
	"time"
)

// This file is the context of a commit. It outlives the visitor's connection:
// what a handler has done is stored even if nobody waits for the answer.

// deadline is a context that ends at a time, and sets a timer only for those
// who wait for it: a store in memory never does.
type deadline struct {
	parent context.Context // for its values; it never ends
	at     time.Time

	mu     sync.Mutex
	timed  context.Context // with the timer, once somebody waits
	cancel context.CancelFunc
	ended  bool
}

// withDeadline returns a context with the values of parent but none of its
// ends, and its own after d. end frees what it holds.
func withDeadline(parent context.Context, d time.Duration) *deadline {
	return &deadline{parent: context.WithoutCancel(parent), at: time.Now().Add(d)}
}

func (c *deadline) Deadline() (time.Time, bool) { return c.at, true }

func (c *deadline) Value(key any) any { return c.parent.Value(key) }

func (c *deadline) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.parent, c.at)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed.Done()
}

func (c *deadline) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.timed != nil:
		return c.timed.Err()
	case c.ended:
		return context.Canceled
	case !time.Now().Before(c.at):
		return context.DeadlineExceeded
	}
	return nil
}

// end is for when nobody needs the context any more.
func (c *deadline) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}
