package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
)

// This file writes opcodes and their operands, in frames.

// output is a pickle in the making.
//
// From protocol 4 on, a pickle is cut into frames, each of which its length
// precedes. A frame ends before the first value after frameTarget bytes, a text
// of that length stands between frames, and a frame of fewer than frameMin
// bytes does without a header.
type output struct {
	out      []byte
	frame    int // where the header of the last frame begins
	ops      int
	memoized int // objects so far that a reference may refer to
}

const (
	frameTarget = 64 << 10
	frameMin    = 4
	frameHeader = 1 + 8
)

func (o *output) begin(size int) {
	o.out = append(make([]byte, 0, size), opProto, highestProtocol)
	o.ops, o.memoized = 1, 0
	o.openFrame()
}

func (o *output) end() {
	o.op(opStop)
	o.closeFrame()
}

func (o *output) openFrame() {
	o.frame = len(o.out)
	o.out = append(o.out, opFrame, 0, 0, 0, 0, 0, 0, 0, 0)
	o.ops++
}

func (o *output) closeFrame() {
	body := o.out[o.frame+frameHeader:]
	if len(body) < frameMin {
		o.out = append(o.out[:o.frame], body...)
		return
	}
	binary.LittleEndian.PutUint64(o.out[o.frame+1:], uint64(len(body)))
}

// boundary is called before each value.
func (o *output) boundary() {
	if len(o.out)-o.frame-frameHeader >= frameTarget {
		o.closeFrame()
		o.openFrame()
	}
}

func (o *output) op(op byte) {
	o.out = append(o.out, op)
	o.ops++
}

func (o *output) op8(op, operand byte) {
	o.out = append(o.out, op, operand)
	o.ops++
}

func (o *output) op32(op byte, operand uint32) {
	o.out = append(o.out, op)
	o.out = binary.LittleEndian.AppendUint32(o.out, operand)
	o.ops++
}

func (o *output) memoize() {
	o.op(opMemoize)
	o.memoized++
}

func (o *output) reference(id int) {
	if id <= math.MaxUint8 {
		o.op8(opBinGet, byte(id))
	} else {
		o.op32(opLongBinGet, uint32(id))
	}
}

func (o *output) writeText(s []byte) {
	apart := len(s) >= frameTarget
	if apart {
		o.closeFrame()
	}
	if len(s) <= math.MaxUint8 {
		o.op8(opShortBinUnicode, byte(len(s)))
	} else {
		o.op32(opBinUnicode, uint32(len(s)))
	}
	o.out = append(o.out, s...)
	if apart {
		o.openFrame()
	}
}

func (o *output) writeInt(i int64) {
	switch {
	case i != int64(int32(i)):
		o.writeBig(big.NewInt(i))
	case 0 <= i && i <= math.MaxUint8:
		o.op8(opBinInt1, byte(i))
	case 0 <= i && i <= math.MaxUint16:
		o.op(opBinInt2)
		o.out = binary.LittleEndian.AppendUint16(o.out, uint16(i))
	default:
		o.op32(opBinInt, uint32(i))
	}
}

// writeBig writes an integer beyond 32 bits, in little-endian two's complement
// of the fewest bytes.
func (o *output) writeBig(i *big.Int) {
	mask := byte(0)
	if i.Sign() < 0 {
		i, mask = new(big.Int).Not(i), 0xff
	}
	b := i.FillBytes(make([]byte, i.BitLen()/8+1))
	slices.Reverse(b)
	for k := range b {
		b[k] ^= mask
	}
	if len(b) <= math.MaxUint8 {
		o.op8(opLong1, byte(len(b)))
	} else {
		o.op32(opLong4, uint32(len(b)))
	}
	o.out = append(o.out, b...)
}

func (o *output) writeFloat(f float64) {
	bits := math.Float64bits(f)
	if f != f {
		bits = 0x7ff8 << 48 // Python's NaN, where Go's has another bit set
	}
	o.op(opBinFloat)
	o.out = binary.BigEndian.AppendUint64(o.out, bits)
}
