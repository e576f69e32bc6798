package engine_test

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/internal/djangotest"
	"github.com/cloakroom-go/sessions/internal/testserver"
)

// This file is the live bench: a real Django and this code share the sessions of
// real visitors, in both directions, for each version of Django on this machine,
// each of its engines, and each scenario.

// liveEngine is one way in which a Django site keeps sessions.
type liveEngine struct {
	engine django.Engine
	cache  *liveCache // nil for engines without one
}

// liveCache is a server that Django and this code share.
type liveCache struct {
	name, module string // in a URL; and of Python's driver
	backend      string
	since        [2]int // the first Django that has the backend
	start        func(testing.TB, ...string) *testserver.Server
}

var (
	liveRedis     = &liveCache{"redis", "redis", "django.core.cache.backends.redis.RedisCache", [2]int{4, 0}, testserver.Redis}
	liveMemcached = &liveCache{"memcached", "pymemcache", "django.core.cache.backends.memcached.PyMemcacheCache", [2]int{3, 2}, testserver.Memcached}
)

var liveEngines = []liveEngine{
	{django.EngineDB, nil},
	{django.EngineFile, nil},
	{django.EngineCache, liveRedis},
	{django.EngineCache, liveMemcached},
	{django.EngineCachedDB, liveRedis},
	{django.EngineCachedDB, liveMemcached},
	{django.EngineSignedCookies, nil},
}

// liveScenario is something that visitors or operators do to both sites.
type liveScenario struct {
	name string
	on   func(*liveBench) bool // which of them can
	run  func(*testing.T, *liveBench)
}

var liveScenarios = []liveScenario{
	{"Django's values are read here", everywhere, djangoValues},
	{"our values are read by Django", everywhere, ourValues},
	{"an age", everywhere, expiryAge},
	{"a date", dated, expiryDate},
	{"the end of the browser", everywhere, browserClose},
	{"a row's date", inDatabase, rowDate},
	{"one cookie for both", everywhere, oneCookie},
	{"an invented key", keyed, inventedKey},
	{"a longer life", keyed, longerLife},

	{"Django commits first", keyed, djangoFirst},
	{"both count", keyed, bothCount},
	{"Django commits last", keyed, djangoLast},
	{"Django looks late", keyed, djangoLate},
	{"Django logs out during ours", keyed, djangoLogsOut},
	{"Django logs out while we read", keyed, djangoLogsOutOfReading},
	{"we log out during Django's", keyed, weLogOut},
	{"we change the key during Django's", keyed, weCycleKey},
	{"Django changes the key during ours", keyed, djangoCyclesKey},

	{"login there", everywhere, djangoLogin},
	{"login here", everywhere, ourLogin},
	{"login of another", everywhere, otherLogin},
	{"a new password", everywhere, newPassword},
	{"we rotate the secret first", everywhere, weRotate},
	{"Django rotates the secret first", hasFallbacks, djangoRotates},
	{"messages", everywhere, messages},
	{"the secret against CSRF", everywhere, csrfSecret},

	{"clearsessions", swept, djangoSweeps},
	{"Sweep", swept, weSweep},
	{"Django has migrated", inDatabase, djangoMigrated},
	{"what only Python can hold", inCacheAlone, foreignValues},
	{"a tuple in the cache", beforeDatabase, tupleInCache},
}

func everywhere(*liveBench) bool       { return true }
func keyed(b *liveBench) bool          { return b.engine != django.EngineSignedCookies }
func inDatabase(b *liveBench) bool     { return b.is(django.EngineDB, django.EngineCachedDB) }
func inCacheAlone(b *liveBench) bool   { return b.is(django.EngineCache) }
func beforeDatabase(b *liveBench) bool { return b.is(django.EngineCachedDB) }
func swept(b *liveBench) bool {
	return b.is(django.EngineDB, django.EngineCachedDB, django.EngineFile)
}

