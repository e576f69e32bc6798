package sessions

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
)

// This file is the ResponseWriter that a handler is given: it lets the session
// be saved before the first byte goes out, and is otherwise what it wraps.

// writer wraps the server's ResponseWriter. What it does not do itself,
// http.ResponseController finds through Unwrap.
type writer struct {
	http.ResponseWriter
	x     *exchange
	begun bool
	err   error // why the session could not be saved; then nothing is written
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begin saves the session before a response of that status. If that fails,
// another response takes its place.
func (w *writer) begin(status int) error {
	if w.begun {
		return w.err
	}
	w.begun = true
	if w.err = w.x.prepare(status, w.Header()); w.err != nil {
		w.x.report("session could not be loaded or saved", w.err)
		for _, name := range [...]string{
			"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range",
			"Content-Type", "Etag", "Expires", "Last-Modified", "Location", "Set-Cookie",
		} {
			w.Header().Del(name)
		}
		w.x.setMoved(w.Header())
		w.x.session.m.cfg.OnError(w.ResponseWriter, w.x.request.WithContext(w.x), w.err)
	}
	return w.err
}

// finish runs when the handler has returned.
func (w *writer) finish() {
	if !w.begun {
		_ = w.begin(http.StatusOK) // it has been answered and logged
		return
	}
	s := &w.x.session
	s.mu.Lock()
	failure := s.failure
	s.mu.Unlock()
	switch {
	case failure == nil || w.err != nil:
	case errors.Is(failure, ErrTooLate):
		w.x.report("session used too late", failure)
	default: // under a response that saves nothing, or after its beginning
		w.x.report("session failed", failure)
	}
}

func (x *exchange) report(message string, err error) {
	level := slog.LevelError
	gone := errors.Is(err, context.Canceled) && x.Err() != nil
	if gone || errors.Is(err, ErrInterrupted) || errors.Is(err, ErrAnswerChanged) {
		level = slog.LevelWarn // what visitors do, not what operators must mend
	}
	x.session.m.cfg.Logger.LogAttrs(x.Context, level, message, errAttr(err))
}

// WriteHeader saves the session and begins the response. Informational
// responses pass, with the session still open.
func (w *writer) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.begin(status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *writer) Write(b []byte) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

// WriteString is for io.WriteString.
func (w *writer) WriteString(s string) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom is for io.Copy: it lets the server send a file without copying it.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, r)
}

// FlushError is for http.ResponseController, and Flush for older callers.
func (w *writer) FlushError() error {
	if err := w.begin(http.StatusOK); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// Hijack saves the session first; its cookie is then in Header, for the handler
// to send along with the response that it makes itself.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.begin(http.StatusSwitchingProtocols); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Push implements http.Pusher where the server does.
func (w *writer) Push(target string, opts *http.PushOptions) error {
	if p, ok := w.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}
