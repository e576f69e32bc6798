package memcachestore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memcachestore"
)

// This file is about the names of tombstones, by which a cache in front of a
// database knows its own.

func TestNamedTombstones(t *testing.T) {
	for layout, cfg := range map[string]memcachestore.Config{"native": {}, "django": {Format: graves{}}} {
		t.Run(layout, func(t *testing.T) {
			s, _, _ := serve(t, cfg)
			later := time.Now().Add(time.Hour)
			named := func(name string) sessions.Record { return sessions.Record{Expires: later, Revision: name} }
			if err := s.Create(t.Context(), key, named("ABC")); err != nil {
				t.Fatal(err)
			}
			if rec, err := s.Load(t.Context(), key); !errors.Is(err, sessions.ErrEnded) || rec.Revision != "ABC" {
				t.Errorf("Load answers the name %q and %v", rec.Revision, err)
			}
			if err := s.Touch(t.Context(), key, later); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("Touch answers %v", err)
			}
			for _, name := range []string{"", "ABCD", "AB", "1"} {
				if err := s.Replace(t.Context(), key, named(name), named("ABC")); !errors.Is(err, sessions.ErrConflict) {
					t.Errorf("Replace of %q answers %v", name, err)
				}
			}
			disguised := sessions.Record{Data: []byte("{}"), Revision: "ABC"}
			if err := s.Replace(t.Context(), key, disguised, record(1)); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("Replace of a record by that name answers %v", err)
			}
			if err := s.Replace(t.Context(), key, named("ABC"), named("DEF")); err != nil {
				t.Errorf("Replace by the next tombstone answers %v", err)
			}
			if err := s.Replace(t.Context(), key, named("ABC"), record(1)); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("Replace by the old name answers %v", err)
			}
			if err := s.Replace(t.Context(), key, named("DEF"), record(1)); err != nil {
				t.Errorf("Replace answers %v", err)
			}
			if rec, err := s.Load(t.Context(), key); err != nil || string(rec.Data) != string(record(1).Data) {
				t.Errorf("afterwards Load answers %s, %v", rec.Data, err)
			}
		})
	}
}
