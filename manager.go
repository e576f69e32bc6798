package sessions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Manager ties sessions to the Store that keeps them. It is safe for concurrent
// use, starts no goroutine, and needs no closing.
type Manager struct {
	store   Store
	toucher Toucher // nil if the store has none
	sealer  Sealer  // in the place of a store
	cfg     Config
	queue   queue
}

// New returns a Manager that keeps sessions in store. It answers an error if the
// Config cannot be meant, such as a cookie that every browser would refuse.
func New(store Store, cfg Config) (*Manager, error) {
	if store == nil {
		return nil, errors.New("sessions: New needs a store, such as memstore.New(memstore.Config{})")
	}
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	m := &Manager{store: store, cfg: cfg}
	m.toucher, _ = Capability[Toucher](store)
	return m, nil
}

// Store returns the store given to New, nil after NewSealed.
func (m *Manager) Store() Store { return m.store }

// now is the time to the microsecond, which is what stores keep.
func (m *Manager) now() time.Time { return m.cfg.Now().Truncate(time.Microsecond) }

// Open returns the session under key, outside of any request: in a job, in a
// WebSocket's loop, in a test. It is loaded when first used and saved by
// [Session.Save]. An empty key begins a new session. The context is that of all
// that the session does.
func (m *Manager) Open(ctx context.Context, key string) *Session {
	s := &Session{}
	s.init(m, ctx, key)
	return s
}

// Update opens the session under key, runs change on it and saves it. It answers
// [ErrNotFound] if there is no such session.
func (m *Manager) Update(ctx context.Context, key string, change func(*Session) error) error {
	s := m.Open(ctx, key)
	if err := s.Load(); err != nil {
		return err
	}
	if s.Key() == "" {
		return ErrNotFound
	}
	if err := change(s); err != nil {
		return err
	}
	return s.Save()
}

// Exists reports whether there is a live session under key.
func (m *Manager) Exists(ctx context.Context, key string) (bool, error) {
	_, err := m.load(ctx, key)
	switch {
	case m.sealer != nil:
		return err == nil, nil
	case err == nil || errors.Is(err, ErrCorrupt):
		return true, nil
	case errors.Is(err, ErrNotFound):
		return false, nil
	}
	return false, fmt.Errorf("sessions: loading: %w", err)
}

// End ends the session under key, wherever its visitor is. That there is none
// is no error. A session in a cookie cannot be ended from here.
func (m *Manager) End(ctx context.Context, key string) error {
	if m.sealer != nil || !ValidKey(key) {
		return nil
	}
	if err := m.store.Delete(ctx, key); err != nil {
		return fmt.Errorf("sessions: deleting: %w", err)
	}
	return nil
}

// init makes s the session of key. What can't be a key is no key; what is only
// not well formed stays, and leads nowhere, as with Django.
func (s *Session) init(m *Manager, ctx context.Context, key string) {
	if len(key) < minKeyLength {
		key = ""
	}
	s.m, s.ctx, s.key = m, ctx, key
}

// plausible reports whether key could lead to a session at all.
func (m *Manager) plausible(key string) bool {
	return m.sealer != nil && len(key) >= minKeyLength || ValidKey(key)
}

// load asks the store, unless the key is none that it could know.
func (m *Manager) load(ctx context.Context, key string) (Record, error) {
	if m.sealer != nil {
		return m.open(ctx, key)
	}
	if !ValidKey(key) {
		return Record{}, ErrNotFound
	}
	rec, err := m.store.Load(ctx, key)
	if err == nil && !rec.Expires.IsZero() && !rec.Expires.After(m.now()) {
		return Record{}, ErrNotFound // by our clock, if not by the store's
	}
	return rec, err
}

// fetch loads the record under key and applies log to what it holds. A record
// that cannot be decoded counts as empty, or its visitor would be met by an error
// for ever; it stays as it is until something is saved.
func (m *Manager) fetch(ctx context.Context, key string, log []change) (Record, *object, error) {
	rec, err := m.load(ctx, key)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return Record{}, nil, err
	}
	var values *object
	if err == nil {
		values, err = parseObject(rec.Data)
	}
	if err != nil {
		m.cfg.Logger.LogAttrs(ctx, levelWarn, "session data corrupted", errAttr(err))
		values = &object{}
	}
	if len(rec.Foreign) > 0 && len(log) > 0 {
		return rec, values, ErrForeign
	}
	return rec, values, values.replay(log)
}

const (
	levelWarn  = slog.LevelWarn
	levelError = slog.LevelError
)

func errAttr(err error) slog.Attr { return slog.Any("error", err) }
