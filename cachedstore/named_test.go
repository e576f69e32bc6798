package cachedstore_test

import (
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file is the cache of the tests.

// newCache returns an empty cache.
func newCache(now func() time.Time) sessions.Store { return memstore.New(memstore.Config{Now: now}) }
