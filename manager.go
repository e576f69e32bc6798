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

	ownClock  bool // Config.Now was given
	corrupted func(error)
}

// New returns a Manager that keeps sessions in store. It answers an error if the
// Config cannot be meant, such as a cookie that every browser would refuse.
func New(store Store, cfg Config) (*Manager, error) {
	if store == nil {
		return nil, errors.New("sessions: New needs a store, such as memstore.New(memstore.Config{})")
	}
	m, err := newManager(cfg)
	if err != nil {
		return nil, err
	}
	m.store = store
	m.toucher, _ = Capability[Toucher](store)
	return m, nil
}

func newManager(cfg Config) (*Manager, error) {
	m := &Manager{ownClock: cfg.Now != nil, cfg: cfg.withDefaults()}
	m.corrupted = func(err error) {
		m.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "session data corrupted", errAttr(err))
	}
	return m, m.cfg.validate()
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

// Update opens the session under key, runs change on it and saves it, unless
// change answers an error or has flushed it. It answers [ErrNotFound] if there is
// no such session, and [ErrInterrupted] if it ends meanwhile.
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
	if s.IsEmpty() {
		return nil
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

// ClearExpired has the store delete the expired sessions, in steps that are short
// enough not to be felt, and returns how many there were. Stores that remove them
// by themselves answer [errors.ErrUnsupported]. It may be called from many places
// at once and stopped by its context. (Django: clear_expired(), clearsessions)
func (m *Manager) ClearExpired(ctx context.Context) (int, error) {
	var sweeper Sweeper
	ok := false
	if m.store != nil {
		sweeper, ok = Capability[Sweeper](m.store)
	}
	if !ok {
		return 0, fmt.Errorf("sessions: the store removes expired sessions by itself: %w", errors.ErrUnsupported)
	}
	total := 0
	for {
		n, err := sweeper.Sweep(ctx, sweepStep)
		if total += n; err != nil {
			return total, fmt.Errorf("sessions: deleting expired sessions: %w", err)
		}
		if n < sweepStep {
			return total, nil
		}
	}
}

// sweepStep is how many expired sessions are deleted at once.
const sweepStep = 500

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
		return m.open(key)
	}
	if !ValidKey(key) {
		return Record{}, ErrNotFound
	}
	rec, err := m.store.Load(ctx, key)
	if err == nil && m.ownClock && !rec.Expires.IsZero() && !rec.Expires.After(m.now()) {
		return Record{}, ErrNotFound // by our clock, if not by the store's
	}
	return rec, err
}

// fetch loads the record under key into values, and applies log to them. A
// record that cannot be decoded counts as empty, or its visitor would be met by
// an error for ever; it stays as it is until something is saved.
func (m *Manager) fetch(ctx context.Context, key string, log []change, values *object) (Record, error) {
	rec, err := m.load(ctx, key)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return Record{}, err
	}
	if err == nil {
		values.parse(rec.Data, m.corrupted)
	} else {
		m.corrupted(err)
	}
	if len(rec.Foreign) > 0 && len(log) > 0 {
		return rec, ErrForeign
	}
	return rec, values.replay(log)
}

func errAttr(err error) slog.Attr { return slog.Any("error", err) }
