package django

import "sync"

// This file keeps byte slices for what is only needed during one call.

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// putBuffer gives b back, wiped, since it held session data. Unusually large
// ones are left to the garbage collector.
func putBuffer(b *[]byte) {
	const usual = 64 << 10
	if cap(*b) > usual {
		return
	}
	clear(*b)
	*b = (*b)[:0]
	buffers.Put(b)
}
