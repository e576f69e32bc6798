package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/redisstore"
)

// This file takes the server away: killed, restarted, hanging, full, or without
// what the store needs.

// call is every method, each with a session key.
func call(ctx context.Context, s *redisstore.Store, old sessions.Record) map[string]error {
	_, loaded := s.Load(ctx, key)
	var listed error
	for _, err := range s.List(ctx) {
		listed = errors.Join(listed, err)
	}
	return map[string]error{
		"Load":    loaded,
		"Create":  s.Create(ctx, key[1:], record(1)),
		"Replace": s.Replace(ctx, key, old, record(2)),
		"Touch":   s.Touch(ctx, key, old.Expires),
		"Delete":  s.Delete(ctx, key),
		"List":    listed,
	}
}

// TestRestart kills a server that keeps a log, again and again: in an outage
// every call fails, but not as if the session had ended; afterwards, what was
// acknowledged is there.
func TestRestart(t *testing.T) {
	ctx := context.Background()
	s, _, server := serve(t, redisstore.Config{}, "--appendonly", "yes", "--appendfsync", "always")
	create(t, s, key, record(0))
	for n := range 3 {
		acknowledged := make(chan int)
		first := make(chan struct{})
		go func() { acknowledged <- countUntilFailure(ctx, s, first) }()
		<-first
		server.Kill()
		last := <-acknowledged
		old := record(last)
		for method, err := range call(ctx, s, old) {
			if err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) || strings.Contains(err.Error(), key[1:]) {
				t.Errorf("%s without a server: %v", method, err)
			}
		}
		server.Start()
		var stored int
		if _, err := fmt.Sscanf(string(loadAfterOutage(t, s).Data), `{"n":%d}`, &stored); err != nil {
			t.Fatal(err)
		}
		// The server may have died between a save and its word about it.
		if stored != last && stored != last+1 {
			t.Errorf("round %d: %d saves were acknowledged, %d are there", n, last, stored)
		}
	}
}

// countUntilFailure counts up in what is stored until it cannot, and answers the
// last number that was acknowledged. It closes begun after the first; until
// then, some of the client's connections may still be of the killed server.
func countUntilFailure(ctx context.Context, s *redisstore.Store, begun chan<- struct{}) (last int) {
	for ctx.Err() == nil {
		old, err := s.Load(ctx, key)
		if err == nil {
			fmt.Sscanf(string(old.Data), `{"n":%d}`, &last)
			err = s.Replace(ctx, key, old, record(last+1))
		}
		switch {
		case err != nil && begun == nil:
			return last
		case err == nil && begun != nil:
			close(begun)
			begun = nil
			fallthrough
		case err == nil:
			last++
		}
	}
	return last
}

// loadAfterOutage is for clients that notice a server's return only by trying.
func loadAfterOutage(t *testing.T, s *redisstore.Store) sessions.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		rec, err := s.Load(ctx, key)
		if err == nil {
			return rec
		}
		if ctx.Err() != nil || errors.Is(err, sessions.ErrNotFound) {
			t.Fatalf("after the server's return: %v", err)
		}
	}
}

// TestScriptsComeBack: a server may forget its scripts at any time.
func TestScriptsComeBack(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{})
	create(t, s, key, record(0))
	for n := 1; n < 4; n++ {
		do(t, client, "SCRIPT", "FLUSH")
		if err := s.Replace(t.Context(), key, load(t, s, key), record(n)); err != nil {
			t.Fatal(err)
		}
		do(t, client, "SCRIPT", "FLUSH")
		if err := s.Touch(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := load(t, s, key); string(got.Data) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Errorf("after %d saves: %s", n, got.Data)
		}
	}
}

// TestHangingServer: a server that does not answer costs a call its deadline,
// its own or the store's, and no more.
func TestHangingServer(t *testing.T) {
	s, client, server := serve(t, redisstore.Config{Timeout: 50 * time.Millisecond})
	old := create(t, s, key, record(0))
	pause := connect(t, server.Addr)
	do(t, pause, "CLIENT", "PAUSE", "60000", "ALL")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"none": t.Context(), "short": short, "cancelled": cancelled} {
		began := time.Now()
		for method, err := range call(ctx, open(t, client, redisstore.Config{Timeout: 50 * time.Millisecond}), old) {
			want := context.DeadlineExceeded
			if name == "cancelled" {
				want = context.Canceled
			}
			if !errors.Is(err, want) {
				t.Errorf("deadline %s: %s: %v, want %v", name, method, err, want)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("deadline %s: six calls took %v", name, took)
		}
	}
}

// TestFullServer: a server that must not evict says that it is full, and goes on
// serving who is there.
func TestFullServer(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{}, "--maxmemory-policy", "noeviction")
	old := create(t, s, key, record(0))
	do(t, client, "CONFIG", "SET", "maxmemory", "1")
	if err := s.Create(t.Context(), key[1:], record(1)); !errors.Is(err, sessions.ErrFull) {
		t.Errorf("Create: %v", err)
	}
	if err := s.Replace(t.Context(), key, old, record(2)); !errors.Is(err, sessions.ErrFull) {
		t.Errorf("Replace: %v", err)
	}
	if got := load(t, s, key); string(got.Data) != string(old.Data) {
		t.Errorf("after a failed Replace: %s", got.Data)
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

// TestForbiddenCommands: a server's answer to a command that it does not know
// has the key in it.
func TestForbiddenCommands(t *testing.T) {
	var args []string
	for _, command := range []string{"GET", "SET", "DEL", "EVAL", "EVALSHA", "SCAN"} {
		args = append(args, "--rename-command", command, "")
	}
	s, _, _ := serve(t, redisstore.Config{}, args...)
	old := record(1)
	old.Revision = "secret-of-the-session"
	for method, err := range call(t.Context(), s, old) {
		if err == nil || strings.Contains(err.Error(), key[1:]) || strings.Contains(err.Error(), "secret") ||
			!strings.Contains(err.Error(), "the store needs it") {
			t.Errorf("%s: %v", method, err)
		}
	}
}
