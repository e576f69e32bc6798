package sessions_test

import (
	"context"
	"errors"

	"github.com/cloakroom-go/sessions"
)

// This file has stores that go wrong in one way each; all else is a real one.

// losing is a store on which another process is always faster.
type losing struct{ sessions.Store }

func (losing) Replace(context.Context, string, sessions.Record, sessions.Record) error {
	return sessions.ErrConflict
}

var errDown = errors.New("connection refused")

// failing is a store of which some methods don't work, until they are mended.
type failing struct {
	sessions.Store
	load, create, replace, delete bool
}

func (f *failing) Load(ctx context.Context, key string) (sessions.Record, error) {
	if f.load {
		return sessions.Record{}, errDown
	}
	return f.Store.Load(ctx, key)
}

func (f *failing) Create(ctx context.Context, key string, rec sessions.Record) error {
	if f.create {
		return errDown
	}
	return f.Store.Create(ctx, key, rec)
}

func (f *failing) Replace(ctx context.Context, key string, old, rec sessions.Record) error {
	if f.replace {
		return errDown
	}
	return f.Store.Replace(ctx, key, old, rec)
}

func (f *failing) Delete(ctx context.Context, key string) error {
	if f.delete {
		return errDown
	}
	return f.Store.Delete(ctx, key)
}

// foreign is a store whose sessions also hold a value that JSON can't.
type foreign struct{ sessions.Store }

func (f foreign) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := f.Store.Load(ctx, key)
	rec.Foreign = []string{"date"}
	return rec, err
}

// collide is a store in which the first keys are taken.
type collide struct {
	sessions.Store
	times int
}

func (c *collide) Create(ctx context.Context, key string, rec sessions.Record) error {
	if c.times--; c.times >= 0 {
		return sessions.ErrConflict
	}
	return c.Store.Create(ctx, key, rec)
}
