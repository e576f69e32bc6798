package testserver

import (
	"context"
	"os"
	"strings"
	"testing"
)

// This file runs memcached.

// Memcached runs memcached, with args after those that it needs.
func Memcached(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, memcached, args)
}

var memcached = kind{
	name:     "memcached",
	programs: []string{"memcached"},
	install:  "apt-get install memcached",
	args: func(s *Server) []string {
		args := []string{"-l", "127.0.0.1", "-p", s.port(), "-U", "0", "-m", "64"}
		if os.Geteuid() == 0 {
			args = append(args, "-u", "root") // it refuses to guess
		}
		return args
	},
	ready: func(ctx context.Context, s *Server) error {
		return expect(ctx, s.Addr, "version", func(reply string) bool { return strings.HasPrefix(reply, "VERSION ") })
	},
}
