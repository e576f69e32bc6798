package sessiontest

import (
	"sync"
	"time"
)

// Clock is a clock for tests that stands still until it is moved. It is safe
// for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows now, to the microsecond.
func NewClock(now time.Time) *Clock {
	return &Clock{now: now.Truncate(time.Microsecond)}
}

// Now tells the time. The method value is made for a store's Config.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
