package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// This file logs as Django's runserver does: one line an event, the time before
// it. Queries, cookies and session keys are never part of it.

// newLogger writes what is of level least or above to out.
func newLogger(out io.Writer, least slog.Level) *slog.Logger {
	h := &lineHandler{log: &lineLog{out: out}}
	h.Handler = slog.NewTextHandler(&h.log.line, &slog.HandlerOptions{Level: least, ReplaceAttr: dropBuiltin})
	return slog.New(h)
}

// lineLog is what the handlers of one logger share.
type lineLog struct {
	sync.Mutex
	line bytes.Buffer
	out  io.Writer
}

// lineHandler writes time, level and message itself, and has slog's text handler
// write the attributes.
type lineHandler struct {
	slog.Handler
	log *lineLog
}

func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.log.Lock()
	defer h.log.Unlock()
	h.log.line.Reset()
	fmt.Fprintf(&h.log.line, "[%s] ", r.Time.Format("02/Jan/2006 15:04:05"))
	if r.Level != slog.LevelInfo {
		fmt.Fprintf(&h.log.line, "%v ", r.Level)
	}
	h.log.line.WriteString(r.Message + " ")
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	_, err := h.log.out.Write(h.log.line.Bytes())
	return err
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.Handler.WithAttrs(attrs), h.log}
}

func (h *lineHandler) WithGroup(name string) slog.Handler {
	return &lineHandler{h.Handler.WithGroup(name), h.log}
}

// dropBuiltin leaves out what lineHandler has written.
func dropBuiltin(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// logged logs each request that next has answered.
func logged(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		logger.LogAttrs(r.Context(), slog.LevelInfo, fmt.Sprintf("%q", r.Method+" "+r.URL.EscapedPath()),
			slog.Int("status", seen.status), slog.Duration("duration", time.Since(begun).Round(time.Microsecond)))
	})
}

// statusWriter remembers the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status, unless it is informational.
func (w *statusWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
