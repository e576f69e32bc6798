//go:build unix && !aix && !solaris

package django_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/filestore"
)

// This file replays Django's file engine on package filestore.

// Every file that Django wrote is read, and written again as Django wrote it.
func TestFilesOfDjango(t *testing.T) {
	v := readVectors[struct {
		Files []struct {
			Name, File, Content, Mode, JSON string
			Key                             string `json:"session_key"`
		}
	}](t, "file_backend")
	const second = 1700000000 // when Django signed them
	format := django.NewFileFormat(newCodec(t, django.Secret(vectorSecret), django.CodecConfig{Now: at(second)}), twoWeeks, nil)
	for _, c := range v.Files {
		t.Run(c.Name, func(t *testing.T) {
			written, err := os.ReadFile("testdata/file_sessions/" + c.File)
			if err != nil || string(written) != c.Content {
				t.Fatalf("the file and its vector differ: %v", err)
			}
			dir := t.TempDir() + "/sessions"
			store, err := filestore.Open(dir, filestore.Config{
				Prefix: strings.TrimSuffix(c.File, c.Key), Format: format, NoSync: true, Now: at(second - 3600),
			})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, c.File)
			ends := clock(second).Add(time.Hour)
			if err := store.Create(t.Context(), c.Key, sessions.Record{Data: []byte(c.JSON), Expires: ends}); err != nil {
				t.Fatal(err)
			}
			ours, err := os.ReadFile(path)
			if err != nil || written[0] != '.' && !bytes.Equal(ours, written) {
				t.Errorf("written as %s, %v; Django wrote %s", ours, err, written)
			}
			if info, err := os.Stat(path); err != nil || fmt.Sprintf("0o%o", info.Mode()) != c.Mode {
				t.Errorf("mode %v, want %s, %v", info.Mode(), c.Mode, err)
			}
			for _, content := range [][]byte{ours, written} {
				rec, err := format.Decode(content, clock(second))
				if err != nil || string(rec.Data) != c.JSON {
					t.Errorf("read as %s, %v; want %s", rec.Data, err, c.JSON)
				}
			}
		})
	}
}

type fileScenario struct {
	Name, Op, Content string
	Key               string  `json:"session_key"`
	Age               float64 `json:"mtime_seconds_ago"`
	Settings          struct {
		CookieAge *float64 `json:"SESSION_COOKIE_AGE"`
	}
	UseTZ    bool   `json:"USE_TZ"`
	JSON     string `json:"loaded_json"`
	KeyAfter string `json:"session_key_after"`
	Modified bool   `json:"modified_after"`
	Raises   string
	Count    int `json:"file_count_after"`
}

func fileScenarios(t *testing.T, op string) (all []fileScenario) {
	t.Helper()
	for _, c := range readVectors[struct{ Scenarios []fileScenario }](t, "file_backend").Scenarios {
		if c.Op == op {
			all = append(all, c)
		}
	}
	return all
}

func TestFilesAreLoadedAsDjangoLoadsThem(t *testing.T) {
	s, err := django.NewSigner(django.SessionSalt, django.Secret(vectorSecret))
	if err != nil {
		t.Fatal(err)
	}
	loads := fileScenarios(t, "load")
	var now time.Time // of all of them: when they were signed
	for _, c := range loads {
		if _, unix, err := s.UnsignAt(c.Content); err == nil && now.Unix() < unix {
			now = time.Unix(unix, 0)
		}
	}
	for _, c := range loads {
		t.Run(c.Name, func(t *testing.T) { c.load(t, now) })
	}
}

func (c *fileScenario) load(t *testing.T, now time.Time) {
	cfg := sessions.Config{Now: func() time.Time { return now }}
	if c.Settings.CookieAge != nil {
		cfg.Lifetime = max(time.Duration(*c.Settings.CookieAge)*time.Second, 1) // 0 would be the default
	}
	if !c.UseTZ {
		cfg.NaiveLocation = time.UTC
	}
	w := newFileWorld(t, cfg)
	if c.Content != "" || strings.HasPrefix(c.Name, "empty_file") {
		w.put(t, "sessionid"+c.Key, c.Content, now.Add(-time.Duration(c.Age)*time.Second))
	}
	before := w.files(t)
	session := w.Open(t.Context(), c.Key)
	if err := session.Load(); err != nil {
		t.Fatal(err)
	}
	data, key := "{}", map[string]string{"": "none", c.Key: "same"}[session.Key()]
	if rec, err := w.Store().Load(t.Context(), c.Key); err == nil {
		data = string(rec.Data)
	}
	var differences []string
	differ := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			differences = append(differences, fmt.Sprintf("%s %v, want %v", what, got, want))
		}
	}
	name := "file_backend/" + c.Name
	if c.KeyAfter == "new-random-32" {
		// Django puts an empty session in the place of an expired one. Here
		// it is only gone, and its file is Sweep's: no session begins by reading.
		c.KeyAfter, c.Modified = "none", false
	}
	differ("error", "", c.Raises)
	differ("data", data, c.JSON)
	differ("key", key, c.KeyAfter)
	differ("modified", session.Modified(), c.Modified)
	differ("files", w.files(t), before)
	compare(t, name, differences...)
}

