//go:build unix && !aix && !solaris

package django_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/filestore"
	"github.com/cloakroom-go/sessions/sessiontest"
)

// This file checks what files promise beyond what Django's own cases show.

var _ filestore.Dated = (*django.FileFormat)(nil)

// What a session says of its own end holds.
func TestFilesEndWhenTheSessionSays(t *testing.T) {
	now := clock(1700000000)
	w := newFileWorld(t, sessions.Config{Now: at(1700000000)})
	for choice, life := range map[string]time.Duration{
		`null`: twoWeeks, `0`: twoWeeks, `""`: twoWeeks, `"soon"`: twoWeeks, `300`: 300 * time.Second, `12.5`: 12500 * time.Millisecond,
		`-10`: -10 * time.Second, `true`: time.Second, `"2023-11-14T22:14:20.000001+00:00"`: 60*time.Second + time.Microsecond,
	} {
		data := []byte(`{"_session_expiry":` + choice + `}`)
		format := django.NewFileFormat(w.codec, twoWeeks, nil)
		rec, err := format.Decode([]byte(w.encode(t, string(data))), now)
		if want := now.Add(life); err != nil || !rec.Expires.Equal(want) {
			t.Errorf("%s ends at %v, %v; want %v", choice, rec.Expires, err, want)
		}
		modified := format.Modified(rec)
		if instant := choice[0] == '"' && len(choice) > 10; instant != modified.IsZero() || !instant && !modified.Equal(now) {
			t.Errorf("%s was modified at %v", choice, modified)
		}
	}
}

// With USE_TZ = False, an instant is wall time.
func TestFilesWithoutTimeZones(t *testing.T) {
	now := clock(1700000000)
	codec := newCodec(t, django.Secret(vectorSecret), django.CodecConfig{})
	zone := time.FixedZone("", -5*60*60)
	for choice, want := range map[string]time.Time{
		`"2023-11-14T20:00:00"`: time.Date(2023, 11, 14, 20, 0, 0, 0, zone), `"2023-11-15T01:00:00+00:00"`: time.Date(2023, 11, 14, 20, 0, 0, 0, zone),
	} {
		text, err := codec.Encode([]byte(`{"_session_expiry":` + choice + `}`))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := django.NewFileFormat(codec, twoWeeks, zone).Decode([]byte(text), now)
		if err != nil || !rec.Expires.Equal(want) {
			t.Errorf("without time zones %s ends at %v, %v; want %v", choice, rec.Expires, err, want)
		}
	}
}

func TestTouchedFilesLiveOn(t *testing.T) {
	now := clock(1700000000)
	w := newFileWorld(t, sessions.Config{Now: func() time.Time { return now }})
	s := w.Open(t.Context(), "")
	s.ExpireAfter(time.Minute)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	key := s.Key()
	now = now.Add(50 * time.Second)
	s = w.Open(t.Context(), key)
	s.SetModified(true)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		alive bool
	}{{59 * time.Second, true}, {2 * time.Second, false}} {
		now = now.Add(c.after)
		if alive, err := w.Exists(t.Context(), key); err != nil || alive != c.alive {
			t.Errorf("%v after the first save: %t, %v", now.Sub(clock(1700000000)), alive, err)
		}
	}
}

func TestFileFormatKeepsTheContractOfStores(t *testing.T) {
	codec := newCodec(t, django.Secret(vectorSecret), django.CodecConfig{})
	open := func(tb testing.TB, dir string) sessions.Store {
		store, err := filestore.Open(dir, filestore.Config{
			Prefix: "sessionid", Format: django.NewFileFormat(codec, twoWeeks, nil), NoSync: true,
		})
		if err != nil {
			tb.Fatal(err)
		}
		return store
	}
	dirs := map[sessions.Store]string{}
	sessiontest.Run(t, sessiontest.Harness{
		Open: func(tb testing.TB) sessions.Store {
			dir := tb.TempDir() + "/sessions"
			store := open(tb, dir)
			dirs[store] = dir
			return store
		},
		Reopen: func(tb testing.TB, store sessions.Store) sessions.Store { return open(tb, dirs[store]) },
		Corrupt: func(tb testing.TB, store sessions.Store, key string) {
			if err := os.WriteFile(filepath.Join(dirs[store], "sessionid"+key), []byte("damaged"), 0o600); err != nil {
				tb.Fatal(err)
			}
		},
		NoCreated: true, NoOwner: true, NoTombstones: true,
	})
}

