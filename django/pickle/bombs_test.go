package pickle_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file throws at Decode what is meant to exhaust it.

func TestDecodeBombs(t *testing.T) {
	for _, c := range []struct {
		name, data string
		room       int64 // bytes that may be allocated, in all: a slice that grows counts several times
	}{
		{"great memo number", "}r\xfe\xff\xff\xffI1\n.", 64 << 10},
		{"great memo number in text", "}p4000000000\n.", 64 << 10},
		{"length of a text", "}X\xff\xff\xff\xff.", 64 << 10},
		{"length of an integer", "}\x8b\xff\xff\xff\x7f.", 64 << 10},
		{"lists of the list before, twice", doubling(60), 8 * pickle.MaxJSON},
		{"dicts of the dict before, twice", doublingDicts(60), 8 * pickle.MaxJSON},
		{"one long text many times", repeated(1<<20, 10000), 8 * pickle.MaxJSON},
		{"a foreign value behind much, many times", foreignBehind(100000, 20000), 8 * pickle.MaxJSON},
		{"long names of keys, many times", "}L" + strings.Repeat("9", 4300) + "L\nq\x00N(" + strings.Repeat("h\x00N", 300000) + "u.", 64 << 20},
		{"one opcode more than may be", "}" + strings.Repeat("(0", pickle.MaxOps/2) + ".", 32 << 20},
		{"as many objects as may be", "}(" + strings.Repeat("K\x01", pickle.MaxOps) + "u.", 320 << 20},
		{"marks only", "}" + strings.Repeat("(", pickle.MaxPickle-2) + ".", 64 << 20},
		{"more bytes than may be", "}." + strings.Repeat(" ", pickle.MaxPickle), 64 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, before := time.Now(), allocated()
			_, _, err := pickle.Decode([]byte(c.data))
			room := allocated() - before - 2*int64(len(c.data)) // less two copies of the pickle
			if !errors.Is(err, sessions.ErrCorrupt) {
				t.Errorf("error %v, want ErrCorrupt", err)
			}
			if room > c.room {
				t.Errorf("allocated %d bytes, want at most %d", room, c.room)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func allocated() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.TotalAlloc)
}

// doubling is a list of two of a list of two of ... nothing.
func doubling(n int) string {
	return "}U\x01x]" + strings.Repeat("q\x000](h\x00h\x00e", n) + "s."
}

func doublingDicts(n int) string {
	return "}U\x01x}" + strings.Repeat("q\x000}(U\x01ah\x00U\x01bh\x00u", n) + "s."
}

func repeated(length, times int) string {
	return fmt.Sprintf("}U\x01x](V%s\nq\x00%se", strings.Repeat("a", length), strings.Repeat("h\x00", times)) + "s."
}

// foreignBehind is a session of many keys, each with one list of many numbers
// and a tuple: each is written almost to its end, in vain.
func foreignBehind(numbers, keys int) string {
	var b strings.Builder
	b.WriteString("](" + strings.Repeat("N", numbers) + ")eq\x000}(")
	for i := range keys {
		fmt.Fprintf(&b, "U\x05%05dh\x00", i)
	}
	return b.String() + "u."
}