// What the scenarios do that are more than a load.
var fileSequences = map[string]func(t *testing.T, w *fileWorld) error{
	"clear_then_save_unknown_key": func(t *testing.T, w *fileWorld) error {
		s := w.Open(t.Context(), "abcdefgh12345678")
		s.Clear()
		return s.Save()
	},
	"clear_then_save_must_create_unknown_key": func(t *testing.T, w *fileWorld) error {
		s := w.Open(t.Context(), "abcdefgh12345678")
		s.Clear()
		s.Set("a", 1)
		err := s.SaveNew()
		if s.Key() != "abcdefgh12345678" {
			return errors.Join(err, errors.New("the key is another"))
		}
		return err
	},
	"save_must_create_existing": func(t *testing.T, w *fileWorld) error {
		s := w.saved(t)
		return w.Open(t.Context(), s.Key()).SaveNew()
	},
	"save_unknown_key_without_any_access": func(t *testing.T, w *fileWorld) error {
		return w.Open(t.Context(), "abcdefgh12345678").Save()
	},
	"save_without_key_creates": func(t *testing.T, w *fileWorld) error { w.saved(t); return nil },
	"save_after_deleted_elsewhere": func(t *testing.T, w *fileWorld) error {
		s := w.saved(t)
		if err := w.End(t.Context(), s.Key()); err != nil {
			t.Fatal(err)
		}
		s.Set("b", 2)
		return s.Save()
	},
	"exists_traversal": func(t *testing.T, w *fileWorld) error {
		_, err := w.Exists(t.Context(), "../../etc/passwd")
		return err
	},
	"delete_traversal": func(t *testing.T, w *fileWorld) error { return w.End(t.Context(), "../../etc/passwd") },
	"save_with_invalid_key_after_setitem": func(t *testing.T, w *fileWorld) error {
		s := w.Open(t.Context(), "../../etc/passwd")
		s.Set("a", 1)
		return s.Save()
	},
	"flush": func(t *testing.T, w *fileWorld) error { return w.saved(t).Flush() },
	"clear_expired": func(t *testing.T, w *fileWorld) error {
		old := clock(1700000000).Add(-twoWeeks - time.Hour)
		w.put(t, "sessionidvalidvalidvalid", w.encode(t, `{"a":1}`), clock(1700000000))
		w.put(t, "sessionidexpiredbyvalue", w.encode(t, `{"_session_expiry":-10}`), clock(1700000000))
		w.put(t, "sessionidexpiredbymtime", w.encode(t, `{"a":1}`), old)
		w.put(t, "sessionidintexpiryoldmtime", w.encode(t, `{"_session_expiry":10}`), old)
		w.put(t, "sessionidemptyplaceholder", "", old)
		w.put(t, "sessionidvalidvalidvalid_out_x1y2", "x", old)
		w.put(t, "sessionid-of-another.program", "x", old)
		w.put(t, "unrelated", "x", old)
		sweeper, _ := sessions.Capability[sessions.Sweeper](w.Store())
		_, err := sweeper.Sweep(t.Context(), 100)
		return err
	},
	"storage_dir_missing_at_construction": func(t *testing.T, w *fileWorld) error {
		_, err := filestore.Open(filepath.Join(t.TempDir(), "no/such/dir"), filestore.Config{Prefix: "sessionid", NoSync: true})
		return err
	},
}

// saved answers a new session that holds {"a": 1}.
func (w *fileWorld) saved(t *testing.T) *sessions.Session {
	t.Helper()
	s := w.Open(t.Context(), "")
	s.Set("a", 1)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilesAreChangedAsDjangoChangesThem(t *testing.T) {
	for _, c := range fileScenarios(t, "sequence") {
		t.Run(c.Name, func(t *testing.T) {
			run, ok := fileSequences[c.Name]
			if !ok {
				t.Fatal("this test does not know the sequence")
			}
			w := newFileWorld(t, sessions.Config{Now: at(1700000000)})
			var differences []string
			if got := raised(run(t, w)); got != c.Raises {
				differences = append(differences, fmt.Sprintf("error %q, want %q", got, c.Raises))
			}
			if n := len(w.files(t)); n != c.Count {
				differences = append(differences, fmt.Sprintf("%d files, want %d: %v", n, c.Count, w.files(t)))
			}
			compare(t, "file_backend/"+c.Name, differences...)
		})
	}
}
