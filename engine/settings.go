package engine

import (
	"errors"
	"fmt"
	"os"

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
	return settings.ReadMap(values)
}