// A file that was tampered with begins afresh under its key, and is logged
// without a word of what it held.
func TestTamperedFileBeginsAfresh(t *testing.T) {
	w := newFileWorld(t, sessions.Config{Now: at(1700000000)})
	text := w.encode(t, `{"admin":true}`)
	w.put(t, "sessionidabcdefgh12345678", "X"+text[1:], clock(1700000000))
	s := w.Open(t.Context(), "abcdefgh12345678")
	if s.Has("admin") || s.Len() != 0 || s.Key() == "" || s.Err() != nil {
		t.Errorf("read as %v under %q, %v", s.Map(), s.Key(), s.Err())
	}
	if log := w.log.String(); !strings.Contains(log, "session data corrupted") || strings.Contains(log, text[1:10]) || strings.Contains(log, "abcdefgh") {
		t.Errorf("the log says %q", log)
	}
	s.Set("a", 1)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if got, want := w.files(t), map[string]string{"sessionidabcdefgh12345678": w.encode(t, `{"a":1}`)}; !reflect.DeepEqual(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
}

// Django begins a session with an empty file.
func TestPlaceholderOfDjango(t *testing.T) {
	w := newFileWorld(t, sessions.Config{Now: at(1700000000)})
	w.put(t, "sessionidabcdefgh12345678", "", clock(1))
	s := w.Open(t.Context(), "abcdefgh12345678")
	s.Set("a", 1)
	if err := s.Save(); err != nil || s.Key() != "abcdefgh12345678" {
		t.Fatalf("saved under %q: %v", s.Key(), err)
	}
	var data map[string]any
	got, err := w.codec.Decode(w.files(t)["sessionidabcdefgh12345678"])
	if err == nil {
		err = json.Unmarshal(got, &data)
	}
	if err != nil || !reflect.DeepEqual(data, map[string]any{"a": 1.0}) {
		t.Errorf("stored %s, %v", got, err)
	}
}

// Whatever a session says of its end, a file that is saved for that end has it.
func FuzzFileFormat(f *testing.F) {
	for _, choice := range []string{`300`, `-1.5`, `1e999`, `true`, `{}`, `"2030-01-02T03:04:05+05:30"`, `"9999-12-31"`, `"x"`} {
		f.Add(`{"_session_expiry":`+choice+`}`, int64(1700000000))
	}
	f.Add(``, int64(0))
	f.Add(`{"a":"\"_session_expiry\":1"}`, int64(-1))
	codec := newCodec(f, django.Secret(vectorSecret), django.CodecConfig{})
	format := django.NewFileFormat(codec, twoWeeks, nil)
	f.Fuzz(func(t *testing.T, data string, second int64) {
		if _, err := format.Decode([]byte(data), time.Unix(second, 0)); data != "" && !errors.Is(err, sessions.ErrCorrupt) {
			t.Fatalf("an unsigned file was read: %v", err)
		}
		modified := time.Unix(second%(1<<36), 0)
		content, err := codec.Encode([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := format.Decode([]byte(content), modified)
		if err != nil {
			if !errors.Is(err, sessions.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again, err := format.Decode([]byte(content), firstSet(format.Modified(rec), modified))
		if err != nil || !again.Expires.Equal(rec.Expires) {
			t.Fatalf("%s ends at %v, then at %v, %v", data, rec.Expires, again.Expires, err)
		}
	})
}

// firstSet is the first of two times that is not zero.
func firstSet(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
