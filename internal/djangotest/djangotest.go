// Package djangotest runs real Django sites for tests, one for each version of
// Django that the machine has.
//
//	djangotest.Each(t, func(t *testing.T, in djangotest.Installation) {
//		site := in.Start(t, djangotest.Settings{"SECRET_KEY": "secret", …})
//		site.Manage(t, "migrate")
//		response := site.Do(t, djangotest.Request{Operations: []djangotest.Op{{"set", "colour", "blue"}}})
//		…
//	})
//
// A site is one process that answers requests through Django's own WSGI handler
// and middleware. Its view does what the request's list of operations says, and
// can pause in the middle, so that requests overlap in a known order.
//
// Where there is no Django the test is skipped, with a line that says what to
// install. Where the environment has CI=true it fails instead, so that nothing
// goes untested unseen.
package djangotest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// Settings are a site's settings by their names in Django, over those that
// site.py has for all sites. They must hold SECRET_KEY, DATABASES and whatever
// the session engine needs.
type Settings map[string]any

// Site is a running Django site. Its methods fail the test that they are given
// if Django cannot do what they ask. They may be used by one goroutine at a time.
type Site struct {
	commands io.WriteCloser
	replies  chan []byte // closed when the process has ended
	stderr   *output
}

//go:embed site.py
var program string

// patience is how long one command may take.
const patience = time.Minute

// Start runs a site until the end of the test.
func (in Installation) Start(tb testing.TB, settings Settings) *Site {
	tb.Helper()
	cmd := in.command("-c", program)
	commands, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	replies, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	s := &Site{commands: commands, replies: make(chan []byte), stderr: &output{}}
	cmd.Stderr = s.stderr
	if err := cmd.Start(); err != nil {
		tb.Fatalf("Django does not start: %v", err)
	}
	go s.listen(cmd, replies)
	tb.Cleanup(func() { s.end(cmd) })
	s.send(tb, settings)
	s.receive(tb, nil)
	return s
}

// listen hands on each line of the process, and sees it end.
func (s *Site) listen(cmd *exec.Cmd, replies io.Reader) {
	defer close(s.replies)
	lines := bufio.NewReader(replies)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		s.replies <- line
	}
	_ = cmd.Wait() // what it said is on its standard error
}

// end lets the process end, which it does with its input.
func (s *Site) end(cmd *exec.Cmd) {
	_ = s.commands.Close()
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	for range s.replies {
	}
}

// ask gives a command and reads its answer into answer, unless that is nil.
func (s *Site) ask(tb testing.TB, answer any, command ...any) {
	tb.Helper()
	s.send(tb, command)
	s.receive(tb, answer)
}

func (s *Site) send(tb testing.TB, v any) {
	tb.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.commands.Write(append(line, '\n')); err != nil {
		tb.Fatalf("Django takes no commands: %v\n%s", err, s.stderr)
	}
}

func (s *Site) receive(tb testing.TB, answer any) {
	tb.Helper()
	select {
	case line, running := <-s.replies:
		if !running {
			tb.Fatalf("Django has ended\n%s", s.stderr)
		}
		var reply struct {
			Answer json.RawMessage
			Error  string
		}
		if err := json.Unmarshal(line, &reply); err != nil {
			tb.Fatalf("Django's reply is no JSON: %v", err)
		}
		if reply.Error != "" {
			tb.Fatalf("Django failed:\n%s", reply.Error)
		}
		if answer != nil {
			if err := json.Unmarshal(reply.Answer, answer); err != nil {
				tb.Fatalf("Django answered %s: %v", reply.Answer, err)
			}
		}
	case <-time.After(patience):
		tb.Fatalf("Django has not answered for %v\n%s", patience, s.stderr)
	}
}

// output keeps what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
