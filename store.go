package sessions

import (
	"context"
	"iter"
	"time"
)

// This file is the contract between the [Manager] and whatever keeps sessions.

// Record is one stored session.
//
// A Record's Data is never changed in place by anyone: a slice handed to a
// Store belongs to the Store from then on, and a slice returned by Load keeps
// its content for ever, whatever is stored later.
type Record struct {
	// Data is the session as a JSON object in ASCII, in the form of Python's
	// json.dumps with compact separators: every other character is escaped,
	// the bare words NaN, Infinity and -Infinity may stand for numbers, and no
	// name stands twice.
	// How it is laid down at rest is the store's affair. In a Record handed to
	// Create or Replace, no Data at all means a tombstone; see [Store].
	Data []byte

	// Expires is when the session ends by itself, to the microsecond. Load
	// answers zero where the layout cannot tell; in a write it is always set.
	Expires time.Time

	// Created is when the session began. Load answers zero where the layout
	// cannot tell.
	Created time.Time

	// Owner says whose session it is, as text, or is empty; see Config.OwnerKey.
	// Stores that cannot index by it may leave it out.
	Owner string

	// Foreign names the keys whose values JSON cannot hold exactly and which
	// are therefore missing from Data. A record with any is never replaced.
	Foreign []string

	// Revision is set by Load and handed back to Replace; only the store knows
	// what it means. A tombstone's is its name, which whoever stores it may
	// choose; most have none. Stores that cannot keep a name leave it out, and
	// cannot be caches.
	Revision string
}

// Store keeps sessions by key. Each method is one native primitive of the
// backend, so that no call can be torn: a Store must be safe for concurrent use
// by many goroutines and, where the backend is shared, by many processes.
//
// A key is 8 to 128 characters of a-z and 0-9 when it comes from a Manager; a
// Store must survive any other (find nothing, or answer an error) and must
// never interpret one as anything but a name. No error may contain a key or
// data. Package sessiontest checks all that is said here.
type Store interface {
	// Load answers the live record under key. It answers [ErrNotFound] if there
	// is none or it has expired (a record that expires this very instant has);
	// [ErrEnded] if there is a tombstone, together with a Record whose Revision
	// is its name; and [ErrCorrupt], together with a
	// Record whose Revision Replace accepts, for what it cannot decode.
	Load(ctx context.Context, key string) (Record, error)

	// Create stores rec under a key that is not taken, or answers
	// [ErrConflict]. An expired record that still lies there may count as
	// taken. [ErrFull] says that there is no room. With no rec.Data it stores a
	// tombstone, as Replace does; a layout that has no place for one answers
	// [errors.ErrUnsupported].
	Create(ctx context.Context, key string, rec Record) error

	// Replace puts rec in the place of old, which Load answered for this key.
	// It answers [ErrConflict], and changes nothing, unless old is still what
	// is stored: not after another Replace with other data, not after Delete,
	// not after expiry. A Touch in between is no conflict.
	//
	// With rec.Expires not in the future, Replace removes the record. With no
	// rec.Data it leaves a tombstone until rec.Expires: Load then answers
	// ErrEnded, Create ErrConflict, Touch ErrNotFound, and no listing shows it.
	// A layout that has no place for a tombstone removes the record instead.
	//
	// A tombstone is replaced by an old without Data whose Revision is its name,
	// and by no other; one without a name, by none.
	Replace(ctx context.Context, key string, old, rec Record) error

	// Delete removes whatever is stored under key. That there is nothing is no
	// error.
	Delete(ctx context.Context, key string) error
}

// Toucher is a Store that can move a record's expiry without rewriting its
// data. Touch answers ErrNotFound if there is no live record: it never brings
// one back.
type Toucher interface {
	Touch(ctx context.Context, key string, expires time.Time) error
}

// Sweeper is a Store whose backend does not remove expired records by itself.
// Sweep deletes at most limit of them, tombstones included, in one short step,
// and reports how many it deleted; fewer than limit means that it is done.
type Sweeper interface {
	Sweep(ctx context.Context, limit int) (int, error)
}

// Listed is one record of a listing.
type Listed struct {
	Key    string // the session key: the secret that its visitor's cookie carries
	Record Record // as Load answers it, with a Revision that Replace accepts or none
}

// Lister is a Store that can go through its live records, in no certain order.
// Records that come or go meanwhile may or may not be seen. A record that
// cannot be decoded is listed without Data. The sequence ends after its first
// error.
type Lister interface {
	List(ctx context.Context) iter.Seq2[Listed, error]
}

// OwnerLister is a Store that finds the live records of one Owner without
// going through all of them.
type OwnerLister interface {
	ListOwner(ctx context.Context, owner string) iter.Seq2[Listed, error]
}

// Capability finds the optional interface T, such as [Toucher], in store or in
// the stores that it wraps: it follows Unwrap() Store methods. A wrapper that
// changes keys, data or which records exist must not have one.
func Capability[T any](store Store) (T, bool) {
	for {
		if c, ok := store.(T); ok {
			return c, true
		}
		w, ok := store.(interface{ Unwrap() Store })
		if !ok {
			var none T
			return none, false
		}
		store = w.Unwrap()
	}
}
