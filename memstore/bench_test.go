package memstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file measures the store with a hundred thousand sessions of 350 bytes.

const filled = 100000

func fill(b *testing.B) (*memstore.Store, []string) {
	s, keys := memstore.New(memstore.Config{}), make([]string, filled)
	for n := range keys {
		keys[n] = key(n)
		rec := sample(n)
		rec.Owner = fmt.Sprint(n / 2)
		create(b, s, keys[n], rec)
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	b.ReportAllocs()
	b.ResetTimer()
	return s, keys
}

func sample(n int) sessions.Record {
	data := fmt.Appendf(nil, `{"n":%06d,"fill":"%s"}`, n%1000000, strings.Repeat("x", 330))
	return sessions.Record{Data: data, Expires: time.Now().Add(time.Hour), Created: time.Now()}
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkLoad(b *testing.B) {
	s, keys := fill(b)
	for n := 0; b.Loop(); n++ {
		_, err := s.Load(context.Background(), keys[n%filled])
		check(b, err)
	}
}

func BenchmarkLoadParallel(b *testing.B) {
	s, keys := fill(b)
	b.RunParallel(func(pb *testing.PB) {
		for n := rand.IntN(filled); pb.Next(); n++ {
			_, err := s.Load(context.Background(), keys[n%filled])
			check(b, err)
		}
	})
}

func BenchmarkLoadUnknown(b *testing.B) {
	s, _ := fill(b)
	unknown := key(filled)
	for b.Loop() {
		_, _ = s.Load(context.Background(), unknown)
	}
}

func BenchmarkReplace(b *testing.B) {
	s, keys := fill(b)
	for n := 0; b.Loop(); n++ {
		replace(b, s, keys[n%filled])
	}
}

func BenchmarkReplaceParallel(b *testing.B) {
	s, keys := fill(b)
	b.RunParallel(func(pb *testing.PB) {
		for n := rand.IntN(filled); pb.Next(); n++ {
			replace(b, s, keys[n%filled])
		}
	})
}

// replace loads and stores again, with other data; who comes second in a race
// is content.
func replace(b *testing.B, s *memstore.Store, key string) {
	old, err := s.Load(context.Background(), key)
	check(b, err)
	rec := old
	rec.Data = append(make([]byte, 0, len(old.Data)), old.Data...)
	rec.Data[5] = '0' + (rec.Data[5]+1)%10
	_ = s.Replace(context.Background(), key, old, rec)
}

func BenchmarkTouch(b *testing.B) {
	s, keys := fill(b)
	later := time.Now().Add(2 * time.Hour)
	for n := 0; b.Loop(); n++ {
		check(b, s.Touch(context.Background(), keys[n%filled], later))
	}
}

func BenchmarkCreateDelete(b *testing.B) {
	s, _ := fill(b)
	rec := sample(0)
	for n := filled; b.Loop(); n++ {
		k := key(n)
		check(b, s.Create(context.Background(), k, rec))
		check(b, s.Delete(context.Background(), k))
	}
}

func BenchmarkCreateParallel(b *testing.B) {
	s, _ := fill(b)
	rec := sample(0)
	b.RunParallel(func(pb *testing.PB) {
		prefix := fmt.Sprintf("%016x", rand.Uint64())
		for n := 0; pb.Next(); n++ {
			check(b, s.Create(context.Background(), fmt.Sprintf("%s%016d", prefix, n), rec))
		}
	})
}

func BenchmarkSweepNothing(b *testing.B) {
	s, _ := fill(b)
	for b.Loop() {
		_, err := s.Sweep(context.Background(), 1000)
		check(b, err)
	}
}

func BenchmarkListOwner(b *testing.B) {
	s, _ := fill(b)
	for n := 0; b.Loop(); n++ {
		for _, err := range s.ListOwner(context.Background(), fmt.Sprint(n%(filled/2))) {
			check(b, err)
		}
	}
}
