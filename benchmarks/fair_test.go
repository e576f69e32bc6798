package benchmarks

import (
	"encoding/json"
	"slices"
	"testing"
)

// This file checks that the benchmarks measure what they say: the data has its
// size, and every contestant does the work.

func TestData(t *testing.T) {
	values := map[string]any{}
	for _, p := range data {
		values[p.key] = p.value
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if len(values) != 8 || len(text) < 340 || len(text) > 360 {
		t.Errorf("%d keys in %d bytes of JSON; want 8 in about 350", len(values), len(text))
	}
}

func TestContestants(t *testing.T) {
	for _, e := range slices.Concat(sprinters, keepers) {
		t.Run(e.name, func(t *testing.T) {
			c := e.enter(t)
			v := signedIn(t, c)
			v.visit(t, c.untouched())
			for _, p := range data {
				if want, ok := p.value.(string); ok {
					wantValue(t, c, v, p.key, want)
				}
			}
			wantValue(t, c, v, "nothing", "")

			v.visit(t, c.write(writeKey, func() string { return "written" }))
			v.keepCookies()
			wantValue(t, c, v, writeKey, "written")
			wantValue(t, c, v, readKey, valueOf(readKey))

			v.visit(t, c.update(writeKey, func(old string) string { return old + ", updated" }))
			v.keepCookies()
			wantValue(t, c, v, writeKey, "written, updated")
			wantValue(t, c, signedIn(t, c), writeKey, valueOf(writeKey))
		})
	}
}

func wantValue(t *testing.T, c contestant, v *visitor, key, want string) {
	t.Helper()
	got := "not called"
	v.visit(t, c.read(key, func(value string) { got = value }))
	if got != want {
		t.Errorf("%s is %q; want %q", key, got, want)
	}
}
