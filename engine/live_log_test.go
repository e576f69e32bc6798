package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/cloakroom-go/sessions"
)

// This file listens to the log of our sites in the live bench: all is well with
// their stores, so it must be silent but for what visitors do to themselves.

// liveLog fails the test at each unforeseen record.
type liveLog struct{ t *testing.T }

func (l liveLog) Handle(_ context.Context, r slog.Record) error {
	var logged error
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			logged = err
		}
		return true
	})
	if !errors.Is(logged, sessions.ErrInterrupted) && !errors.Is(logged, sessions.ErrForeign) {
		l.t.Errorf("our site logs %q: %v", r.Message, logged)
	}
	return nil
}

func (l liveLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (l liveLog) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l liveLog) WithGroup(string) slog.Handler                    { return l }
