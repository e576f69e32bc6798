package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file reads numbers out of a pickle.

// maxLongBytes is the length of the longest binary integer that may have no
// more than pyjson.MaxDigits digits, which is Python's limit for printing one.
const maxLongBytes = 1786

func (m *machine) pushInt(i int64) {
	m.push(m.add(value{kind: kindInt, bits: uint64(i)}))
}

// pushDigits pushes an integer that is written out. Longer ones than Python
// would print are opaque.
func (m *machine) pushDigits(text string) {
	if len(strings.TrimPrefix(text, "-")) > pyjson.MaxDigits {
		m.opaque(0)
		return
	}
	m.push(m.add(value{kind: kindDigits, text: text}))
}

// pushLong pushes an integer in little-endian two's complement.
func (m *machine) pushLong(raw string) {
	switch n := len(raw); {
	case n <= 8:
		var b [8]byte
		copy(b[:], raw)
		unused := 8 * (8 - n)
		m.pushInt(int64(binary.LittleEndian.Uint64(b[:])<<unused) >> unused)
	case n > maxLongBytes:
		m.opaque(0)
	default:
		b := []byte(raw)
		slices.Reverse(b)
		i := new(big.Int).SetBytes(b)
		if b[0] >= 0x80 {
			i.Sub(i, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
		}
		m.pushDigits(i.String())
	}
}

// textInt is INT, of which "01" and "00" are the booleans of protocols 0 and 1.
func (m *machine) textInt() {
	switch line := m.line(); line {
	case "01":
		m.push(refTrue)
	case "00":
		m.push(refFalse)
	default:
		m.pushDecimal(line)
	}
}

func (m *machine) textLong() { m.pushDecimal(strings.TrimSuffix(m.line(), "L")) }

// pushDecimal pushes an integer in the one form that Python prints it in.
func (m *machine) pushDecimal(text string) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' && text != "0" {
		m.fail("no decimal integer")
		return
	}
	m.pushDigits(text)
}

// index reads a memo number in decimal.
func (m *machine) index() uint64 {
	i, err := strconv.ParseUint(m.line(), 10, 64)
	if err != nil {
		m.fail("no memo number")
	}
	return i
}

func (m *machine) pushFloat(f float64) {
	m.push(m.add(value{kind: kindFloat, bits: math.Float64bits(f)}))
}

func (m *machine) binFloat() {
	var b [8]byte
	copy(b[:], m.take(8))
	m.pushFloat(math.Float64frombits(binary.BigEndian.Uint64(b[:])))
}

// textFloat reads a float as Python's repr prints it. One out of range is
// infinite, as in Python.
func (m *machine) textFloat() {
	line := m.line()
	f, err := strconv.ParseFloat(line, 64)
	if strings.ContainsAny(line, "xX_") || err != nil && !math.IsInf(f, 0) {
		m.fail("no float")
		return
	}
	m.pushFloat(f)
}
