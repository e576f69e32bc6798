package sessiontest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is what the checks are written with: records to store, time to
// pass, and promises to find broken.

// probe is one check under way.
type probe struct {
	tb     testing.TB
	ctx    context.Context
	h      Harness
	check  string
	second *handle // see handle.other
	mu     sync.Mutex
	broken []Broken
	keys   []string // all that were made
}

// stopped is what ends a check early.
type stopped struct{}

// enough is how many broken promises one check reports.
const enough = 4

func (p *probe) broke(promise, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := Broken{Check: p.check, Promise: promise, Seen: fmt.Sprintf(format, args...)}
	if len(p.broken) < enough && !slices.Contains(p.broken, b) {
		p.broken = append(p.broken, b)
	}
}

// stop is broke for what leaves nothing more to check. Not for goroutines.
func (p *probe) stop(promise, format string, args ...any) {
	p.broke(promise, format, args...)
	panic(stopped{})
}

// expect finds promise broken unless err is want, where nil is no error.
func (p *probe) expect(promise string, err, want error, call string) bool {
	if errors.Is(err, want) {
		return true
	}
	p.broke(promise, "%s answered %s, want %s", call, name(err), name(want))
	return false
}

// name is how an error is shown: by its sentinel, as its text may be a secret.
func name(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{nil, "no error"},
		{sessions.ErrEnded, "ErrEnded"},
		{sessions.ErrNotFound, "ErrNotFound"},
		{sessions.ErrConflict, "ErrConflict"},
		{sessions.ErrCorrupt, "ErrCorrupt"},
		{sessions.ErrFull, "ErrFull"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return fmt.Sprintf("the error %q", err)
}

// key answers a key as a Manager would make it.
func (p *probe) key() string {
	key := strings.ToLower(rand.Text())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, key)
	return key
}

// checkText finds keys and data in the text of an error.
func (p *probe) checkText(text, call string) {
	p.mu.Lock()
	hasKey := slices.ContainsFunc(p.keys, func(key string) bool { return strings.Contains(text, key) })
	p.mu.Unlock()
	if hasKey {
		p.broke(silentErrors, "%s answered an error with a key in it", call)
	}
	if strings.Contains(text, secret) {
		p.broke(silentErrors, "%s answered an error with data in it", call)
	}
}

// now tells the store's time.
func (p *probe) now() time.Time {
	if p.h.Clock != nil {
		return p.h.Clock.Now()
	}
	return time.Now().Truncate(time.Microsecond)
}

// later is an expiry that no check lives to see.
func (p *probe) later() time.Time { return p.now().Add(24 * time.Hour) }

// past is when a record with this expiry has ended for every clock that is
// near enough; before is until when it lives.
func (p *probe) past(expires time.Time) time.Time   { return expires.Add(p.h.Resolution) }
func (p *probe) before(expires time.Time) time.Time { return expires.Add(-p.h.Resolution) }

// wait lets time pass until t.
func (p *probe) wait(t time.Time) {
	if p.h.Clock != nil {
		p.h.Clock.Advance(max(0, t.Sub(p.h.Clock.Now())))
		return
	}
	time.Sleep(time.Until(t))
}

// record answers a record to store.
func (p *probe) record(text string) sessions.Record {
	return sessions.Record{
		Data:    body(text),
		Expires: p.later(),
		Created: p.now().Add(-time.Hour),
	}
}

// same finds promises broken unless got is what was stored as want.
func (p *probe) same(got, want sessions.Record, when string) {
	p.sameData(loadExact, got.Data, want.Data, when)
	p.sameTime(got.Expires, want.Expires, p.h.Resolution, p.h.NoExpires, when+": Expires")
	p.sameTime(got.Created, want.Created, time.Second, p.h.NoCreated, when+": Created")
	if got.Owner != want.Owner && !(p.h.NoOwner && got.Owner == "") {
		p.broke(loadAll, "%s: Owner is %q, want %q", when, got.Owner, want.Owner)
	}
	if len(got.Foreign) > 0 {
		p.broke(loadExact, "%s: %d keys are said to be foreign", when, len(got.Foreign))
	}
}

func (p *probe) sameTime(got, want time.Time, within time.Duration, unknown bool, when string) {
	switch {
	case unknown && !got.IsZero():
		p.broke(loadAll, "%s is %v, want zero, as the layout cannot tell", when, got)
	case !unknown && got.Sub(want).Abs() > within:
		p.broke(loadAll, "%s is %v, want %v", when, got, want)
	}
}

func (p *probe) sameData(promise string, got, want []byte, when string) {
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	p.broke(promise, "%s: Data is %d bytes, want %d, and differs from byte %d on: %q, want %q",
		when, len(got), len(want), at, excerpt(got, at), excerpt(want, at))
}

func excerpt(data []byte, at int) []byte {
	return data[max(0, at-8):min(len(data), at+24)]
}
