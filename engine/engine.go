package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/cachedstore"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens the sessions of a Django site, by the site's own settings.

// Site is what [Open] has opened.
type Site struct {
	// Manager is ready to be used; its sessions are shared with the Django site.
	Manager *sessions.Manager

	// Store keeps the sessions. It is nil where they travel in the cookie.
	Store sessions.Store

	// Migrator makes and updates the table of the db and cached_db engines; it is
	// nil for the others.
	Migrator *sqlstore.Migrator

	// Database is that of the db and cached_db engines; it is nil for the others.
	Database *Database

	closers []func() error
}

// Close closes what Open has opened. The Manager is of no use afterwards.
func (s *Site) Close() error {
	var errs []error
	for _, closer := range s.closers {
		errs = append(errs, closer())
	}
	if s.Database != nil {
		errs = append(errs, s.Database.Close())
	}
	return errors.Join(errs...)
}

func (s *Site) closing(f func() error) { s.closers = append(s.closers, f) }

// Open opens the sessions that a Django site with these settings keeps, in
// Django's own layout. SESSION_ENGINE says where: db and cached_db need a
// DATABASE_URL (see [OpenDatabase]), cache and cached_db a CACHE_URL:
//
//	redis://host:6379/0            also rediss:// and a password, as usual
//	memcached://host:11211,host2   one or more servers
//	locmem://                      this process alone, as Django's default cache
//
// Each adjust may change the Manager's Config, as for OnError, Logger and Now; the
// stores go by its clock. Open makes no table; see Site.Migrator. The errors name
// the setting and what to do about it.
func Open(ctx context.Context, settings *django.Settings, adjust ...func(*sessions.Config)) (*Site, error) {
	cfg, err := settings.Config()
	if err != nil {
		return nil, err
	}
	for _, f := range adjust {
		f(&cfg)
	}
	site := &Site{}
	if err := site.open(ctx, settings, cfg); err != nil {
		_ = site.Close() // the first error is the one to mend
		return nil, err
	}
	return site, nil
}

func (s *Site) open(ctx context.Context, settings *django.Settings, cfg sessions.Config) (err error) {
	switch settings.Engine {
	case django.EngineSignedCookies:
		var codec *django.CookieCodec
		if codec, err = settings.CookieCodec(); err != nil {
			return err
		}
		s.Manager, err = sessions.NewSealed(codec, cfg)
		return err
	case django.EngineFile:
		s.Store, err = openFiles(settings, cfg.Now)
	case django.EngineCache:
		s.Store, err = s.openCache(ctx, settings, cfg.Now)
	case django.EngineDB:
		s.Store, err = s.openTable(ctx, settings, cfg.Now)
	case django.EngineCachedDB:
		s.Store, err = s.openCachedTable(ctx, settings, cfg)
	default:
		err = fmt.Errorf("engine: SESSION_ENGINE %q is not known", settings.Engine)
	}
	if err != nil {
		return err
	}
	s.Manager, err = sessions.New(s.Store, cfg)
	return err
}

func openFiles(settings *django.Settings, now func() time.Time) (sessions.Store, error) {
	format, err := settings.FileFormat(now)
	if err != nil {
		return nil, err
	}
	dir := settings.Directory()
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("engine: SESSION_FILE_PATH: there is no directory %s; make it, or name the Django site's", dir)
	}
	store, err := filestore.Open(dir, filestore.Config{
		Prefix: settings.CookieName, Format: format, Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("engine: SESSION_FILE_PATH: %w", err)
	}
	return store, nil
}

// openTable opens Django's own table.
func (s *Site) openTable(ctx context.Context, settings *django.Settings, now func() time.Time) (sessions.Store, error) {
	if settings.DatabaseURL == "" {
		return nil, fmt.Errorf("engine: SESSION_ENGINE %s keeps sessions in a database: set DATABASE_URL, such as sqlite:///db.sqlite3", settings.Engine)
	}
	codec, err := settings.Codec(now)
	if err != nil {
		return nil, err
	}
	zone, err := settings.NaiveLocation()
	if err != nil {
		return nil, err
	}
	db, err := OpenDatabase(ctx, string(settings.DatabaseURL))
	if err != nil {
		return nil, err
	}
	s.Database = db
	store, err := sqlstore.NewDjango(db.DB, db.Dialect, codec, sqlstore.Config{Reader: db.Reader, Location: zone, Now: now})
	if err != nil {
		return nil, err
	}
	s.Migrator = store.Migrator()
	return store, nil
}

func (s *Site) openCachedTable(ctx context.Context, settings *django.Settings, cfg sessions.Config) (sessions.Store, error) {
	table, err := s.openTable(ctx, settings, cfg.Now)
	if err != nil {
		return nil, err
	}
	cache, err := s.openCache(ctx, settings, cfg.Now)
	if err != nil {
		return nil, err
	}
	return cachedstore.New(cache, table, cachedstore.Config{Logger: cfg.Logger, Now: cfg.Now})
}
