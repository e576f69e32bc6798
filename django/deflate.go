package django

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"sync"
)

// This file deflates and inflates with writers and readers that are reused:
// making one costs more than its work on a session.

// incompressible is the length up to which no JSON object gets shorter.
const incompressible = 16

// A deflater is a zlib writer with the buffer it writes to.
type deflater struct {
	zlib *zlib.Writer
	out  bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	d.zlib = zlib.NewWriter(&d.out) // level 6, as Python's default
	return d
}}

// deflated calls use with the deflated json if it is worth it by Django's rule,
// that is, shorter by more than the dot that then stands before it.
func deflated(json []byte, use func(short []byte)) bool {
	if len(json) <= incompressible {
		return false
	}
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.zlib.Reset(&d.out)
	if _, err := d.zlib.Write(json); err != nil {
		return false // a bytes.Buffer answers none
	}
	if d.zlib.Close() != nil || d.out.Len() >= len(json)-1 {
		return false
	}
	use(d.out.Bytes())
	return true
}

// An inflater is a zlib reader with what it reads from and to.
type inflater struct {
	in   bytes.Reader
	zlib io.ReadCloser // nil until its first stream: it cannot begin without
	out  bytes.Buffer
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

var errInflatesTooFar = errors.New("it inflates to more than MaxSize")

// inflate answers what a zlib stream holds, if that is at most limit bytes.
// What follows the stream is ignored, as Python does.
func inflate(data []byte, limit int) ([]byte, error) {
	z := inflaters.Get().(*inflater)
	defer z.release()
	z.in.Reset(data)
	if err := z.open(); err != nil {
		return nil, fmt.Errorf("bad zlib stream: %w", err)
	}
	n, err := z.out.ReadFrom(io.LimitReader(z.zlib, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("bad zlib stream: %w", err)
	case n > int64(limit):
		return nil, errInflatesTooFar
	}
	return bytes.Clone(z.out.Bytes()), nil
}

func (z *inflater) open() (err error) {
	if z.zlib == nil {
		z.zlib, err = zlib.NewReader(&z.in)
		return err
	}
	return z.zlib.(zlib.Resetter).Reset(&z.in, nil)
}

func (z *inflater) release() {
	const usual = 64 << 10
	z.in.Reset(nil)
	if z.out.Cap() > usual {
		z.out = bytes.Buffer{}
	}
	clear(z.out.Bytes())
	z.out.Reset()
	inflaters.Put(z)
}
