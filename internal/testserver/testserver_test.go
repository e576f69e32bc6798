package testserver

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// This file checks that servers run, end, and are missed when they are missing.

func TestServersRunAndEnd(t *testing.T) {
	for name, run := range map[string]func(testing.TB, ...string) *Server{"redis": Redis, "memcached": Memcached} {
		t.Run(name, func(t *testing.T) {
			var addr string
			t.Run("in a test", func(t *testing.T) {
				s := run(t)
				addr = s.Addr
				s.Kill()
				if listens(addr) {
					t.Error("listens after Kill")
				}
				s.Start()
				if s.Addr != addr || !listens(addr) {
					t.Errorf("after a restart it does not listen at %s", addr)
				}
			})
			if listens(addr) {
				t.Error("listens after the end of its test")
			}
		})
	}
}

func listens(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// outcome notes how a test would end, instead of ending.
type outcome struct {
	testing.TB
	said string
}

func (o *outcome) Helper()          {}
func (o *outcome) Skip(args ...any) { o.end("skip: ", args) }
func (o *outcome) Fatal(a ...any)   { o.end("fatal: ", a) }
func (o *outcome) end(how string, args []any) {
	o.said = how + fmt.Sprint(args...)
	panic(o)
}

func TestMissingProgram(t *testing.T) {
	missing := kind{name: "Nothing", programs: []string{"no-such-program"}, install: "apt-get install nothing"}
	for ci, want := range map[string]string{"": "skip: ", "true": "fatal: "} {
		t.Setenv("CI", ci)
		o := &outcome{TB: t}
		func() {
			defer func() { _ = recover() }()
			find(o, missing)
		}()
		if want += "Nothing is not installed: apt-get install nothing"; o.said != want {
			t.Errorf("CI=%q: %q, want %q", ci, o.said, want)
		}
	}
}

func TestCluster(t *testing.T) {
	nodes := RedisCluster(t, 3)
	if info := nodes[3].ask("INFO replication", func(string) bool { return true }); !strings.Contains(info, "role:slave") {
		t.Errorf("the last node is no replica: %s", info)
	}
}