// dated: before 4.1 Django can't write or read dates as a session's own expiry.
func dated(b *liveBench) bool { return b.in.AtLeast(4, 1) }

// hasFallbacks: before 4.2 Django has no SECRET_KEY_FALLBACKS, or logs everybody
// out who logged in under one.
func hasFallbacks(b *liveBench) bool { return b.in.AtLeast(4, 2) }

// liveBench is one Django site and the same site here.
type liveBench struct {
	liveEngine
	in       djangotest.Installation
	django   *djangotest.Site
	settings django.Settings
	here     *engine.Site
}

func (b *liveBench) is(engines ...django.Engine) bool { return slices.Contains(engines, b.engine) }

func TestLive(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		for _, e := range liveEngines {
			t.Run(e.String(), func(t *testing.T) {
				newLiveBench(t, in, e, asUsual).play(t, liveScenarios)
			})
		}
	})
}

// play runs the scenarios that the bench can.
func (b *liveBench) play(t *testing.T, scenarios []liveScenario) {
	for _, s := range scenarios {
		if s.on(b) {
			t.Run(s.name, func(t *testing.T) { s.run(t, b) })
		}
	}
}

func (e liveEngine) String() string {
	if e.cache == nil {
		return string(e.engine)
	}
	return string(e.engine) + "/" + e.cache.name
}

// liveSettings changes the settings of both sites.
type liveSettings func(there djangotest.Settings, here *django.Settings)

func asUsual(djangotest.Settings, *django.Settings) {}

// newLiveBench starts a Django site, migrates its database, and opens the same
// sessions here.
func newLiveBench(t *testing.T, in djangotest.Installation, e liveEngine, change liveSettings) *liveBench {
	b := newEmptyBench(t, in, e, change)
	if code, said := b.django.Manage(t, "migrate"); code != 0 {
		t.Fatalf("migrate: %s", said)
	}
	return b
}

// newEmptyBench leaves the database as it was made.
func newEmptyBench(t *testing.T, in djangotest.Installation, e liveEngine, change liveSettings) *liveBench {
	dir := t.TempDir()
	database := filepath.Join(dir, "django.sqlite3")
	there := djangotest.Settings{
		"SECRET_KEY":        oldSecret,
		"SESSION_ENGINE":    e.engine.Path(),
		"SESSION_FILE_PATH": dir,
		"DATABASES": map[string]any{
			"default": map[string]any{"ENGINE": "django.db.backends.sqlite3", "NAME": database},
		},
	}
	here := django.DefaultSettings()
	here.SecretKey = django.Secret(oldSecret)
	here.Engine = e.engine
	here.FilePath = dir
	here.DatabaseURL = django.URL("sqlite:///" + database)
	if e.cache != nil {
		addr := e.cache.ready(t, in)
		location := addr
		if e.cache == liveRedis {
			location = "redis://" + addr
		}
		there["CACHES"] = map[string]any{"default": map[string]any{"BACKEND": e.cache.backend, "LOCATION": location}}
		here.CacheURL = django.URL(e.cache.name + "://" + addr)
	}
	change(there, &here)
	b := &liveBench{liveEngine: e, in: in, settings: here, django: in.Start(t, there)}
	b.here = b.open(t, here)
	return b
}

// ready starts the cache, unless that Django cannot use it.
func (c *liveCache) ready(t *testing.T, in djangotest.Installation) (addr string) {
	if !in.AtLeast(c.since[0], c.since[1]) {
		t.Skipf("Django %s has no cache for %s", in.Version, c.name)
	}
	in.Need(t, c.module)
	return c.start(t).Addr
}

// open opens the bench's sessions here by other settings.
func (b *liveBench) open(t *testing.T, settings django.Settings) *engine.Site {
	t.Helper()
	site, err := engine.Open(t.Context(), &settings, func(c *sessions.Config) { c.Logger = slog.New(liveLog{t}) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	return site
}
