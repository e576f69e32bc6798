package cachedstore_test

import (
	"context"
	"math/rand/v2"
)

// This file runs goroutines one step at a time, in an order that a seed decides.

// schedule has clients take turns: one runs until its next step, then another,
// or the same again.
type schedule struct {
	random  *rand.Rand
	waiting []*client
}

// client is one of the goroutines.
type client struct {
	turn   chan struct{}
	paused chan bool // false when it has ended
}

type clientKey struct{}

// step lets others run. Without a client in the context it does nothing.
func step(ctx context.Context) {
	if c, ok := ctx.Value(clientKey{}).(*client); ok {
		c.paused <- true
		<-c.turn
	}
}

// add makes work a client, which begins at its first turn.
func (s *schedule) add(ctx context.Context, work func(context.Context)) {
	c := &client{make(chan struct{}), make(chan bool)}
	s.waiting = append(s.waiting, c)
	go func() {
		<-c.turn
		work(context.WithValue(ctx, clientKey{}, c))
		c.paused <- false
	}()
}

// run gives turns until all clients have ended, and calls between before each.
func (s *schedule) run(between func()) {
	for len(s.waiting) > 0 {
		between()
		i := s.random.IntN(len(s.waiting))
		c := s.waiting[i]
		c.turn <- struct{}{}
		if !<-c.paused {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
		}
	}
}
