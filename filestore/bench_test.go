//go:build unix && !aix && !solaris

package filestore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file measures one call of each kind, on sessions of about 300 bytes.

func typical(n int) sessions.Record {
	return sessions.Record{
		Data:    fmt.Appendf(nil, `{"_auth_user_id":"42","n":%d,"x":"%0250d"}`, n, n),
		Expires: time.Now().Add(time.Hour),
		Created: time.Now(),
		Owner:   "42",
	}
}

// both runs a benchmark with and without forcing to the disk.
func both(b *testing.B, run func(*testing.B, *filestore.Store)) {
	for name, noSync := range map[string]bool{"sync": false, "nosync": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, open(b, b.TempDir()+"/s", filestore.Config{NoSync: noSync}))
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	s := open(b, b.TempDir()+"/s", filestore.Config{})
	create(b, s, key, typical(1))
	b.ReportAllocs()
	for b.Loop() {
		load(b, s, key)
	}
}

func BenchmarkCreate(b *testing.B) {
	both(b, func(b *testing.B, s *filestore.Store) {
		for n := 0; b.Loop(); n++ {
			if err := s.Create(context.Background(), fmt.Sprintf("%032d", n), typical(n)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReplace(b *testing.B) {
	both(b, func(b *testing.B, s *filestore.Store) {
		create(b, s, key, typical(0))
		for n := 1; b.Loop(); n++ {
			if err := s.Replace(context.Background(), key, load(b, s, key), typical(n)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkReplaceParallel: 64 sessions are saved at once, by as many goroutines.
func BenchmarkReplaceParallel(b *testing.B) {
	both(b, func(b *testing.B, s *filestore.Store) {
		keys := make(chan string, 64)
		for n := range cap(keys) {
			k := fmt.Sprintf("%032d", n)
			create(b, s, k, typical(n))
			keys <- k
		}
		b.SetParallelism(cap(keys))
		b.RunParallel(func(pb *testing.PB) {
			for n := 1; pb.Next(); n++ {
				k := <-keys
				if err := s.Replace(context.Background(), k, load(b, s, k), typical(n)); err != nil {
					b.Error(err)
				}
				keys <- k
			}
		})
	})
}

func BenchmarkTouch(b *testing.B) {
	both(b, func(b *testing.B, s *filestore.Store) {
		create(b, s, key, typical(0))
		for b.Loop() {
			if err := s.Touch(context.Background(), key, time.Now().Add(time.Hour)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSweep goes through 1000 sessions that all live.
func BenchmarkSweep(b *testing.B) {
	s := open(b, b.TempDir()+"/s", filestore.Config{NoSync: true})
	for n := range 1000 {
		create(b, s, fmt.Sprintf("%032d", n), typical(n))
	}
	b.ReportAllocs()
	for b.Loop() {
		if n, err := s.Sweep(context.Background(), 100); n != 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}
