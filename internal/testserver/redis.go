package testserver

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// This file runs Redis, or Valkey where that is what there is, alone and as a
// cluster.

// Redis runs a Redis that keeps nothing on the disk unless args say otherwise,
// as "--appendonly", "yes" do.
func Redis(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, redis, args)
}

var redis = kind{
	name:     "Redis",
	programs: []string{"redis-server", "valkey-server"},
	install:  "apt-get install redis-server",
	args: func(s *Server) []string {
		return []string{"--bind", "127.0.0.1", "--port", s.port(), "--dir", s.Dir, "--save", "", "--appendonly", "no"}
	},
	ready: func(ctx context.Context, s *Server) error {
		return expect(ctx, s.Addr, "PING", func(reply string) bool { return reply == "+PONG" })
	},
}

// slots is how many there are in every cluster.
const slots = 16384

// RedisCluster runs a cluster of so many masters, the first of which has a
// replica. It answers the masters and, last, the replica.
func RedisCluster(tb testing.TB, masters int) []*Server {
	tb.Helper()
	nodes := make([]*Server, masters+1)
	for i := range nodes {
		_, bus, _ := net.SplitHostPort(FreeAddr(tb))
		nodes[i] = Redis(tb, "--cluster-enabled", "yes", "--cluster-port", bus,
			"--cluster-node-timeout", "5000", "--cluster-config-file", "nodes.conf",
			"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
		if i > 0 {
			host, port, _ := net.SplitHostPort(nodes[0].Addr)
			nodes[i].tell(fmt.Sprintf("CLUSTER MEET %s %s %s", host, port, nodes[0].args[3]))
		}
	}
	for i, node := range nodes[:masters] {
		node.tell(fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", i*slots/masters, (i+1)*slots/masters-1))
	}
	id := nodes[0].ask("CLUSTER MYID", func(string) bool { return true })
	replica := nodes[masters]
	replica.ask("CLUSTER NODES", func(reply string) bool { return strings.Contains(reply, id) })
	replica.tell("CLUSTER REPLICATE " + id)
	for _, node := range nodes {
		node.ask("CLUSTER INFO", func(reply string) bool {
			return strings.Contains(reply, "cluster_state:ok") &&
				strings.Contains(reply, "cluster_known_nodes:"+strconv.Itoa(len(nodes)))
		})
		// A replica is shown once it has something to show.
		node.ask("CLUSTER SLOTS", func(reply string) bool { return strings.Contains(reply, replica.port()) })
	}
	return nodes
}

// tell gives a command that must be answered by OK.
func (s *Server) tell(command string) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := expect(ctx, s.Addr, command, func(reply string) bool { return reply == "+OK" }); err != nil {
		s.tb.Fatal(err)
	}
}

// ask repeats a command until the reply is good, and answers it.
func (s *Server) ask(command string, good func(reply string) bool) string {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		reply, err := Ask(ctx, s.Addr, command)
		if err == nil && good(reply) {
			return reply
		}
		if ctx.Err() != nil {
			s.tb.Fatalf("%q is still answered %q, %v", command, reply, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
