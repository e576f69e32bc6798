package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cloakroom-go/sessions/engine"
)

// This file is about paths in URLs of SQLite.

// TestThreeSlashes has a file named in both ways that people write.
func TestThreeSlashes(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	absolute := filepath.Join(t.TempDir(), "absolute.db")
	for url, path := range map[string]string{
		"sqlite:///relative.db": filepath.Join(here, "relative.db"),
		"sqlite:///" + absolute: absolute,
		"sqlite://" + absolute:  absolute, // three slashes in all
	} {
		db, err := engine.OpenDatabase(t.Context(), url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	// Where the relative folder exists, it is the one that is meant.
	if err := os.MkdirAll(filepath.Join(here, filepath.Dir(absolute)), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := engine.OpenDatabase(t.Context(), "sqlite://"+absolute)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := os.Stat(filepath.Join(here, absolute)); err != nil {
		t.Error(err)
	}
}
