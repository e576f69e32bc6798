package engine

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"github.com/cloakroom-go/sessions/django"
)

// This file reads Django's settings from where a deployment keeps them.

// ReadSettings reads Django's settings over its defaults: from a TOML file, if
// path is not empty, and then from the environment, in the form of os.Environ:
//
//	SECRET_KEY = "…"
//	SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
//	SESSION_COOKIE_AGE = 3600
//	DATABASE_URL = "sqlite:////srv/site/db.sqlite3"
//	CACHE_URL = "redis://127.0.0.1:6379/1"
//
// The names are Django's; django.Settings lists them, with a few of our own. A
// setting that is unknown, of another type, or in contradiction to another is an
// error that names it and what to do; nothing of a secret's value is in it.
func ReadSettings(path string, environ []string) (*django.Settings, error) {
	settings := django.DefaultSettings()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("engine: the settings file: %w", err)
		}
		if err := readTOML(&settings, text); err != nil {
			return nil, fmt.Errorf("engine: the settings file %s: %w", path, err)
		}
	}
	if err := settings.ReadEnviron(environ); err != nil {
		return nil, fmt.Errorf("engine: the environment: %w", err)
	}
	return &settings, settings.Validate()
}

func readTOML(settings *django.Settings, text []byte) error {
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, column := at.Position()
			return fmt.Errorf("line %d, column %d is not TOML", row, column) // the text may be a secret
		}
		return errors.New("it is not TOML")
	}
	return errors.Join(settings.ReadMap(values), strangers(values))
}

// strangers reports what is no setting of sessions: nothing else has a place in
// this file, and a setting that is not heeded would be missed only later.
func strangers(values map[string]any) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		advice := "remove it"
		switch {
		case django.IsSetting(name):
			continue
		case name == "DATABASES":
			advice = "set DATABASE_URL, such as sqlite:////srv/site/db.sqlite3"
		case name == "CACHES":
			advice = "set CACHE_URL, such as redis://127.0.0.1:6379/1, and CACHE_KEY_PREFIX and CACHE_VERSION if the site does"
		}
		problems = append(problems, &django.SettingError{Name: name, Problem: "this is no setting for sessions; " + advice})
	}
	return errors.Join(problems...)
}
