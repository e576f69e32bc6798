package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/internal/djangotest"
)

// This file is what operators do: remove expired sessions, and migrate.

// theQuick and theDead are sessions of both sites, living and expired.
func theQuick(t *testing.T, b *liveBench) []*liveVisitor {
	there := b.visitor(t)
	there.theirs(set("a", `1`))
	return []*liveVisitor{b.returning(t), there}
}

func theDead(t *testing.T, b *liveBench) []string {
	theirs := b.visitor(t).theirs(do{"expire_after", -10}, do{"save"}, do{"session_key"})
	ours := strings.Repeat("dead", 8)
	past := sessions.Record{Data: []byte(`{"a":1}`), Expires: time.Now().Add(-30 * 24 * time.Hour)}
	if err := b.here.Store.Create(t.Context(), ours, past); err != nil {
		t.Fatal(err)
	}
	return []string{strings.Trim(theirs, `"`), ours}
}

func checkSwept(t *testing.T, b *liveBench, quick []*liveVisitor, dead []string) {
	t.Helper()
	for _, v := range quick {
		v.holds(`{"a":1}`)
	}
	for _, key := range dead {
		if b.django.Exists(t, key) {
			t.Error("an expired session is still there")
		}
	}
}

func djangoSweeps(t *testing.T, b *liveBench) {
	quick, dead := theQuick(t, b), theDead(t, b)
	for _, key := range dead {
		if !b.django.Exists(t, key) {
			t.Error("there is no record to remove")
		}
	}
	if code, said := b.django.Manage(t, "clearsessions"); code != 0 {
		t.Errorf("clearsessions: %s", said)
	}
	checkSwept(t, b, quick, dead)
}

func weSweep(t *testing.T, b *liveBench) {
	sweeper, ok := sessions.Capability[sessions.Sweeper](b.here.Store)
	if !ok {
		t.Fatal("the store cannot sweep")
	}
	quick, dead := theQuick(t, b), theDead(t, b)
	for {
		const limit = 100
		n, err := sweeper.Sweep(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		if n < limit {
			break
		}
	}
	checkSwept(t, b, quick, dead)
}

// djangoMigrated: there is nothing left to do here.
func djangoMigrated(t *testing.T, b *liveBench) {
	all, err := b.here.Migrator.Status(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatalf("migrations %v, %v", all, err)
	}
	for _, m := range all {
		if m.Applied.IsZero() {
			t.Errorf("%s is not applied", m.Name)
		}
	}
	if done, err := b.here.Migrator.Up(t.Context()); err != nil || len(done) > 0 {
		t.Errorf("Up did %v, %v", done, err)
	}
}

// TestLiveMigration has the table made here: Django then has nothing left to do
// for sessions, and takes it for its own.
func TestLiveMigration(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
		b := newEmptyBench(t, in, liveEngine{engine: django.EngineDB}, asUsual)
		if code, _ := b.django.Manage(t, "migrate", "sessions", "--check"); code == 0 {
			t.Error("Django takes an empty database for migrated, so this test can't tell")
		}
		done, err := b.here.Migrator.Up(t.Context())
		if err != nil || len(done) == 0 {
			t.Fatalf("Up did %v, %v", done, err)
		}
		if code, said := b.django.Manage(t, "migrate", "sessions", "--check"); code != 0 {
			t.Errorf("migrate --check finds something to do:\n%s", said)
		}
		if code, said := b.django.Manage(t, "migrate", "sessions"); code != 0 || !strings.Contains(said, "No migrations to apply") {
			t.Errorf("migrate: %d\n%s", code, said)
		}
		if code, said := b.django.Manage(t, "makemigrations", "sessions", "--check", "--dry-run"); code != 0 {
			t.Errorf("Django's models do not fit the table:\n%s", said)
		}
		if code, said := b.django.Manage(t, "migrate"); code != 0 || strings.Contains(said, "Applying sessions") {
			t.Errorf("migrate of all applications: %d\n%s", code, said)
		}
		v := b.visitor(t)
		v.theirs(set("a", `1`))
		v.must(func(s *sessions.Session) { s.Set("b", 2) })
		v.holds(`{"a":1,"b":2}`)
	})
}
