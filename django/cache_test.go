package django_test

import (
	"errors"
	"reflect"
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

// Django's layouts have no place for a tombstone, and say so.
func TestTombstonesHaveNoPlace(t *testing.T) {
	file := django.NewFileFormat(newCodec(t, django.Secret(vectorSecret), django.CodecConfig{}), twoWeeks, nil)
	for name, encode := range map[string]func(sessions.Record) ([]byte, error){"file": file.Encode, "cache": django.CacheFormat{}.Encode} {
		if _, err := encode(sessions.Record{}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
