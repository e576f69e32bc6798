package pickle_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file holds the package to what CPython made of Django's sessions.

type vectors struct {
	Vectors []struct {
		Name      string            `json:"name"`
		JSON      string            `json:"json"`
		Protocols map[string][]byte `json:"protocols"`
	} `json:"vectors"`
	Alien []struct {
		Name   string `json:"name"`
		Repr   string `json:"python_repr"`
		Pickle []byte `json:"pickle_b64"`
	} `json:"alien"`
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/pickle.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) == 0 || len(v.Alien) == 0 {
		t.Fatal("testdata/pickle.json holds no vectors")
	}
	return v
}

func TestDecodeVectors(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		for protocol, data := range v.Protocols {
			t.Run(v.Name+"/"+protocol, func(t *testing.T) {
				got, foreign, err := pickle.Decode(data)
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != v.JSON || foreign != nil {
					t.Errorf("got  %s, foreign %q\nwant %s", got, foreign, v.JSON)
				}
			})
		}
	}
}

func TestEncodeVectors(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			got, err := pickle.Encode([]byte(v.JSON))
			if err != nil {
				t.Fatal(err)
			}
			if want := v.Protocols["5"]; !bytes.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

// An alien value hides itself, and nothing else.
func TestDecodeAlienVectors(t *testing.T) {
	for _, v := range loadVectors(t).Alien {
		t.Run(v.Name, func(t *testing.T) {
			got, foreign, err := pickle.Decode(v.Pickle)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "{}" || !slices.Equal(foreign, []string{"v"}) {
				t.Errorf("%s: got %s, foreign %q", v.Repr, got, foreign)
			}
		})
	}
}
