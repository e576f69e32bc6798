package django

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file asks a session itself when it ends, for layouts that keep no date
// beside it.

var ownExpiry = []byte(`"_session_expiry":`)

// ends answers when a session with that data ends that was saved at that time.
// What its own choice means, only package sessions knows.
func (f *FileFormat) ends(data []byte, saved time.Time) time.Time {
	if !bytes.Contains(data, ownExpiry) {
		return saved.Add(f.age)
	}
	m, err := sessions.NewSealed(unsealed{}, sessions.Config{
		Lifetime:      max(f.age, 1), // 0 would be the default
		NaiveLocation: f.zone,
		Logger:        slog.New(slog.DiscardHandler),
		Now:           func() time.Time { return saved },
	})
	if err != nil {
		return saved.Add(f.age)
	}
	return m.Open(context.Background(), string(data)).ExpiryDate().Truncate(time.Microsecond)
}

// unsealed takes the data of a session for its cookie.
type unsealed struct{}

func (unsealed) Seal(rec sessions.Record, _ time.Time) (string, error) { return string(rec.Data), nil }

func (unsealed) Open(value string, _ time.Time) (sessions.Record, error) {
	return sessions.Record{Data: []byte(value)}, nil
}
