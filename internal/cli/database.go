package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/engine"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens the sessions that the flags, the settings and the environment
// name: in a database of ours, or those of a Django site.

const defaultDatabase = "sqlite:///cloakroom.sqlite3"

// databaseURL is the database that the flag or the environment name.
func (o *options) databaseURL() string {
	return cmp.Or(o.database, os.Getenv("DATABASE_URL"), defaultDatabase)
}

// isDjango reports whether the settings of a Django site are given.
func (o *options) isDjango() bool {
	return o.settings != "" || slices.ContainsFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name != "SESSION_MANAGER" && strings.HasPrefix(name, "SESSION_") || strings.HasPrefix(name, "SECRET_KEY") && django.IsSetting(name)
	})
}

// readSettings reads the settings of a Django site.
func (o *options) readSettings() (*django.Settings, error) {
	settings, err := engine.ReadSettings(o.settings, os.Environ())
	if err != nil {
		return nil, err
	}
	settings.DatabaseURL = cmp.Or(django.URL(o.database), settings.DatabaseURL)
	return settings, nil
}

// openSite opens the sessions and says on stdout where they are kept.
func openSite(ctx context.Context, opts *options, stdout io.Writer, adjust ...func(*sessions.Config)) (*engine.Site, error) {
	var site *engine.Site
	if !opts.isDjango() {
		db, err := engine.OpenDatabase(ctx, opts.databaseURL())
		if err != nil {
			return nil, err
		}
		if site, err = nativeSite(db, adjust...); err != nil {
			db.Close()
			return nil, err
		}
	} else {
		settings, err := opts.readSettings()
		if err != nil {
			return nil, err
		}
		if site, err = engine.Open(ctx, settings, adjust...); err != nil {
			return nil, err
		}
		fmt.Fprintln(stdout, "Django's sessions:", settings.Engine.Path())
		if settings.Engine == django.EngineFile {
			fmt.Fprintln(stdout, "Directory:", settings.Directory())
		}
	}
	if site.Database != nil {
		fmt.Fprintln(stdout, "Database:", site.Database.Name)
	}
	return site, nil
}

// nativeSite has its sessions in a table of ours.
func nativeSite(db *engine.Database, adjust ...func(*sessions.Config)) (*engine.Site, error) {
	store, err := sqlstore.New(db.DB, db.Dialect, sqlstore.Config{Reader: db.Reader})
	if err != nil {
		return nil, err
	}
	cfg := sessions.Config{Cookie: sessions.Cookie{AllowHTTP: true}}
	for _, f := range adjust {
		f(&cfg)
	}
	manager, err := sessions.New(store, cfg)
	return &engine.Site{Manager: manager, Store: store, Migrator: store.Migrator(), Database: db}, err
}

// checkWritable finds out before the first visitor does whether sessions can be
// saved: SQLite opens a file that it may only read without a word.
func checkWritable(ctx context.Context, site *engine.Site) error {
	if site.Store == nil {
		return nil
	}
	if err := site.Store.Delete(ctx, "nobodyssession"); err != nil {
		return fmt.Errorf("sessions cannot be written; this user must be allowed to write where they are kept: %w", err)
	}
	return nil
}

var errNoTable = errors.New("this SESSION_ENGINE keeps no table in a database: there is nothing to migrate")

// applyMigrations applies the migrations that are due, says which on stdout, and
// answers how many they were.
func applyMigrations(ctx context.Context, site *engine.Site, stdout io.Writer) (int, error) {
	if site.Migrator == nil {
		return 0, errNoTable
	}
	done, err := site.Migrator.Up(ctx)
	for _, m := range done {
		fmt.Fprintf(stdout, "  Applying %s.%s... OK\n", m.App, m.Name)
	}
	return len(done), err
}
