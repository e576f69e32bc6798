// Package sessiontest checks that a store keeps every promise of
// [sessions.Store] and of the optional interfaces that it implements.
//
// The author of a store calls [Run] from a test and says in a [Harness] how to
// open one:
//
//	func TestStore(t *testing.T) {
//		sessiontest.Run(t, sessiontest.Harness{
//			Open: func(tb testing.TB) sessions.Store {
//				return mystore.New(emptyDatabase(tb))
//			},
//		})
//	}
//
// A failure names the promise that was broken, then what was seen:
//
//	promise broken: a deleted session never comes back: Replace with what was
//	loaded before Delete answered no error, want ErrConflict
//
// The checks race many goroutines against each other, so run them with -race.
package sessiontest

import (
	"fmt"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// Harness says how to open the store under test and what its layout of
// records cannot hold. Only Open is required; the zero value of all else is a
// store that keeps the whole contract.
type Harness struct {
	// Open returns a new store with nothing in it; tb.Cleanup is the place to
	// close it. Every check opens one of its own, one after the other.
	Open func(tb testing.TB) sessions.Store

	// Reopen returns another store on the data of the given one, as another
	// process would have it. Checks of races then use both. nil, the default,
	// leaves that out.
	Reopen func(tb testing.TB, store sessions.Store) sessions.Store

	// Clock is the clock that the stores judge expiry by. With nil, the
	// default, that is the real time, and the checks wait for it: some 20 ms
	// and three times the Resolution for each check of expiry.
	Clock *Clock

	// Resolution is how coarsely the backend keeps expiry, together with how
	// far its clock may be from this one: a record may end so much earlier or
	// later. 0, the default, is a microsecond.
	Resolution time.Duration

	// MaxData is the size in bytes of the largest Data that the backend has
	// room for. 0, the default, is no limit below 1 MiB.
	MaxData int

	// MaxKey is the number of characters of the longest key that the layout has
	// room for. 0, the default, is 128, the most that a Manager may use.
	MaxKey int

	// NoExpires, NoCreated and NoOwner: the layout cannot tell that part of a
	// Record, so Load answers zero.
	NoExpires, NoCreated, NoOwner bool

	// NoTombstones: the layout has no place for a tombstone, so that Replace
	// without Data removes the record.
	NoTombstones bool

	// Names: the store keeps the names of tombstones, and so can be a cache. With
	// false, the default, they are not checked.
	Names bool

	// Corrupt damages the record under key, past the store, so that it cannot
	// be decoded. nil, the default, leaves out the checks of ErrCorrupt.
	Corrupt func(tb testing.TB, store sessions.Store, key string)

	// Foreign stores a record under key, past the store, with values that JSON
	// cannot hold, and answers the names that Record.Foreign must have, in any
	// order. nil, the default, leaves out the check.
	Foreign func(tb testing.TB, store sessions.Store, key string) []string
}

// Broken is a promise that a store did not keep.
type Broken struct {
	Check   string // the check that found out, such as "delete/is final"
	Promise string // the promise, such as "a deleted session never comes back"
	Seen    string // what the store did
}

// Error says which promise was broken, and how.
func (b Broken) Error() string {
	return fmt.Sprintf("promise broken: %s: %s", b.Promise, b.Seen)
}

// Run checks the store that h opens. Each check is a subtest, and is skipped if
// it is of something that the store, or h, does not have.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			broken, lacking := c.of(t, h)
			for _, b := range broken {
				t.Error(b)
			}
			if lacking != "" {
				t.Skip(lacking)
			}
		})
	}
}

// Check checks like [Run], but answers the promises that were broken instead of
// failing tb, which it only hands to the functions of h.
func Check(tb testing.TB, h Harness) []Broken {
	tb.Helper()
	var all []Broken
	for _, c := range checks {
		broken, _ := c.of(tb, h)
		all = append(all, broken...)
	}
	return all
}
