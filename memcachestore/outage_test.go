package memcachestore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/testserver"
	"github.com/cloakroom-go/sessions/memcachestore"
)

// This file takes the server away: killed, restarted, hanging, full, babbling,
// or without what the store needs.

// call is every method, each with a session key.
func call(ctx context.Context, s *memcachestore.Store, old sessions.Record) map[string]error {
	_, loaded := s.Load(ctx, key)
	return map[string]error{
		"Load":    loaded,
		"Create":  s.Create(ctx, key[1:], record(1)),
		"Replace": s.Replace(ctx, key, old, record(2)),
		"Touch":   s.Touch(ctx, key, old.Expires),
		"Delete":  s.Delete(ctx, key),
	}
}

// failed expects an error of every call that does not look as if the session
// had ended, and that names neither it nor its data.
func failed(t *testing.T, when string, calls map[string]error) {
	t.Helper()
	for method, err := range calls {
		if err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
			t.Errorf("%s: %s: %v", when, method, err)
		} else if text := err.Error(); strings.Contains(text, key[1:]) || strings.Contains(text, "secret") {
			t.Errorf("%s: %s: the error has the key or data in it: %v", when, method, err)
		}
	}
}

// TestRestart: in an outage every call fails; afterwards the sessions are gone,
// and what was loaded before brings none back.
func TestRestart(t *testing.T) {
	s, _, server := serve(t, memcachestore.Config{})
	old := create(t, s, key, record(1))
	server.Kill()
	failed(t, "without a server", call(t.Context(), s, old))
	server.Start()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := s.Load(ctx, key)
	for ; err != nil && !errors.Is(err, sessions.ErrNotFound); _, err = s.Load(ctx, key) {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if err := s.Replace(t.Context(), key, old, record(2)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace of what the restart took: %v", err)
	}
	create(t, s, key, record(3))
	if err := s.Replace(t.Context(), key, load(t, s, key), record(4)); err != nil {
		t.Error(err)
	}
}

// TestOneOfSeveralServers: the death of one is an error for its sessions, not
// their end, and does not concern the others.
func TestOneOfSeveralServers(t *testing.T) {
	servers := []*testserver.Server{testserver.Memcached(t), testserver.Memcached(t)}
	s := open(t, connect(t, servers[0].Addr, servers[1].Addr), memcachestore.Config{})
	const all = 40
	for n := range all {
		create(t, s, fmt.Sprintf("%032d", n), record(n))
	}
	servers[1].Kill()
	found := 0
	for n := range all {
		_, err := s.Load(t.Context(), fmt.Sprintf("%032d", n))
		if errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("session %d counts as ended", n)
		}
		if err == nil {
			found++
		}
	}
	if found == 0 || found == all {
		t.Errorf("with one of two servers, %d of %d sessions are found", found, all)
	}
}

// answering is a server that reads a line and then answers it, or nothing.
func answering(t *testing.T, answer func(line string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					fmt.Fprint(conn, answer(line))
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestHangingServer(t *testing.T) {
	client := memcache.New(answering(t, func(string) string { return "" }))
	client.Timeout = 50 * time.Millisecond
	s := open(t, client, memcachestore.Config{})
	began, old := time.Now(), record(1)
	old.Revision = "@1"
	for method, err := range call(t.Context(), s, old) {
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v, want a timeout", method, err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("five calls took %v", took)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for method, err := range call(cancelled, s, old) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it was cancelled", method, err)
		}
	}
}

// TestBabblingServer: whatever a server, or what sits in its place, answers must
// not bring a key or data into an error.
func TestBabblingServer(t *testing.T) {
	old := record(1)
	old.Revision = "@1"
	for _, format := range []string{
		"VALUE %s\r\n", "VALUE %s x 1 2\r\n", "%s secret\r\n", "SERVER_ERROR\r\n", "CLIENT_ERROR line format %s secret\r\n",
		"SERVER_ERROR while writing %s\r\n", "HTTP/1.1 400 Bad Request: %s secret\r\n",
	} {
		addr := answering(t, func(line string) string {
			return strings.ReplaceAll(format, "%s", strings.TrimSpace(line))
		})
		s := open(t, connect(t, addr), memcachestore.Config{})
		failed(t, format, call(t.Context(), s, old))
	}
}

func noise(size int) []byte {
	return fmt.Appendf(nil, `{"secret":"%s"}`, bytes.Repeat([]byte("x"), size))
}

// TestTooLarge: what is too large is an error, and what was there stays.
func TestTooLarge(t *testing.T) {
	s, _, _ := serve(t, memcachestore.Config{})
	large := record(0)
	large.Data = noise(2 << 20)
	if err := s.Create(t.Context(), key[1:], large); !errors.Is(err, memcachestore.ErrTooLarge) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Create: %v", err)
	}
	old := create(t, s, key, record(1))
	if err := s.Replace(t.Context(), key, old, large); !errors.Is(err, memcachestore.ErrTooLarge) {
		t.Errorf("Replace: %v", err)
	}
	if err := s.Replace(t.Context(), key, old, record(2)); err != nil {
		t.Errorf("Replace by less: %v", err)
	}
}

// TestFullServer: a server that must not evict says that it is full.
func TestFullServer(t *testing.T) {
	s, _, _ := serve(t, memcachestore.Config{}, "-M", "-m", "8")
	large := record(0)
	large.Data = noise(200 << 10)
	create(t, s, key, record(1))
	for n := range 1000 {
		err := s.Create(t.Context(), fmt.Sprintf("%032d", n), large)
		if err == nil {
			continue
		}
		if !errors.Is(err, sessions.ErrFull) {
			t.Errorf("Create: %v", err)
		}
		load(t, s, key)
		return
	}
	t.Error("the server has never been full")
}

// TestServerWithoutCAS takes every cas for the right one.
func TestServerWithoutCAS(t *testing.T) {
	s, _, _ := serve(t, memcachestore.Config{}, "-C")
	if err := s.Create(t.Context(), key, record(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), key); err == nil || !strings.Contains(err.Error(), "without -C") {
		t.Errorf("Load: %v", err)
	}
}
