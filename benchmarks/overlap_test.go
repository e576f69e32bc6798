package benchmarks

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// This file counts how many writes survive when a browser sends 20 requests at
// once, as a page that fetches its parts does.

const overlapping = 20

// TestOverlap holds Cloakroom to keeping every write, and tells what the others
// keep.
func TestOverlap(t *testing.T) {
	for _, e := range keepers {
		t.Run(e.name, func(t *testing.T) {
			kept, _ := overlap(t, e.enter(t))
			if e.name == "cloakroom" && kept != overlapping {
				t.Errorf("%d of %d overlapping writes were kept", kept, overlapping)
			}
			t.Logf("%d of %d overlapping writes were kept", kept, overlapping)
		})
	}
}

// BenchmarkOverlap reports how many of 20 overlapping writes survive, on
// average, and the 99th percentile of how long one took to be stored and
// answered. Its ns/op is the whole round.
func BenchmarkOverlap(b *testing.B) {
	for _, e := range keepers {
		b.Run("lib="+e.name, func(b *testing.B) {
			c, rounds, kept := e.enter(b), 0, 0
			var times []time.Duration
			for b.Loop() {
				k, t := overlap(b, c)
				rounds, kept, times = rounds+1, kept+k, append(times, t...)
			}
			slices.Sort(times)
			b.ReportMetric(float64(kept)/float64(rounds), "kept/20")
			b.ReportMetric(float64(times[len(times)*99/100]), "p99-ns")
		})
	}
}

// overlap sends 20 requests of one new session. Each loads the session, waits
// until all have, and then sets a key of its own. It returns how many of the
// keys are set afterwards, and how long each request took from then on.
func overlap(tb testing.TB, c contestant) (kept int, times []time.Duration) {
	const value = "kept"
	browser := signedIn(tb, c)
	times = make([]time.Duration, overlapping)
	var loaded, answered sync.WaitGroup
	loaded.Add(overlapping)
	for i := range overlapping {
		answered.Go(func() {
			var start time.Time
			browser.again().visit(tb, c.update(overlapKey(i), func(string) string {
				loaded.Done()
				loaded.Wait()
				start = time.Now()
				return value
			}))
			times[i] = time.Since(start)
		})
	}
	answered.Wait()
	for i := range overlapping {
		browser.visit(tb, c.read(overlapKey(i), func(v string) {
			if v == value {
				kept++
			}
		}))
	}
	return kept, times
}

func overlapKey(i int) string { return "part" + strconv.Itoa(i) }
