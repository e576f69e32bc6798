package sessions_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file sends requests through a real server, to see that all that a
// handler can do with its ResponseWriter works, and that the session is saved
// before the first byte leaves.

// serve runs handle behind the middleware on a real server.
func serve(t *testing.T, m *sessions.Manager, handle http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(m.Middleware(handle))
	t.Cleanup(server.Close)
	return server
}

// fetch answers the response and its session cookie's value.
func fetch(t *testing.T, server *httptest.Server, key string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Body.Close() })
	for _, c := range w.Cookies() {
		return w, c.Value
	}
	return w, ""
}

func TestInformationalResponsesLeaveTheSessionOpen(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	server := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		sessions.From(r).Set("a", 1)
		_, _ = io.WriteString(w, "body")
	})
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(int, textproto.MIMEHeader) error { hints++; return nil },
	})
	r, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if hints != 1 || len(w.Cookies()) != 1 {
		t.Fatalf("%d early hints, cookies %v", hints, w.Cookies())
	}
	if got := stored(t, m, w.Cookies()[0].Value); got["a"] != int64(1) {
		t.Errorf("stored %v", got)
	}
}

// TestSavedBeforeTheFirstByte reads the store as soon as the client has the
// header, while the handler is still running.
func TestSavedBeforeTheFirstByte(t *testing.T) {
	begin := map[string]func(w http.ResponseWriter) error{
		"Write": func(w http.ResponseWriter) error { _, err := w.Write(make([]byte, 64<<10)); return err },
		"WriteString": func(w http.ResponseWriter) error {
			_, err := io.WriteString(w, strings.Repeat("x", 64<<10))
			return err
		},
		"Flush":      func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		"Controller": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"ReadFrom": func(w http.ResponseWriter) error {
			_, err := w.(io.ReaderFrom).ReadFrom(bytes.NewReader(make([]byte, 64<<10)))
			return err
		},
	}
	for name, begin := range begin {
		t.Run(name, func(t *testing.T) {
			m, _ := newWorld(t, sessions.Config{})
			seen := make(chan struct{})
			server := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
				sessions.From(r).Set("a", 1)
				if err := begin(w); err != nil {
					t.Error(err)
				}
				<-seen
			})
			w, key := fetch(t, server, "")
			if got := stored(t, m, key); got["a"] != int64(1) {
				t.Errorf("stored %v", got)
			}
			close(seen)
			_, _ = io.Copy(io.Discard, w.Body)
		})
	}
}

func TestFilesAreServed(t *testing.T) {
	path := t.TempDir() + "/file.txt"
	if err := os.WriteFile(path, []byte(strings.Repeat("file ", 10000)), 0o600); err != nil {
		t.Fatal(err)
	}
	m, _ := newWorld(t, sessions.Config{})
	server := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("a", 1)
		http.ServeFile(w, r, path)
	})
	w, key := fetch(t, server, "")
	body, err := io.ReadAll(w.Body)
	if err != nil || len(body) != 50000 || stored(t, m, key)["a"] == nil {
		t.Errorf("%d bytes, %v, stored %v", len(body), err, stored(t, m, key))
	}
}

func TestServerSentEvents(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"name": "irfan"})
	next := make(chan string)
	server := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		s := sessions.From(r)
		name := s.Get("name")
		rc := http.NewResponseController(w)
		if err := errors.Join(rc.Flush(), rc.SetWriteDeadline(time.Now().Add(time.Minute)), rc.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		for event := range next {
			_, _ = io.WriteString(w, "data: "+name.(string)+" "+event+"\n\n")
			if err := rc.Flush(); err != nil {
				t.Error(err)
			}
		}
	})
	w, _ := fetch(t, server, key)
	lines := bufio.NewScanner(w.Body)
	for _, event := range []string{"one", "two"} {
		next <- event
		for lines.Scan() && lines.Text() == "" {
		}
		if got := lines.Text(); got != "data: irfan "+event {
			t.Errorf("event %q", got)
		}
	}
	close(next)
}

func TestHijackedConnection(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	server := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("a", 1)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: " + w.Header().Get("Set-Cookie") + "\r\n\r\nhello")
		_ = rw.Flush()
	})
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	w, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || w.StatusCode != 101 || len(w.Cookies()) != 1 {
		t.Fatalf("%v %v", w, err)
	}
	if got := stored(t, m, w.Cookies()[0].Value); got["a"] != int64(1) {
		t.Errorf("stored %v", got)
	}
}

