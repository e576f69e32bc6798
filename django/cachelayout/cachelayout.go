// Package cachelayout names and dates a session's entry as Django's cache
// framework does, so that both find it in one Redis or memcached.
//
// What an entry holds is the affair of package pickle. The functions follow
// Django's default KEY_FUNCTION and its backends RedisCache, PyMemcacheCache
// and PyLibMCCache, from 4.2 to 6.1.
package cachelayout

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// What the session engines put before the session key, without anything
// between. It keeps sessions apart from whatever else the site caches under
// names that a visitor may choose.
const (
	CachePrefix    = "django.contrib.sessions.cache"     // backends.cache
	CachedDBPrefix = "django.contrib.sessions.cached_db" // backends.cached_db
)

// DefaultVersion is Django's VERSION of a cache whose settings name none.
// Their default KEY_PREFIX is empty.
const DefaultVersion = 1

// MemcachedFlags are the client flags of an item that holds a pickle.
const MemcachedFlags uint32 = 1

// Key answers the full key of a cache entry: KEY_PREFIX, VERSION and name, with
// colons between. The name of a session is [CachePrefix] or [CachedDBPrefix]
// and its session key.
func Key(prefix string, version int, name string) string {
	return prefix + ":" + strconv.Itoa(version) + ":" + name
}

// RedisTTL answers the whole seconds of life, for EX, of a session with age
// left. At 0 Django does not set the entry but deletes it: it has ended.
func RedisTTL(age time.Duration) int64 {
	return max(0, int64(age/time.Second))
}

// maxRelative is what memcached takes for a number of seconds from now; any
// more is a date.
const maxRelative = 30 * 24 * time.Hour

// MemcachedExptime answers the expiry time, as memcached's protocol has it, of
// a session with age left: whole seconds up to 30 days, beyond that the date in
// Unix time, up to the last that memcached's 32 bits hold, in January 2038.
// What has ended is negative, which memcached takes for "at once"; 0 would be
// for ever.
func MemcachedExptime(age time.Duration, now time.Time) int32 {
	seconds := int64(age / time.Second)
	switch {
	case seconds == 0:
		return -1
	case age > maxRelative:
		seconds += now.Unix()
	}
	return int32(min(max(seconds, math.MinInt32), math.MaxInt32))
}

// ErrMemcachedKey is [CheckMemcachedKey]'s answer. It does not contain the key.
var ErrMemcachedKey = errors.New("cachelayout: a memcached key must have at most 250 bytes, none of them a space or a control character; a shorter KEY_PREFIX may help")

// CheckMemcachedKey answers [ErrMemcachedKey] for a full key that memcached
// would misread and Django refuses (InvalidCacheKey). Redis takes any.
func CheckMemcachedKey(key string) error {
	const maxLen, space, del = 250, 0x20, 0x7f
	if len(key) > maxLen {
		return ErrMemcachedKey
	}
	for i := range len(key) {
		if key[i] <= space || key[i] == del {
			return ErrMemcachedKey
		}
	}
	return nil
}
