package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// This file runs servers for the scripts.

type worldKey struct{}

// world is what one script has made.
type world struct {
	servers  map[string]*server
	visitors map[string]*visitor
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// server is a process that runs cloakroom runserver.
type server struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	printed  chan struct{} // closed when out is complete
}

// patience is how long a process may take to start or to end.
const patience = 30 * time.Second

func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve NAME [arg...]")
	}
	s := &server{printed: make(chan struct{})}
	s.cmd = exec.Command("cloakroom", append([]string{"runserver", "127.0.0.1:0"}, args[1:]...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = os.Environ()
	for _, name := range [...]string{"DATABASE_URL", "CACHE_URL", "SECRET_KEY", "SESSION_ENGINE", "SESSION_COOKIE_AGE", "SESSION_FILE_PATH"} {
		if value := ts.Getenv(name); value != "" {
			s.cmd.Env = append(s.cmd.Env, name+"="+value)
		}
	}
	s.cmd.Stderr = &s.err
	stdout, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		if s.cmd.ProcessState == nil {
			s.cmd.Process.Kill()
			s.cmd.Wait()
		}
	})
	worldOf(ts).servers[args[0]] = s
	address := make(chan string, 1)
	go func() {
		defer close(s.printed)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			fmt.Fprintln(&s.out, lines.Text())
			if at, ok := strings.CutPrefix(lines.Text(), "Starting server at "); ok {
				address <- at
			}
		}
	}()
	select {
	case at := <-address:
		parsed, err := url.Parse(at)
		ts.Check(err)
		ts.Setenv(args[0], strings.TrimSuffix(at, "/"))
		ts.Setenv(args[0]+"_port", parsed.Port())
	case <-s.printed:
		s.cmd.Wait()
		ts.Fatalf("the server ended: %s%s", &s.out, &s.err)
	case <-time.After(patience):
		ts.Fatalf("the server does not start")
	}
}

var signals = map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}

func halt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: halt NAME [signal]")
	}
	s := worldOf(ts).servers[args[0]]
	ts.Check(s.cmd.Process.Signal(signals[append(args, "INT")[1]]))
	select {
	case <-s.printed:
	case <-time.After(patience):
		ts.Fatalf("the server does not end")
	}
	err := s.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), s.out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), s.err.Bytes(), 0o600))
	if err != nil {
		ts.Fatalf("the server ended with %v: %s", err, &s.err)
	}
}

// condition knows [root], the user for whom no file is unwritable.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
