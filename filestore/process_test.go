//go:build unix && !aix && !solaris

package filestore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file runs stores in processes of their own, which it also kills. A child
// is this test binary, told by its environment what to do with which directory.

const (
	childTask = "FILESTORE_TEST_CHILD"
	childDir  = "FILESTORE_TEST_DIR"
)

var childTasks = map[string]func(dir string) error{
	"count":      countUp,
	"save":       saveForEver,
	"size limit": saveBeyondSizeLimit,
	"nobody":     saveAsNobody,
}

func TestMain(m *testing.M) {
	task, ok := childTasks[os.Getenv(childTask)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := task(os.Getenv(childDir)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(t *testing.T, task, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+dir)
	return cmd
}

// counts is how often each goroutine of a child adds one.
const counts = 50

// countUp adds to one session from two goroutines, each of which loads and
// replaces until it is let.
func countUp(dir string) error {
	s, err := filestore.Open(dir, filestore.Config{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	for range 2 {
		wg.Go(func() {
			for range counts {
				if err := addOne(ctx, s); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

func addOne(ctx context.Context, s *filestore.Store) error {
	for {
		old, err := s.Load(ctx, key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(strings.Trim(string(old.Data), `{"n:}`))
		if err != nil {
			return err
		}
		if err = s.Replace(ctx, key, old, record(n+1)); !errors.Is(err, sessions.ErrConflict) {
			return err
		}
	}
}

func TestProcessesKeepEachOthersWrites(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	create(t, s, key, record(0))
	const processes = 2
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			if out, err := child(t, "count", dir).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	want := fmt.Sprintf(`{"n":%d}`, processes*2*counts)
	if got := load(t, s, key); string(got.Data) != want {
		t.Errorf("counted to %s, want %s", got.Data, want)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// letters answers data whose wholeness can be seen: n, and then as many letters
// as n says.
func letters(n int) []byte {
	return fmt.Appendf(nil, `{"n":%d,"x":"%s"}`, n, bytes.Repeat([]byte{'a' + byte(n%26)}, n*997%40_000))
}

// saveForEver saves one session after another, and says so after each.
func saveForEver(dir string) error {
	s, err := filestore.Open(dir, filestore.Config{NoSync: os.Getpid()%2 == 0})
	if err != nil {
		return err
	}
	ctx := context.Background()
	for n := 1; ; n++ {
		k := fmt.Sprintf("victim%02d", n%4)
		rec := sessions.Record{Data: letters(n), Expires: time.Now().Add(time.Hour)}
		old, err := s.Load(ctx, k)
		if errors.Is(err, sessions.ErrNotFound) {
			err = s.Create(ctx, k, rec)
		} else if err == nil {
			err = s.Replace(ctx, k, old, rec)
		}
		if err == nil && n%16 == 0 {
			err = s.Touch(ctx, k, time.Now().Add(2*time.Hour))
		}
		if err != nil {
			return err
		}
		fmt.Println(k, n)
	}
}

func TestKilledWritersLeaveSessionsWhole(t *testing.T) {
	const rounds = 30
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	saved := 0
	for range rounds {
		for k, n := range killed(t, dir) {
			saved += n
			rec := load(t, s, k)
			var stored int
			if _, err := fmt.Sscanf(string(rec.Data), `{"n":%d,`, &stored); err != nil {
				t.Fatalf("%.40s: %v", rec.Data, err)
			}
			// The child may have died between a save and its word about it.
			if !bytes.Equal(rec.Data, letters(stored)) || stored != n && stored != n+4 {
				t.Fatalf("saved %d, found %d, in %d bytes", n, stored, len(rec.Data))
			}
		}
	}
	if saved == 0 {
		t.Fatal("no child has saved anything")
	}
	left := len(names(t, dir))
	if _, err := open(t, dir, in(time.Hour/2)).Sweep(context.Background(), 100); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) > 4 {
		t.Errorf("of %d files, Sweep left %q", left, got)
	}
	t.Logf("%d files before Sweep, %d after", left, len(names(t, dir)))
}

// killed lets a child save for some milliseconds, kills it in the middle, and
// answers the last save that it reported for each key.
func killed(t *testing.T, dir string) map[string]int {
	t.Helper()
	cmd := child(t, "save", dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Duration(rand.IntN(15_000))*time.Microsecond, func() { cmd.Process.Kill() })
	defer kill.Stop()
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	last := map[string]int{}
	for line := range strings.Lines(first + string(rest)) {
		var k string
		var n int
		if _, err := fmt.Sscanf(line, "%s %d\n", &k, &n); err != nil {
			t.Fatalf("the child says %q", line)
		}
		last[k] = n
	}
	return last
}

// TestShortWrite: a file can be written in part only, as on a full disk.
func TestShortWrite(t *testing.T) {
	dir := t.TempDir() + "/s"
	s := open(t, dir, filestore.Config{})
	create(t, s, key, record(1))
	if out, err := child(t, "size limit", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := load(t, s, key); string(got.Data) != `{"n":1}` {
		t.Errorf("stored: %.40s", got.Data)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// saveBeyondSizeLimit tries what must fail, and answers an error if it does not.
func saveBeyondSizeLimit(dir string) error {
	s, err := filestore.Open(dir, filestore.Config{})
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 4096, Max: 4096}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	ctx := context.Background()
	old, err := s.Load(ctx, key)
	if err != nil {
		return err
	}
	rec := sessions.Record{Data: letters(20), Expires: old.Expires}
	for call, err := range map[string]error{"Replace": s.Replace(ctx, key, old, rec), "Create": s.Create(ctx, other, rec)} {
		if !errors.Is(err, syscall.EFBIG) || strings.Contains(err.Error(), ".tmp") {
			return fmt.Errorf("%s: %v", call, err)
		}
	}
	return nil
}

func TestUnwritableDirectory(t *testing.T) {
	root := t.TempDir()
	dir := root + "/s"
	s := open(t, dir, filestore.Config{})
	create(t, s, key, record(1))
	if os.Geteuid() != 0 {
		defer os.Chmod(dir, 0o700)
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := refused(dir); err != nil {
			t.Error(err)
		}
		return
	}
	// Modes do not stop root, so a child becomes nobody, who must get that far.
	for path := dir; path != os.TempDir() && path != "/"; path = path[:strings.LastIndex(path, "/")] {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := child(t, "nobody", dir).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	load(t, s, key)
}

func saveAsNobody(dir string) error {
	if err := syscall.Setuid(65534); err != nil {
		return err
	}
	return refused(dir)
}

// refused answers an error if Open does not.
func refused(dir string) error {
	_, err := filestore.Open(dir, filestore.Config{})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "cannot keep sessions in "+dir) {
		return fmt.Errorf("Open: %v", err)
	}
	return nil
}
