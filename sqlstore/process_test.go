package sqlstore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file lets processes share a database file, and die.

const shared = "sharedsharedsharedsharedshared00"

func init() {
	roles["add"] = func(ctx context.Context, file string) error { return overlap(ctx, file, "child") }
	roles["migrate"] = func(ctx context.Context, file string) error {
		s, err := inProcess(file)
		if err != nil {
			return err
		}
		_, err = s.Migrator().Up(ctx)
		return err
	}
	roles["save forever"] = saveForever
}

// overlap adds ten keys to the shared session at once, each as a request would:
// load, change, replace, and again if somebody was faster.
func overlap(ctx context.Context, file, who string) error {
	s, err := inProcess(file)
	if err != nil {
		return err
	}
	errs := make([]error, 10)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = add(ctx, s, fmt.Sprint(who, i)) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func add(ctx context.Context, s sessions.Store, name string) error {
	for {
		old, err := s.Load(ctx, shared)
		if err != nil {
			return err
		}
		var data map[string]int
		if err := json.Unmarshal(old.Data, &data); err != nil {
			return err
		}
		data[name] = 1
		rec := old
		if rec.Data, err = json.Marshal(data); err != nil {
			return err
		}
		if err := s.Replace(ctx, shared, old, rec); !errors.Is(err, sessions.ErrConflict) {
			return err
		}
	}
}

func TestProcessesKeepEachOthersWrites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.db")
	s := native(t, open(t, file), sqlstore.Config{})
	if err := s.Create(t.Context(), shared, record(`{}`)); err != nil {
		t.Fatal(err)
	}
	child := process(t, "add", file)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if err := overlap(t.Context(), file, "parent"); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	rec, err := s.Load(t.Context(), shared)
	if err != nil {
		t.Fatal(err)
	}
	if kept := strings.Count(string(rec.Data), ":1"); kept != 20 {
		t.Errorf("%d of 20 writes kept: %s", kept, rec.Data)
	}
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.db")
	var all []*exec.Cmd
	for range 10 {
		cmd := process(t, "migrate", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	var applied int
	if err := open(t, file).QueryRow(`SELECT count(*) FROM cloakroom_migrations`).Scan(&applied); err != nil {
		t.Fatal(err)
	}
	if applied != 1 {
		t.Errorf("the migration is recorded %d times, want once", applied)
	}
}

// saveForever replaces the shared session by larger and smaller ones, and says
// so on standard output after each.
func saveForever(ctx context.Context, file string) error {
	s, err := inProcess(file)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		old, err := s.Load(ctx, shared)
		if err != nil {
			return err
		}
		letter := string(rune('a' + n%26))
		rec := old
		rec.Data = []byte(`{"first":"` + letter + `","filler":"` + strings.Repeat(letter, n%5*3000) + `","last":"` + letter + `"}`)
		if err := s.Replace(ctx, shared, old, rec); err != nil {
			return err
		}
		fmt.Println(n, letter)
	}
}

func TestKilledWhileSaving(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.db")
	s := native(t, open(t, file), sqlstore.Config{})
	if err := s.Create(t.Context(), shared, record(`{"first":"","last":""}`)); err != nil {
		t.Fatal(err)
	}
	for _, saves := range []int{1, 20, 75} {
		last := killAfter(t, file, saves)
		rec, err := s.Load(t.Context(), shared)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ First, Filler, Last string }
		if err := json.Unmarshal(rec.Data, &got); err != nil || got.First != got.Last {
			t.Fatalf("the session is not whole: %q, %v", rec.Data, err)
		}
		// What was acknowledged is stored, unless one more save came after it.
		if next := string(rune('a' + (last[0]-'a'+1)%26)); got.First != last && got.First != next {
			t.Errorf("stored %q, but %q had been acknowledged", got.First, last)
		}
	}
	var verdict string
	if err := open(t, file).QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %s, %v", verdict, err)
	}
}

// killAfter kills a saving process after so many saves, without warning, and
// answers the letter of the last save that it acknowledged.
func killAfter(t *testing.T, file string, saves int) (last string) {
	t.Helper()
	child := process(t, "save forever", file)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && n > saves {
			break
		}
		if err != nil {
			t.Fatalf("the process ended after %d saves: %v", n, err)
		}
		_, last, _ = strings.Cut(strings.TrimSpace(line), " ")
		if n == saves {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	child.Wait() // reports the kill
	return last
}
