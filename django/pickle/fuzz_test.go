package pickle_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/pickle"
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file lets the fuzzer look for what no vector shows.

// Whatever is decoded is canonical JSON, and is the same after it was pickled
// and decoded again. The only error is ErrCorrupt.
func FuzzDecode(f *testing.F) {
	v := loadVectors(f)
	for _, c := range v.Vectors {
		for _, data := range c.Protocols {
			if len(data) < 1000 {
				f.Add(data)
			}
		}
	}
	for _, c := range v.Alien {
		f.Add(c.Pickle)
	}
	f.Add([]byte(doubling(8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, foreign, err := pickle.Decode(data)
		if err != nil {
			if !errors.Is(err, sessions.ErrCorrupt) {
				t.Fatalf("error %v, want ErrCorrupt", err)
			}
			return
		}
		canonical, err := pyjson.Normalize(text)
		if err != nil || !bytes.Equal(canonical, text) {
			t.Fatalf("decoded %q (%q): not canonical: %v", text, foreign, err)
		}
		sameAfterEncode(t, text)
	})
}

func FuzzEncode(f *testing.F) {
	for _, c := range loadVectors(f).Vectors {
		if len(c.JSON) < 1000 {
			f.Add([]byte(c.JSON))
		}
	}
	f.Add([]byte(` { "a" : [ 1 , 2 ] , "a" : -0 } `))
	f.Fuzz(func(t *testing.T, text []byte) {
		canonical, err := pyjson.Normalize(text)
		if err != nil {
			if _, err := pickle.Encode(text); err == nil {
				t.Fatalf("%q was pickled, but is not JSON", text)
			}
			return
		}
		if canonical[0] == '{' {
			sameAfterEncode(t, canonical)
		}
	})
}

func sameAfterEncode(t *testing.T, text []byte) {
	t.Helper()
	data, err := pickle.Encode(text)
	if errors.Is(err, pickle.ErrTooBig) {
		return
	}
	if err != nil {
		t.Fatalf("Encode(%q): %v", text, err)
	}
	again, foreign, err := pickle.Decode(data)
	if err != nil || foreign != nil || !bytes.Equal(again, text) {
		t.Fatalf("%q was pickled as %q, which decodes to %q, %q, %v", text, data, again, foreign, err)
	}
}
