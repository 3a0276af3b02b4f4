// SPDX-License-Identifier: MPL-2.0

package buf

import (
	"sync"
	"unsafe"
)

// Outside is memory that is not Go's, for bodies that a foreign program sends and
// receives: the C interface's. Both functions are called on any goroutine.
type Outside struct {
	// New returns n bytes with undefined contents and the handle by which they are
	// released; nil without memory.
	New func(n int) (data []byte, handle unsafe.Pointer)
	// Release gives the memory of a handle back. Any lock may be held.
	Release func(handle unsafe.Pointer)
}

// lent is set before the first body is made and never again.
var lent *Outside

// shells are the bodies of outside memory without it.
var shells = sync.Pool{New: func() any { return new(Body) }}

// SetOutside makes every later NewBody take its memory from o, so that bodies can
// pass to a foreign program without a copy. To be called once, before there is any
// socket.
func SetOutside(o *Outside) { lent = o }

// WrapOutside makes a body of outside memory that the caller gives away; SetOutside
// must have been called. It allocates nothing in steady state.
func WrapOutside(data []byte, handle unsafe.Pointer) *Body {
	b := shells.Get().(*Body)
	b.data, b.class, b.outside = data, -1, handle
	b.refs.Store(1)
	return b
}

// Outside returns the handle of the body's memory, nil where it is Go's.
func (b *Body) Outside() unsafe.Pointer { return b.outside }

// Steal takes the memory out of a body of outside memory that the caller alone
// holds: the handle is the caller's then, and the body is gone. It returns nil, and
// nothing has happened, where others hold the body too or the memory is Go's.
func (b *Body) Steal() (handle unsafe.Pointer) {
	if b.outside == nil || b.refs.Load() != 1 {
		return nil
	}
	handle = b.outside
	b.strip()
	return handle
}

// strip gives the body back without its memory.
func (b *Body) strip() {
	b.data, b.outside = nil, nil
	shells.Put(b)
}
