package django_test

import (
	"bytes"
	"errors"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file replays what Django left in a real Redis and a real memcached.

func TestCacheEntriesOfDjango(t *testing.T) {
	for _, cache := range []string{"redis", "memcached"} {
		v := readVectors[struct {
			Entries []struct {
				Name, Engine, Alias, JSON string
				Key                       string `json:"session_key"`
				Full                      string `json:"full_key"`
				Raw                       *struct {
					Value []byte `json:"value_b64"`
				}
			}
		}](t, "../cachelayout/testdata/cache_"+cache)
		for _, c := range v.Entries {
			t.Run(cache+"/"+c.Name+"/"+c.Engine+"/"+c.Alias, func(t *testing.T) {
				s := django.DefaultSettings()
				s.Engine = django.Engine(c.Engine)
				if c.Alias != "default" && c.Alias != "mem" {
					s.CacheKeyPrefix, s.CacheVersion = "site-a", 7
				}
				if got := s.EntryPrefix() + c.Key; got != c.Full {
					t.Errorf("its name is %s, Django's %s", got, c.Full)
				}
				if c.Raw == nil {
					return // it had ended, so Django stored nothing
				}
				rec, err := django.CacheFormat{}.Decode(c.Raw.Value)
				if err != nil || !reflect.DeepEqual(rec, record(c.JSON)) {
					t.Fatalf("read as %s, foreign %q, %v; want %s", rec.Data, rec.Foreign, err, c.JSON)
				}
				if entry, err := (django.CacheFormat{}).Encode(rec); err != nil || string(entry) != string(c.Raw.Value) {
					t.Errorf("written as %q, %v; Django wrote %q", entry, err, c.Raw.Value)
				}
			})
		}
	}
}

func TestCacheEntriesWithForeignValues(t *testing.T) {
	v := readVectors[struct {
		Alien []struct {
			Name   string
			Pickle []byte `json:"pickle_b64"`
		}
	}](t, "../pickle/testdata/pickle")
	for _, c := range v.Alien {
		t.Run(c.Name, func(t *testing.T) {
			want := record("{}")
			want.Foreign = []string{"v"}
			if rec, err := (django.CacheFormat{}).Decode(c.Pickle); err != nil || !reflect.DeepEqual(rec, want) {
				t.Errorf("read as %s, foreign %q, %v", rec.Data, rec.Foreign, err)
			}
		})
	}
}

func TestCacheEntriesThatAreNone(t *testing.T) {
	for _, entry := range []string{"", "garbage", `{"a":1}`, "\x80\x05]\x94."} {
		if rec, err := (django.CacheFormat{}).Decode([]byte(entry)); !errors.Is(err, sessions.ErrCorrupt) {
			t.Errorf("%q was read as %s, %v", entry, rec.Data, err)
		}
	}
}

// A file has no place for a tombstone, and says so.
func TestFilesHaveNoTombstones(t *testing.T) {
	file := django.NewFileFormat(newCodec(t, django.Secret(vectorSecret), django.CodecConfig{}), twoWeeks, nil)
	if _, err := file.Encode(sessions.Record{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// A tombstone in the cache keeps its name, and is None to Python.
func TestTombstonesInTheCache(t *testing.T) {
	for _, name := range []string{"", "n", strings.Repeat("NAME", 60)} {
		entry, err := django.CacheFormat{}.Encode(sessions.Record{Revision: name})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := django.CacheFormat{}.Decode(entry)
		if !errors.Is(err, sessions.ErrEnded) || rec.Revision != name {
			t.Errorf("%q came back as %q, %v", name, rec.Revision, err)
		}
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("python3 is not installed: apt-get install python3")
		}
		cmd := exec.Command(python, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer))")
		cmd.Stdin = bytes.NewReader(entry)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "None\n" {
			t.Errorf("%q is to Python: %s%v", name, out, err)
		}
	}
	if _, err := (django.CacheFormat{}).Encode(sessions.Record{Revision: strings.Repeat("n", 256)}); err == nil {
		t.Error("a name of 256 bytes is no error")
	}
}
