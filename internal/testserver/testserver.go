// Package testserver runs real servers for tests: on the loopback interface, at
// a free port, with a temporary directory, and no longer than the test.
//
// A server whose program is not installed skips the test and says what to
// install. Where the environment has CI=true it fails it, so that nothing goes
// untested unseen.
package testserver

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Server is a running server. Its methods fail the test if they cannot do what
// they say; they are not for concurrent use.
type Server struct {
	// Addr is where it listens, as host:port. It stays the same after a restart.
	Addr string

	// Dir is a directory of its own. What the server stores there outlives a
	// restart.
	Dir string

	tb      testing.TB
	kind    kind
	program string
	args    []string
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// kind is how to run one kind of server.
type kind struct {
	name     string   // what people call it
	programs []string // the first that is found runs
	install  string   // what has them

	// prepare makes the server's directory ready before its first start; it may
	// be nil.
	prepare func(s *Server) error

	// args are the arguments that make it listen at s.Addr and keep to s.Dir.
	args func(s *Server) []string

	// ready answers no error once the server does its work.
	ready func(ctx context.Context, s *Server) error
}

// patience is how long a server may take to start.
const patience = 30 * time.Second

// start runs a server of kind k until the end of the test.
func start(tb testing.TB, k kind, args []string) *Server {
	tb.Helper()
	s := &Server{tb: tb, kind: k, program: find(tb, k), args: args, Dir: tb.TempDir(), Addr: FreeAddr(tb)}
	if k.prepare != nil {
		if err := k.prepare(s); err != nil {
			tb.Fatalf("%s cannot be prepared: %v", k.name, err)
		}
	}
	tb.Cleanup(s.Kill)
	s.Start()
	return s
}

// find answers the program to run, or ends the test.
func find(tb testing.TB, k kind) string {
	tb.Helper()
	for _, name := range k.programs {
		// Debian keeps some servers where only root looks for programs.
		for _, name := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/usr/local/sbin", name)} {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
	}
	lacking := fmt.Sprintf("%s is not installed: %s", k.name, k.install)
	if os.Getenv("CI") == "true" {
		tb.Fatal(lacking)
	}
	tb.Skip(lacking)
	return ""
}

// FreeAddr answers an address at which nothing listens a moment ago.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Start runs a server that was killed again, and waits until it works.
func (s *Server) Start() {
	s.tb.Helper()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(s.program, append(s.kind.args(s), s.args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		s.tb.Fatalf("%s does not start: %v", s.kind.name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it was killed, or its log says why it ended
	}()
	s.process, s.ended = cmd, ended
	s.await()
}

// await polls, because that is all that servers offer, until the server works.
func (s *Server) await() {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := s.kind.ready(ctx, s)
		if err == nil {
			return
		}
		select {
		case <-s.ended:
			s.tb.Fatalf("%s ended at once: %s", s.kind.name, s.lastWords())
		case <-ctx.Done():
			s.tb.Fatalf("%s is not ready after %v: %v: %s", s.kind.name, patience, err, s.lastWords())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, as a crash would, and waits until it is gone.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // it may have ended by itself
	<-s.ended
	s.process = nil
}

func (s *Server) logFile() string { return filepath.Join(s.Dir, "server.log") }

// lastWords answers the end of the log.
func (s *Server) lastWords() []byte {
	const enough = 2000
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return fmt.Appendf(nil, "no log: %v", err)
	}
	return log[max(0, len(log)-enough):]
}

// port answers the port of s.Addr.
func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}