func TestLateUseIsAnError(t *testing.T) {
	late := map[string]func(*sessions.Session){
		"Set":      func(s *sessions.Session) { s.Set("a", 2) },
		"Delete":   func(s *sessions.Session) { s.Delete("a") },
		"Clear":    func(s *sessions.Session) { s.Clear() },
		"Flush":    func(s *sessions.Session) { _ = s.Flush() },
		"CycleKey": func(s *sessions.Session) { s.CycleKey() },
		"Save":     func(s *sessions.Session) { _ = s.Save() },
		"Mark":     func(s *sessions.Session) { s.SetModified(true) },
		"Transact": func(s *sessions.Session) {
			_ = s.Transact(context.Background(), func(tx *sessions.Session) error { tx.Set("a", 2); return nil })
		},
	}
	for name, late := range late {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			m, _ := newWorld(t, sessions.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			key := start(t, m, map[string]any{"a": 1})
			request(m, key, func(w http.ResponseWriter, r *http.Request) {
				s := sessions.From(r)
				s.Get("a")
				_, _ = w.Write([]byte("body"))
				late(s)
				if !errors.Is(s.Err(), sessions.ErrTooLate) {
					t.Errorf("Err answers %v", s.Err())
				}
				if s.Get("a") == int64(2) {
					t.Error("the change is visible")
				}
			})
			if !strings.Contains(log.String(), "too late") || strings.Contains(log.String(), key) {
				t.Errorf("log: %s", log.String())
			}
			if got := stored(t, m, key); got["a"] != int64(1) {
				t.Errorf("stored %v", got)
			}
		})
	}
}

func TestFirstAccessAfterTheHeaderIsAnError(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		s := sessions.From(r)
		if v, ok := s.Lookup("a"); ok || !errors.Is(s.Err(), sessions.ErrTooLate) {
			t.Errorf("Lookup answers %v, Err %v", v, s.Err())
		}
	})
}

func TestChangesAfterTheHandlerAreErrors(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	var s *sessions.Session
	request(m, "", func(_ http.ResponseWriter, r *http.Request) { s = sessions.From(r) })
	s.Set("a", 1)
	if !errors.Is(s.Err(), sessions.ErrTooLate) {
		t.Errorf("Err answers %v", s.Err())
	}
}

// TestCommitOutlivesTheClient has the visitor go away while the handler works.
func TestCommitOutlivesTheClient(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "sessionid="+key)
	ctx, leave := context.WithCancel(r.Context())
	m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("a", 2)
		leave()
	})).ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if got := stored(t, m, key); got["a"] != int64(2) {
		t.Errorf("stored %v", got)
	}
}

func TestPanicSavesNothing(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	key := start(t, m, map[string]any{"a": 1})
	func() {
		defer func() { _ = recover() }()
		request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			sessions.From(r).Set("a", 2)
			panic("oh")
		})
	}()
	if got := stored(t, m, key); got["a"] != int64(1) {
		t.Errorf("stored %v", got)
	}
}

func TestDeadStore(t *testing.T) {
	cases := map[string]struct {
		broken failing
		handle func(*sessions.Session)
		status int
	}{
		"untouched":      {failing{load: true}, func(*sessions.Session) {}, 200},
		"read":           {failing{load: true}, func(s *sessions.Session) { s.Get("a") }, 503},
		"write":          {failing{replace: true}, func(s *sessions.Session) { s.Set("a", 2) }, 503},
		"logout":         {failing{delete: true}, func(s *sessions.Session) { _ = s.Flush() }, 503},
		"move, create":   {failing{create: true}, func(s *sessions.Session) { s.CycleKey() }, 503},
		"move, replace":  {failing{replace: true}, func(s *sessions.Session) { s.CycleKey() }, 503},
		"not encodable":  {failing{}, func(s *sessions.Session) { s.Set("a", func() {}) }, 500},
		"not UTF-8":      {failing{}, func(s *sessions.Session) { s.Set("a", "\xff") }, 500},
		"key not UTF-8":  {failing{}, func(s *sessions.Session) { s.Set("\xff", "a") }, 500},
		"only a misread": {failing{}, func(s *sessions.Session) { sessions.Key[string]("a").Or(s, "") }, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			store := &failing{Store: memstore.New(memstore.Config{})}
			m, err := sessions.New(store, sessions.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			key := start(t, m, map[string]any{"a": 1})
			whole := store.Store
			*store = c.broken
			store.Store = whole
			w := request(m, key, func(w http.ResponseWriter, r *http.Request) {
				c.handle(sessions.From(r))
				w.Header().Set("Set-Cookie", "a=b")
				_, err := w.Write([]byte("body"))
				if (err != nil) != (c.status != 200) {
					t.Errorf("Write answers %v", err)
				}
			})
			if w.Code != c.status || (c.status == 200) != (w.Body.String() == "body") {
				t.Errorf("%d %q, want %d", w.Code, w.Body, c.status)
			}
			if c.status != 200 && w.Header().Get("Set-Cookie") != "" {
				t.Errorf("a cookie on an error: %v", w.Header())
			}
			if strings.Contains(log.String(), key) {
				t.Errorf("the key is in the log: %s", log.String())
			}
			store.load, store.create, store.replace, store.delete = false, false, false, false
			if got := stored(t, m, key); got["a"] != int64(1) {
				t.Errorf("stored %v", got)
			}
		})
	}
}

