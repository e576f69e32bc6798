package sessions

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// This file is about what a commit waits for: its deadline and its turn.

func TestDeadlineEndsByItself(t *testing.T) {
	for name, waits := range map[string]bool{"with a timer": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent, leave := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "value"))
				c := withDeadline(parent, time.Minute)
				defer c.end()
				leave() // the visitor
				if waits {
					select {
					case <-c.Done():
						t.Fatal("it has ended with its parent")
					default:
					}
				}
				if c.Err() != nil || c.Value(contextKey{}) != "value" {
					t.Errorf("Err %v, Value %v", c.Err(), c.Value(contextKey{}))
				}
				child, cancel := context.WithCancel(c)
				defer cancel()
				time.Sleep(time.Minute)
				synctest.Wait()
				if !errors.Is(c.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) {
					t.Errorf("after a minute: %v, its child %v", c.Err(), child.Err())
				}
			})
		})
	}
}

func TestDeadlineEnds(t *testing.T) {
	for name, waits := range map[string]bool{"with a timer": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			c := withDeadline(t.Context(), time.Minute)
			if waits {
				c.Done()
			}
			c.end()
			<-c.Done()
			if !errors.Is(c.Err(), context.Canceled) {
				t.Errorf("Err %v", c.Err())
			}
		})
	}
}

func TestQueueWaitsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue
		first, err := q.lock(t.Context(), "abcdefgh")
		if err != nil {
			t.Fatal(err)
		}
		other, err := q.lock(t.Context(), "abcdefgx") // the same shard, another line
		if err != nil {
			t.Fatal(err)
		}
		other.unlock()

		gone, leave := context.WithCancel(t.Context())
		refused := make(chan error)
		go func() { _, err := q.lock(gone, "abcdefgh"); refused <- err }()
		turn := make(chan *line)
		go func() { l, _ := q.lock(t.Context(), "abcdefgh"); turn <- l }()
		synctest.Wait()
		leave()
		if err := <-refused; !errors.Is(err, context.Canceled) {
			t.Errorf("who left was told %v", err)
		}
		select {
		case <-turn:
			t.Error("two have the turn")
		default:
		}
		first.unlock()
		(<-turn).unlock()
		for i := range q.shards {
			if n := len(q.shards[i].lines); n > 0 {
				t.Errorf("%d lines are left over", n)
			}
		}
	})
}
