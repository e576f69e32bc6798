package cachelayout_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions/django/cachelayout"
)

// This file tests the edges that the vectors do not show, and shows the use.

func ExampleKey() {
	fmt.Println(cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix+"q3x0m1b7"))
	fmt.Println(cachelayout.Key("site-a", 7, cachelayout.CachedDBPrefix+"q3x0m1b7"))
	// Output:
	// :1:django.contrib.sessions.cacheq3x0m1b7
	// site-a:7:django.contrib.sessions.cached_dbq3x0m1b7
}

func TestRedisTTL(t *testing.T) {
	for age, want := range map[time.Duration]int64{
		-time.Hour:              0,
		-1:                      0,
		0:                       0,
		time.Second - 1:         0,
		time.Second:             1,
		2*time.Second - 1:       1,
		400 * 24 * time.Hour:    400 * 86400,
		math.MaxInt64:           9223372036,
		time.Duration(-1 << 63): 0,
	} {
		if got := cachelayout.RedisTTL(age); got != want {
			t.Errorf("%v: got %d, want %d", age, got, want)
		}
	}
}

func TestMemcachedExptime(t *testing.T) {
	now := time.Unix(1_800_000_000, 999_999_999)
	const days30 = 30 * 24 * time.Hour
	for age, want := range map[time.Duration]int32{
		-10 * time.Second:          -10,
		-time.Second:               -1,
		-1:                         -1,
		0:                          -1,
		time.Second - 1:            -1,
		time.Second:                1,
		days30 - 1:                 2591999,
		days30:                     2592000,
		days30 + 1:                 1_802_592_000,
		days30 + time.Second:       1_802_592_001,
		100 * 365 * 24 * time.Hour: math.MaxInt32,
		time.Duration(-1 << 63):    math.MinInt32,
		math.MaxInt64:              math.MaxInt32,
	} {
		if got := cachelayout.MemcachedExptime(age, now); got != want {
			t.Errorf("%v: got %d, want %d", age, got, want)
		}
	}
}

func TestCheckMemcachedKey(t *testing.T) {
	for _, key := range []string{"a", strings.Repeat("x", 250), ":1:~", "é"} {
		if err := cachelayout.CheckMemcachedKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range []string{"a b", "a\r\nset b", "a\x00", "a\x7f", "a\t", strings.Repeat("x", 251), strings.Repeat("é", 126)} {
		err := cachelayout.CheckMemcachedKey(key)
		if !errors.Is(err, cachelayout.ErrMemcachedKey) || strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
