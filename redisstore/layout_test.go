package redisstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/cachelayout"
	"github.com/cloakroom-go/sessions/internal/testserver"
	"github.com/cloakroom-go/sessions/redisstore"
)

// This file checks what is on the server, which other programs read and write.

func TestNativeLayout(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{})
	rec := record(7)
	rec.Expires = time.Now().Add(time.Hour).Truncate(time.Microsecond)
	rec.Created = time.UnixMicro(1795377013000000)
	old := create(t, s, key, rec)
	want := fmt.Sprintf("cloakroom/1 %018d 1795377013000000 \"42\"\n{\"n\":7}", rec.Expires.UnixMicro())
	reply := do(t, client, "GET", "session:"+key)
	if got, err := reply.ToString(); got != want || err != nil {
		t.Errorf("stored %q, %v\nwant   %q", got, err, want)
	}
	if got := lifeOf(t, client, "session:"+key); got > time.Hour || got < time.Hour-time.Minute {
		t.Errorf("lives for %v, want an hour", got)
	}
	if err := s.Touch(t.Context(), key, time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := lifeOf(t, client, "session:"+key); got > 2*time.Hour || got < 2*time.Hour-time.Minute {
		t.Errorf("after Touch, lives for %v, want two hours", got)
	}
	if err := s.Replace(t.Context(), key, old, sessions.Record{Expires: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if got := lifeOf(t, client, "session:"+key); got > time.Minute || got <= 0 {
		t.Errorf("a tombstone lives for %v, want a minute", got)
	}
}

// TestServerNeverRemovesEarly: the session's own expiry decides, so the server's
// is rounded up. What the server was asked for is in its log.
func TestServerNeverRemovesEarly(t *testing.T) {
	clock := time.Now().Truncate(time.Microsecond)
	s, client, _ := serve(t, redisstore.Config{Now: func() time.Time { return clock }})
	do(t, client, "CONFIG", "SET", "slowlog-log-slower-than", "0")
	rec := record(1)
	rec.Expires = clock.Add(time.Hour + time.Microsecond)
	create(t, s, key, rec)
	reply := do(t, client, "SLOWLOG", "GET", "10")
	if log := reply.String(); !strings.Contains(log, `"3600001"`) {
		t.Errorf("an hour and a microsecond is not 3600001 ms in %s", log)
	}
}

// TestCreateExpired: what is over before it began is not stored, but the answer
// is as if it had been.
func TestCreateExpired(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{Format: pickles{}, WholeSeconds: true})
	for _, life := range []time.Duration{-time.Hour, 0, 900 * time.Millisecond} {
		rec := record(1)
		rec.Expires = time.Now().Add(life)
		if err := s.Create(t.Context(), key, rec); err != nil {
			t.Errorf("a life of %v: %v", life, err)
		}
		if got := names(t, client); len(got) > 0 {
			t.Errorf("a life of %v: stored as %q", life, got)
		}
	}
	create(t, s, key, record(1))
	if err := s.Create(t.Context(), key, sessions.Record{Data: []byte("{}")}); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("in the place of another: %v", err)
	}
}

func TestDjangoLayout(t *testing.T) {
	prefix := cachelayout.Key("", cachelayout.DefaultVersion, cachelayout.CachePrefix)
	s, client, _ := serve(t, redisstore.Config{Prefix: prefix, Format: pickles{}, WholeSeconds: true})
	rec := record(1)
	rec.Data, rec.Expires = []byte(`{"sname":"irfan"}`), time.Now().Add(90*time.Second+900*time.Millisecond)
	old := create(t, s, key, rec)
	const want = "\x80\x05\x95\x14\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x05sname\x94\x8c\x05irfan\x94s."
	name := ":1:django.contrib.sessions.cache" + key
	reply := do(t, client, "GET", name)
	if got, err := reply.ToString(); got != want || err != nil {
		t.Errorf("stored %q, %v", got, err)
	}
	if got := lifeOf(t, client, name); got > 90*time.Second || got < 80*time.Second {
		t.Errorf("lives for %v, want 90 s", got)
	}
	if err := s.Replace(t.Context(), key, old, sessions.Record{Data: rec.Data, Expires: time.Now().Add(900 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	if got := names(t, client); len(got) > 0 {
		t.Errorf("with less than a second to live, there is still %q", got)
	}
}

// TestOthersKeys: whatever else is on the server is not listed, and a value of
// another type in a session's place is a damaged session.
func TestOthersKeys(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{})
	create(t, s, key, record(1))
	other := strings.Repeat("a", 32)
	for _, name := range []string{key, "session:", "session:short", "session:" + strings.ToUpper(key), "xsession:" + key, "sessionx" + key, "session:" + key + ":x"} {
		do(t, client, "SET", name, "x")
	}
	do(t, client, "HSET", "session:"+other, "data", "x")
	listed := map[string]string{}
	for l, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed[l.Key] = string(l.Record.Data)
	}
	if data, ok := listed[other]; len(listed) != 2 || listed[key] != `{"n":1}` || !ok || data != "" {
		t.Errorf("listed %q", listed)
	}
	old, err := s.Load(t.Context(), other)
	if !errors.Is(err, sessions.ErrCorrupt) {
		t.Fatalf("Load of a hash: %v", err)
	}
	if err := s.Touch(t.Context(), other, time.Now().Add(time.Hour)); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("Touch of a hash: %v", err)
	}
	if err := s.Create(t.Context(), other, record(2)); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Create over a hash: %v", err)
	}
	if err := s.Replace(t.Context(), other, old, record(2)); err != nil {
		t.Errorf("Replace of a hash: %v", err)
	}
	if got := load(t, s, other); string(got.Data) != `{"n":2}` {
		t.Errorf("after Replace of a hash: %s", got.Data)
	}
}

