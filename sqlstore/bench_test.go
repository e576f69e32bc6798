package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file measures the stores on SQLite files: 10,000 sessions of 300 bytes.

const sessionsInBench = 10_000

var someData = `{"filler":"` + strings.Repeat("x", 287) + `"}`

// eachBench runs a benchmark for each layout: by one goroutine, and by 64 at
// once, whose writes go through one connection and whose reads through several.
func eachBench(b *testing.B, work func(ctx context.Context, s store, n int) error) {
	for name, layout := range layouts {
		file := filepath.Join(b.TempDir(), "sessions.db")
		db, reader := open(b, file), open(b, file)
		db.SetMaxOpenConns(1)
		keep(reader, 8)
		s := layout(b, db, sqlstore.Config{Reader: reader})
		for n := range sessionsInBench {
			if err := s.Create(b.Context(), key(n), record(someData)); err != nil {
				b.Fatal(err)
			}
		}
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", name, goroutines), func(b *testing.B) {
				b.ReportAllocs()
				parallel(b, goroutines, func(n int) error { return work(b.Context(), s, n) })
			})
		}
	}
}

func keep(db *sql.DB, conns int) {
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
}

func parallel(b *testing.B, goroutines int, work func(n int) error) {
	if goroutines == 1 {
		for b.Loop() {
			if err := work(rand.N(sessionsInBench)); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(rand.N(sessionsInBench)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	eachBench(b, func(ctx context.Context, s store, n int) error {
		_, err := s.Load(ctx, key(n))
		return err
	})
}

func BenchmarkReplace(b *testing.B) {
	eachBench(b, func(ctx context.Context, s store, n int) error {
		old, err := s.Load(ctx, key(n))
		if err == nil {
			err = s.Replace(ctx, key(n), old, record(someData))
		}
		return ignore(err, sessions.ErrConflict)
	})
}

func BenchmarkTouch(b *testing.B) {
	eachBench(b, func(ctx context.Context, s store, n int) error {
		return s.Touch(ctx, key(n), record("").Expires)
	})
}

func BenchmarkCreate(b *testing.B) {
	var next atomic.Int64
	next.Store(sessionsInBench)
	eachBench(b, func(ctx context.Context, s store, _ int) error {
		return s.Create(ctx, key(int(next.Add(1))), record(someData))
	})
}

func ignore(err, harmless error) error {
	if err == harmless {
		return nil
	}
	return err
}
