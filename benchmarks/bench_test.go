package benchmarks

import (
	"context"
	"net/http"
	"testing"
)

// This file times one request through ServeHTTP, by what it does with its
// session.

// BenchmarkUntouched is a request with a live cookie that doesn't use its
// session. bare is the handler without any library, floor the handler behind
// the least that can attach anything to a request: one value in its context.
func BenchmarkUntouched(b *testing.B) {
	bare := http.HandlerFunc(ok)
	live := signedIn(b, newCloakroom(b))
	b.Run("lib=bare", func(b *testing.B) { repeat(b, live, bare) })
	b.Run("lib=floor", func(b *testing.B) { repeat(b, live, withOneValue(bare)) })
	forEach(b, func(b *testing.B, c contestant) {
		repeat(b, signedIn(b, c), c.untouched())
	})
}

type floorKey struct{}

func withOneValue(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), floorKey{}, r)))
	})
}

// BenchmarkReadOne reads one of the 8 keys.
func BenchmarkReadOne(b *testing.B) {
	forEach(b, func(b *testing.B, c contestant) {
		want, got := valueOf(readKey), ""
		repeat(b, signedIn(b, c), c.read(readKey, func(value string) { got = value }))
		if got != want {
			b.Errorf("%s is %q; want %q", readKey, got, want)
		}
	})
}

// BenchmarkWriteOne sets one of the 8 keys of a session that exists, each time to
// another value.
func BenchmarkWriteOne(b *testing.B) {
	forEach(b, func(b *testing.B, c contestant) {
		repeat(b, signedIn(b, c), c.write(writeKey, clock()))
	})
}

// sessionsPerStore bounds how full a store gets while sessions are created, so
// that a fast library is not measured with a fuller one.
const sessionsPerStore = 1 << 14

// BenchmarkCreate begins a session and puts the 8 keys into it.
func BenchmarkCreate(b *testing.B) {
	for _, e := range sprinters {
		b.Run("lib="+e.name, func(b *testing.B) {
			v, h := newVisitor(), e.enter(b).create()
			b.ReportAllocs()
			for n := 1; b.Loop(); n++ {
				v.visit(b, h)
				if n%sessionsPerStore == 0 {
					b.StopTimer()
					h = e.enter(b).create()
					b.StartTimer()
				}
			}
		})
	}
}

// forEach runs bench for each library.
func forEach(b *testing.B, bench func(*testing.B, contestant)) {
	for _, e := range sprinters {
		b.Run("lib="+e.name, func(b *testing.B) { bench(b, e.enter(b)) })
	}
}

// repeat measures v's request to h.
func repeat(b *testing.B, v *visitor, h http.Handler) {
	b.ReportAllocs()
	for b.Loop() {
		v.visit(b, h)
	}
}