// TestDamagedBehindAnExpiredHead: it is as Load saw it, and so can be replaced.
func TestDamagedBehindAnExpiredHead(t *testing.T) {
	s, client, _ := serve(t, redisstore.Config{})
	do(t, client, "SET", "session:"+key, "cloakroom/1 000000000000000001 - \"\"\n{\"cut sh")
	old, err := s.Load(t.Context(), key)
	if !errors.Is(err, sessions.ErrCorrupt) {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), key, old, record(1)); err != nil {
		t.Error(err)
	}
	// A Record from elsewhere, with a Revision that no Load has answered.
	stray := load(t, s, key)
	for _, revision := range []string{"", "x", "cloakroom/1 00000000000000000"} {
		stray.Revision = revision
		if err := s.Replace(t.Context(), key, stray, record(2)); !errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Replace of revision %q: %v", revision, err)
		}
	}
}

// TestReplicasAreNotScanned: only a master knows what is there.
func TestReplicasAreNotScanned(t *testing.T) {
	t.Parallel()
	nodes := testserver.RedisCluster(t, 2)
	s := open(t, connect(t, nodes[0].Addr), redisstore.Config{})
	create(t, s, key, record(1))
	for _, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, node := range nodes {
		reply, err := testserver.Ask(t.Context(), node.Addr, "INFO commandstats")
		if scanned := strings.Contains(reply, "cmdstat_scan:"); err != nil || scanned != (i < 2) {
			t.Errorf("node %d of two masters and a replica was scanned: %v, %v", i, scanned, err)
		}
	}
}

type badTombstone struct{ graves }

func (badTombstone) Decode(value []byte) (sessions.Record, error) { return pickles{}.Decode(value) }

type noTombstone struct{ graves }

func (noTombstone) Encode(sessions.Record) ([]byte, error) { return nil, errors.New("broken") }

func TestNewRefuses(t *testing.T) {
	if _, err := redisstore.New(nil, redisstore.Config{}); err == nil || !strings.Contains(err.Error(), "no client") {
		t.Errorf("no client: %v", err)
	}
	_, client, _ := serve(t, redisstore.Config{})
	for name, cfg := range map[string]redisstore.Config{
		"a negative timeout":               {Timeout: -1},
		"a tombstone that is not known":    {Format: badTombstone{}},
		"a tombstone that is not possible": {Format: noTombstone{}},
	} {
		if _, err := redisstore.New(client, cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestListingShowsNothingTwice: SCAN may show a key again, which this provokes
// by a client that knows one server by two names.
func TestListingShowsNothingTwice(t *testing.T) {
	server := testserver.Redis(t)
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:    []string{server.Addr},
		Standalone:     rueidis.StandaloneOption{ReplicaAddress: []string{strings.Replace(server.Addr, "127.0.0.1", "localhost", 1)}},
		SendToReplicas: func(rueidis.Completed) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if n := len(client.Nodes()); n != 2 {
		t.Fatalf("the client knows %d servers, want 2", n)
	}
	s := open(t, client, redisstore.Config{})
	create(t, s, key, record(1))
	listed := 0
	for _, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed++
	}
	if listed != 1 {
		t.Errorf("one session is listed %d times", listed)
	}
}
