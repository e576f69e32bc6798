package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/memcachestore"
	"github.com/cloakroom-go/sessions/memstore"
	"github.com/cloakroom-go/sessions/redisstore"
)

// This file opens the cache that a CACHE_URL names, for entries in Django's
// layout.

// memcachedPort is where memcached listens if nothing else is said.
const memcachedPort = "11211"

// memcachedIdle is how many connections are kept to each memcached server; two,
// the client's own default, make most requests of a busy site connect anew.
const memcachedIdle = 64

func (s *Site) openCache(ctx context.Context, settings *django.Settings, now func() time.Time) (sessions.Store, error) {
	scheme, rest, ok := strings.Cut(string(settings.CacheURL), "://")
	if !ok {
		return nil, fmt.Errorf("engine: SESSION_ENGINE %s keeps sessions in a cache: set CACHE_URL to redis://host:6379/0, memcached://host:11211 or locmem://", settings.Engine)
	}
	switch scheme {
	case "locmem":
		return memstore.New(memstore.Config{Now: now}), nil
	case "memcached":
		return s.openMemcached(settings, rest, now)
	case "redis", "rediss", "unix":
		return s.openRedis(ctx, settings, now)
	}
	return nil, fmt.Errorf("engine: CACHE_URL has the scheme %q; known: redis, rediss, unix (Redis by its socket), memcached, locmem", scheme)
}

func (s *Site) openRedis(ctx context.Context, settings *django.Settings, now func() time.Time) (sessions.Store, error) {
	option, err := rueidis.ParseURL(string(settings.CacheURL))
	if err != nil {
		return nil, errors.New("engine: CACHE_URL cannot be read; it is redis://user:password@host:6379/0") // err repeats the password
	}
	option.DisableCache = true // a process must see its own writes, and others' logouts
	option.DisableRetry = true // a visitor need not wait while a dead server is asked again
	client, err := rueidis.NewClient(option)
	if err != nil {
		return nil, fmt.Errorf("engine: CACHE_URL: the Redis server does not answer: %w", err)
	}
	s.closing(func() error { client.Close(); return nil })
	return redisstore.New(client, redisstore.Config{
		Prefix: settings.EntryPrefix(), Format: django.CacheFormat{}, WholeSeconds: true, Now: now,
	})
}

func (s *Site) openMemcached(settings *django.Settings, servers string, now func() time.Time) (sessions.Store, error) {
	var addresses []string
	for server := range strings.SplitSeq(strings.TrimSuffix(servers, "/"), ",") {
		if server == "" {
			return nil, errors.New("engine: CACHE_URL names no server; it is memcached://host:11211, more of them after commas")
		}
		if _, _, err := net.SplitHostPort(server); err != nil {
			server = net.JoinHostPort(strings.Trim(server, "[]"), memcachedPort)
		}
		addresses = append(addresses, server)
	}
	client := memcache.New(addresses...)
	client.MaxIdleConns = memcachedIdle
	s.closing(client.Close)
	if err := client.Ping(); err != nil {
		return nil, fmt.Errorf("engine: CACHE_URL: memcached does not answer: %w", err)
	}
	return memcachestore.New(client, memcachestore.Config{
		Prefix: settings.EntryPrefix(), Format: django.CacheFormat{}, Flags: cachelayout.MemcachedFlags, Now: now,
	})
}
