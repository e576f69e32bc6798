package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// This file serves, logs, and ends.

// A request that has begun is answered, though the command has been told to end.
func TestServeFinishesRequests(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	begun, stopped, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-stopped
		io.WriteString(w, "whole")
	})
	go func() {
		ended <- serve(ctx, func() { close(stopped) }, listener, handler, slog.New(slog.DiscardHandler))
	}()
	go func() {
		<-begun
		interrupt()
	}()
	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "whole" {
		t.Errorf("the answer is %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve answered %v", err)
	}
	if _, err := http.Get("http://" + listener.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

func TestLog(t *testing.T) {
	var out bytes.Buffer
	logger := newLogger(&out, slog.LevelInfo)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, func() {}, listener, handler, logger) }()
	r, err := http.NewRequest("GET", "http://"+listener.Addr().String()+"/a%0Ab%22?secret=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: "secret2"})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	interrupt()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	logger.Debug("too little")
	logger.With("a", 1).WithGroup("g").Warn("something", "error", errors.New("two\nlines"))

	const date = `\[\d\d/[A-Z][a-z]{2}/\d{4} \d\d:\d\d:\d\d\] `
	want := regexp.MustCompile(`^` + date + `"GET /a%0Ab%22" status=418 duration=\S+\n` +
		date + `WARN something a=1 g.error="two\\nlines"\n$`)
	if got := out.String(); !want.MatchString(got) || strings.Contains(got, "secret") {
		t.Errorf("logged:\n%s", got)
	}
}
