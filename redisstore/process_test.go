package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/testserver"
	"github.com/cloakroom-go/sessions/redisstore"
)

// This file has writers in processes of their own. A child is this test binary,
// told by its environment which server to write to, and as whom.

const (
	childServer = "REDISSTORE_TEST_SERVER"
	childName   = "REDISSTORE_TEST_NAME"
	writers     = 10 // in each process
)

func TestMain(m *testing.M) {
	addr := os.Getenv(childServer)
	if addr == "" {
		os.Exit(m.Run())
	}
	if err := writeAsChild(addr, os.Getenv(childName)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// writeAsChild has writers that each load first, and only then all begin to
// save: everyone's first save but one's meets a conflict.
func writeAsChild(addr, name string) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}})
	if err != nil {
		return err
	}
	defer client.Close()
	s, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var loaded, wrote sync.WaitGroup
	loaded.Add(writers)
	failed := make(chan error, writers)
	for i := range writers {
		wrote.Go(func() {
			old, err := s.Load(ctx, key)
			loaded.Done()
			loaded.Wait()
			if err != nil {
				failed <- err
			} else if err = setUntilKept(ctx, s, old, fmt.Sprint(name, i)); err != nil {
				failed <- err
			}
		})
	}
	wrote.Wait()
	close(failed)
	return <-failed
}

// setUntilKept adds a member to the session, loading it again after a conflict.
func setUntilKept(ctx context.Context, s sessions.Store, old sessions.Record, member string) error {
	for {
		rec := old
		rec.Data = fmt.Appendf(nil, `%s,"%s":1}`, old.Data[:len(old.Data)-1], member)
		err := s.Replace(ctx, key, old, rec)
		if !errors.Is(err, sessions.ErrConflict) {
			return err
		}
		if old, err = s.Load(ctx, key); err != nil {
			return err
		}
	}
}

func TestProcessesKeepEachOthersWrites(t *testing.T) {
	server := testserver.Redis(t)
	s := open(t, connect(t, server.Addr), redisstore.Config{})
	create(t, s, key, record(0))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var children sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		children.Go(func() {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), childServer+"="+server.Addr, childName+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	children.Wait()
	data := load(t, s, key).Data
	for _, name := range []string{"a", "b"} {
		for i := range writers {
			if bytes.Count(data, fmt.Appendf(nil, `"%s%d":1`, name, i)) != 1 {
				t.Errorf("the write of %s%d is not kept once in %s", name, i, data)
			}
		}
	}
}
