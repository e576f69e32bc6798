package pyfloat_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/cloakroom-go/sessions/internal/pyfloat"
)

// The right-hand sides were printed by CPython's repr.
func TestAppend(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0.0"},
		{math.Copysign(0, -1), "-0.0"},
		{1, "1.0"},
		{-1, "-1.0"},
		{100, "100.0"},
		{0.1, "0.1"},
		{0.30000000000000004, "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"},
		{3.14, "3.14"},
		{-2.5, "-2.5"},
		{123456789.123, "123456789.123"},
		{1e-4, "0.0001"},
		{0.00012, "0.00012"},
		{math.Nextafter(1e-4, 0), "9.999999999999999e-05"},
		{1e-5, "1e-05"},
		{1.5e-5, "1.5e-05"},
		{1e-10, "1e-10"},
		{9999999999999998, "9999999999999998.0"},
		{1e15, "1000000000000000.0"},
		{1e16, "1e+16"},
		{-1e16, "-1e+16"},
		{12345678901234567, "1.2345678901234568e+16"},
		{9007199254740993, "9007199254740992.0"},
		{1e22, "1e+22"},
		{1e23, "1e+23"},
		{1.5e100, "1.5e+100"},
		{5e-324, "5e-324"},
		{2.2250738585072014e-308, "2.2250738585072014e-308"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{-math.MaxFloat64, "-1.7976931348623157e+308"},
		{math.NaN(), "NaN"},
		{math.Inf(1), "Infinity"},
		{math.Inf(-1), "-Infinity"},
	} {
		if got := string(pyfloat.Append([]byte("x="), c.f)); got != "x="+c.want {
			t.Errorf("Append(%g) = %q, want %q", c.f, got, "x="+c.want)
		}
	}
}

func TestAppendKeepsItsBufferWhereThereIsRoom(t *testing.T) {
	buf := make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() { buf = pyfloat.Append(buf[:0], 1.0/3) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// Whatever is written reads back as the same float, and reads as a float: an
// integer's layout would make Python, and us, take it for an int.
func FuzzAppend(f *testing.F) {
	for _, bits := range []uint64{0, 1, 1 << 63, math.Float64bits(1e16), math.Float64bits(1e-4), math.Float64bits(1e22)} {
		f.Add(bits)
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		want := math.Float64frombits(bits)
		text := string(pyfloat.Append(nil, want))
		got, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got != want && !math.IsNaN(want) || math.Signbit(got) != math.Signbit(want) && !math.IsNaN(want) {
			t.Fatalf("%x was written %q, which reads as %x", bits, text, math.Float64bits(got))
		}
		if !strings.ContainsAny(text, ".eNI") {
			t.Fatalf("%q reads as an integer", text)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	buf := make([]byte, 0, 32)
	for b.Loop() {
		buf = pyfloat.Append(buf[:0], 1234.5678)
	}
}