func TestRequireKeepsSideEffectsBack(t *testing.T) {
	store := &failing{Store: memstore.New(memstore.Config{})}
	m, err := sessions.New(store, sessions.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	key := start(t, m, map[string]any{"a": 1})
	ran := 0
	h := m.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
	for _, c := range []struct {
		dead        bool
		status, ran int
	}{{false, 200, 1}, {true, 503, 1}} {
		store.load = c.dead
		if w := request(m, key, h.ServeHTTP); w.Code != c.status || ran != c.ran {
			t.Errorf("dead store %t: status %d, ran %d times", c.dead, w.Code, ran)
		}
	}
}

// TestUndecodableRecord is not an error for ever, and is not rewritten by a read.
func TestUndecodableRecord(t *testing.T) {
	var log bytes.Buffer
	m, now := newWorld(t, sessions.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	rec := sessions.Record{Data: []byte(`{"a":1`), Expires: now.Add(time.Hour), Created: now.Time}
	if err := m.Store().Create(t.Context(), existing, rec); err != nil {
		t.Fatal(err)
	}
	w := request(m, existing, func(_ http.ResponseWriter, r *http.Request) {
		if s := sessions.From(r); s.Len() != 0 || s.Err() != nil {
			t.Errorf("%d keys, %v", s.Len(), s.Err())
		}
	})
	if got, err := m.Store().Load(t.Context(), existing); string(got.Data) != `{"a":1` || err != nil || w.Code != 200 {
		t.Errorf("after a read: %d %q %v", w.Code, got.Data, err)
	}
	if !strings.Contains(log.String(), "session data corrupted") || strings.Contains(log.String(), `{"a`) {
		t.Errorf("log: %s", log.String())
	}
	request(m, existing, func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("b", 2) })
	if got := stored(t, m, existing); len(got) != 1 || got["b"] != int64(2) {
		t.Errorf("after a write: %v", got)
	}
}

func TestDeadlineOfACommit(t *testing.T) {
	blocked := &stuck{Store: memstore.New(memstore.Config{}), release: make(chan struct{})}
	m, err := sessions.New(blocked, sessions.Config{CommitTimeout: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := request(m, "", func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })
	if w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
}

// stuck is a store that answers only when its context ends.
type stuck struct {
	sessions.Store
	release chan struct{}
}

func (s *stuck) Create(ctx context.Context, _ string, _ sessions.Record) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.release:
		return nil
	}
}

func TestFailuresThatChangeNoResponseAreLogged(t *testing.T) {
	for name, status := range map[string]int{"after the header": 200, "under a 500": 500} {
		var log bytes.Buffer
		m, _ := newWorld(t, sessions.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		request(m, "", func(w http.ResponseWriter, r *http.Request) {
			if status == 200 {
				w.WriteHeader(status)
			}
			sessions.From(r).Set("a", make(chan int))
			w.WriteHeader(status)
		})
		if strings.Count(log.String(), "level=ERROR") != 1 {
			t.Errorf("%s: log %q", name, log.String())
		}
	}
}

func TestOnErrorSeesTheSession(t *testing.T) {
	called := false
	m, _ := newWorld(t, sessions.Config{OnError: func(w http.ResponseWriter, r *http.Request, err error) {
		called = true
		sessions.From(r).Key()
		sessions.RespondError(w, r, err)
	}})
	w := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment")
		sessions.From(r).Set("a", make(chan int))
	})
	if !called || w.Code != 500 || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
}

func TestRespondError(t *testing.T) {
	for err, status := range map[error]int{
		sessions.ErrInterrupted: 400, sessions.ErrAnswerChanged: 409, sessions.ErrEncode: 500, sessions.ErrForeign: 500,
		sessions.ErrTooLarge: 500, sessions.ErrContention: 503, sessions.ErrFull: 503, errDown: 503,
	} {
		w := httptest.NewRecorder()
		sessions.RespondError(w, nil, err)
		if w.Code != status {
			t.Errorf("%v: status %d, want %d", err, w.Code, status)
		}
	}
}

func TestRequireAsksTheHookOnce(t *testing.T) {
	calls := 0
	m, err := sessions.New(&failing{load: true}, sessions.Config{
		Logger: slog.New(slog.DiscardHandler),
		OnError: func(w http.ResponseWriter, r *http.Request, _ error) {
			calls++
			http.Redirect(w, r, "/sorry", http.StatusFound)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	guarded := m.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler ran") }))
	if w := request(m, existing, guarded.ServeHTTP); calls != 1 || w.Code != 302 {
		t.Errorf("%d calls, status %d", calls, w.Code)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	guarded.ServeHTTP(w, r.WithContext(sessions.NewContext(r.Context(), m.Open(r.Context(), existing))))
	if calls != 2 || w.Code != 302 {
		t.Errorf("without Middleware: %d calls, status %d", calls, w.Code)
	}
}
