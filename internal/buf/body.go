// SPDX-License-Identifier: MPL-2.0

package buf

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Size classes are powers of two from 1 KiB to 4 MiB. A larger body is plain
// garbage-collected memory: at that size the copy into the kernel costs far
// more than the allocation.
const (
	classBitsMin = 10
	classBitsMax = 22
	classes      = classBitsMax - classBitsMin + 1

	// PooledBytesMax is the size in bytes of the largest pooled body.
	PooledBytesMax = 1 << classBitsMax
)

var pools [classes]sync.Pool

// Body is a reference-counted buffer: one large message body that several
// pipes, or a pipe and an application, hold at the same time (libzmq's
// lmsg and zclmsg).
type Body struct {
	// immutable once shared
	data    []byte
	class   int8 // index into pools; -1 is not pooled
	free    func()
	outside unsafe.Pointer // whose memory data is, where it is not Go's

	// shared; atomic
	refs atomic.Int32
}

// NewBody returns a body of n bytes with undefined contents and one
// reference, which the caller owns.
func NewBody(n int) *Body {
	if lent != nil {
		if data, handle := lent.New(n); handle != nil {
			return WrapOutside(data, handle)
		}
	}
	c := classOf(n)
	if c < 0 {
		b := &Body{data: memory(n), class: -1}
		b.refs.Store(1)
		return b
	}
	b, _ := pools[c].Get().(*Body)
	if b == nil {
		b = &Body{data: memory(1 << (c + classBitsMin)), class: int8(c)}
	}
	b.data = b.data[:n]
	b.refs.Store(1)
	return b
}

// skewBytes is how far behind the beginning of a page a large body begins. The kernel puts
// it behind its frame's header, at the 3rd to the 15th byte of a page as a rule, and AMD's
// processors copy a fifteenth as fast where the destination is that little in front of
// the source, in bytes from the beginning of their pages.
const skewBytes = 64

// memory returns n bytes that begin at a line of the cache.
func memory(n int) []byte {
	if n < pageBytes {
		return make([]byte, n)
	}
	return make([]byte, skewBytes+n)[skewBytes:]
}

// pageBytes is the size of a page where they are smallest.
const pageBytes = 4 << 10

// WrapBody makes a body of memory that the caller gives away. free, which may
// be nil, is called once when the last reference is dropped, on the goroutine
// that drops it.
func WrapBody(data []byte, free func()) *Body {
	b := &Body{data: data, class: -1, free: free}
	b.refs.Store(1)
	return b
}

// Bytes returns the body. It is valid while the caller holds a reference.
func (b *Body) Bytes() []byte { return b.data }

// Cap returns how many bytes Grow can reach without moving the body.
func (b *Body) Cap() int { return cap(b.data) }

// Resize sets the length to n, which must not exceed Cap. Only the sole owner
// may call it.
func (b *Body) Resize(n int) { b.data = b.data[:n] }

// Retain adds n references. The caller must hold one.
func (b *Body) Retain(n int) {
	b.mustBeHeld()
	b.refs.Add(int32(n))
}

// Shared reports whether more than one reference exists.
func (b *Body) Shared() bool { return b.refs.Load() > 1 }

// Release drops one reference; the caller must not touch the body afterwards.
func (b *Body) Release() {
	b.mustBeHeld()
	// The sole owner needs no read-modify-write: nobody else can add one.
	if b.refs.Load() != 1 && b.refs.Add(-1) != 0 {
		return
	}
	if checked {
		b.refs.Store(0)
	}
	if b.class >= 0 {
		b.data = b.data[:cap(b.data)]
		pools[b.class].Put(b)
		return
	}
	if b.outside != nil {
		h := b.outside
		b.strip()
		lent.Release(h)
		return
	}
	if f := b.free; f != nil {
		b.free = nil
		f()
	}
	b.data = nil
}

// mustBeHeld panics where a reference is used after the last one was dropped, as far
// as that can be seen: another may have got the body from the pool meanwhile.
func (b *Body) mustBeHeld() {
	if checked && b.refs.Load() <= 0 {
		panic("BUG: buf: a body is used after its last reference was released")
	}
}

// Take drops the caller's reference and returns the bytes as plain memory: the
// body's own where nobody else holds it and no release function waits, else a
// copy.
func (b *Body) Take() []byte {
	if b.free == nil && b.outside == nil && b.refs.Load() == 1 {
		return b.data
	}
	data := append(make([]byte, 0, len(b.data)), b.data...)
	b.Release()
	return data
}

// classOf returns the pool for n bytes, or -1.
func classOf(n int) int {
	if n > PooledBytesMax {
		return -1
	}
	if n <= 1<<classBitsMin {
		return 0
	}
	return bits.Len(uint(n-1)) - classBitsMin
}
