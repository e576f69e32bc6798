//go:build unix && !aix && !solaris

package django_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file is a directory of Django's session files for the tests.

// fileWorld is a directory of sessions with a clock that stands.
type fileWorld struct {
	*sessions.Manager
	codec *django.Codec
	dir   string
	log   *bytes.Buffer
}

func newFileWorld(t testing.TB, cfg sessions.Config) *fileWorld {
	t.Helper()
	w := &fileWorld{
		codec: newCodec(t, django.Secret(vectorSecret), django.CodecConfig{Now: cfg.Now}),
		dir:   t.TempDir() + "/sessions",
		log:   new(bytes.Buffer),
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = twoWeeks
	}
	store, err := filestore.Open(w.dir, filestore.Config{
		Prefix: "sessionid",
		Format: django.NewFileFormat(w.codec, cfg.Lifetime.Truncate(time.Microsecond), cfg.NaiveLocation),
		NoSync: true,
		Now:    cfg.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = slog.New(slog.NewTextHandler(w.log, nil))
	if w.Manager, err = sessions.New(store, cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes a session's file, as Django would have some time ago.
func (w *fileWorld) put(t testing.TB, name, content string, modified time.Time) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
}

// files answers what is there, by name, but for the store's own files.
func (w *fileWorld) files(t testing.TB) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(w.dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

func (w *fileWorld) encode(t testing.TB, json string) string {
	t.Helper()
	text, err := w.codec.Encode([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
