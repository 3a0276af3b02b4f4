// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: part.c. Next: socket/base_part.go.

package main

// #include "abi.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/socket"
)

// socketFor returns the socket of a send or receive. A call that comes after
// waiting takes the signal back that ended the waiting, before it looks.
func socketFor(at C.uint32_t, flags C.int) *socket.Base {
	b := sockets[at].Load()
	if b != nil && flags&C.ZL_RETRY != 0 {
		b.ClearSignal()
	}
	return b
}

// passOn has those look who wait to do something else with a socket than the call that
// found nothing, and has taken back the signal that was theirs.
func passOn(b *socket.Base, flags C.int, e errno.Errno, theirs int) errno.Errno {
	if e == errno.EAGAIN && flags&C.ZL_OTHERS != 0 && b.Look(theirs) != 0 {
		b.RaiseSignal()
	}
	return e
}

// goSend sends a part that is copied.
//
//export goSend
func goSend(at C.uint32_t, data unsafe.Pointer, size C.size_t, flags C.int) (e C.int) {
	defer guard(&e)
	b := socketFor(at, flags)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	n := sendCopy(b, msg.Address{}, unsafe.Slice((*byte)(data), size), flags)
	return C.int(passOn(b, flags, n, socket.PollIn))
}

// sendCopy sends a part that stays the caller's.
func sendCopy(b *socket.Base, to msg.Address, part []byte, flags C.int) errno.Errno {
	more := flags&C.ZMQ_SNDMORE != 0
	if len(part) < msg.RefBytesMin {
		return b.SendPartTo(to, part, nil, more)
	}
	body := buf.NewBody(len(part))
	copy(body.Bytes(), part)
	e := b.SendPartTo(to, nil, body, more)
	if e != errno.OK {
		body.Release()
	} else if flags&C.ZMQ_DONTWAIT == 0 {
		b.Pace()
	}
	return e
}

// goSendHeld sends a part by reference: content's, which passes to the socket on
// success, or, where that is NULL, memory that never changes.
//
//export goSendHeld
func goSendHeld(at C.uint32_t, data unsafe.Pointer, size C.size_t, flags C.int, content *C.struct_zl_content) (e C.int) {
	defer guard(&e)
	b := socketFor(at, flags)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	part := unsafe.Slice((*byte)(data), size)
	more := flags&C.ZMQ_SNDMORE != 0
	if content == nil {
		n := b.SendPart(nil, buf.WrapBody(part, nil), more)
		return C.int(passOn(b, flags, n, socket.PollIn))
	}
	body := buf.WrapOutside(part, unsafe.Pointer(content))
	n := passOn(b, flags, b.SendPart(nil, body, more), socket.PollIn)
	if n != errno.OK {
		body.Steal() // still the caller's
	} else if flags&C.ZMQ_DONTWAIT == 0 {
		b.Pace()
	}
	return C.int(n)
}

// goRecv receives a part into in. Where a call that does not wait finds nothing, the
// signal is taken back (ZL_QUIET): a program that polls the descriptor and then receives
// until EAGAIN need not ask for ZMQ_EVENTS (libzmq socket_base_t::recv, which processes
// its commands then). One that goes on waiting (ZL_STAYS) may find a descriptor to wait at
// in in, and comes back from there with ZL_WOKEN.
//
//export goRecv
func goRecv(at C.uint32_t, in *C.struct_zl_in, flags C.int) (e C.int) {
	defer guard(&e)
	b := socketFor(at, flags)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	n := recvInto(b, in, flags)
	if n == errno.EAGAIN && flags&C.ZL_QUIET != 0 && b.TakeSignal() {
		n = recvInto(b, in, flags)
	}
	if n == errno.OK && in.batch != nil && !bool(in.more) {
		receiveAhead(b, in.batch)
	}
	return C.int(passOn(b, flags, n, socket.PollOut))
}

// recvInto receives a part into in.
func recvInto(b *socket.Base, in *C.struct_zl_in, flags C.int) (n errno.Errno) {
	failed := errno.OK
	into := func(f *msg.Part) {
		failed = take(in, f)
		if bool(in.addressed) {
			takeAddress(in, b.From())
		}
	}
	if flags&C.ZL_STAYS != 0 {
		var fd int
		fd, n = b.RecvPartStaying(into, flags&C.ZL_WOKEN != 0)
		in.fd = C.int(fd)
	} else {
		n = b.RecvPart(into)
	}
	if n == errno.OK {
		n = failed
	}
	return n
}

// goUnstay says that a thread does not wait at the descriptor that goRecv has given it.
//
//export goUnstay
func goUnstay(at C.uint32_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error { b.Unstay(); return nil })
}

// goBeside says whether all peers of a socket are of this process.
//
//export goBeside
func goBeside(at C.uint32_t, beside *C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		if b.Beside() {
			*beside = 1
		}
		return nil
	})
}

// take hands a part over to C. It runs under the socket's lock.
func take(in *C.struct_zl_in, f *msg.Part) errno.Errno {
	in.size = C.size_t(len(f.Data))
	in.more = C.bool(f.HasMore())
	into := (*byte)(unsafe.Pointer(in.stage))
	room := in.stage_size
	switch {
	case in.size <= room:
		copy(unsafe.Slice(into, in.size), f.Data)
	case bool(in.cut):
		copy(unsafe.Slice(into, room), f.Data)
	case handOver(in, f):
	default:
		content := C.zl_content_new(in.size)
		if content == nil {
			return errno.ENOMEM
		}
		copy(unsafe.Slice((*byte)(content.data), in.size), f.Data)
		in.content = content
	}
	if f.Props != nil && !bool(in.cut) {
		in.props = propsOf(f.Props)
	}
	return errno.OK
}

// handOver passes a body that is C's memory on as it is.
func handOver(in *C.struct_zl_in, f *msg.Part) bool {
	if f.Body == nil || f.Body.Outside() == nil {
		return false
	}
	content := (*C.struct_zl_content)(f.Body.Outside())
	if content.data != unsafe.Pointer(unsafe.SliceData(f.Data)) {
		return false
	}
	if f.Body.Steal() != nil {
		f.Body = nil
		content.size = in.size // a body may have been made larger than its message
	} else {
		if content.size != in.size {
			return false
		}
		(*atomic.Uint32)(unsafe.Pointer(&content.refs)).Add(1)
	}
	in.content = content
	return true
}

// propsOf returns C's copy of the properties with a reference for the caller, or nil
// without memory. It is made at a connection's first message and lives as long as
// the properties do.
func propsOf(p *msg.Properties) *C.struct_zl_props {
	word := p.Outside()
	if word.Load() == 0 {
		made := copyProps(p)
		if made == nil {
			return nil
		}
		if word.CompareAndSwap(0, uintptr(unsafe.Pointer(made))) {
			runtime.AddCleanup(p, func(made *C.struct_zl_props) { C.zl_props_release(made) }, made)
		} else {
			C.zl_props_release(made)
		}
	}
	have := (*C.struct_zl_props)(cPointer(word.Load()))
	(*atomic.Uint32)(unsafe.Pointer(&have.refs)).Add(1)
	return have
}

// cPointer turns the address of C's memory, which Go never moves, back into a
// pointer.
func cPointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// copyProps writes properties as C finds them: name, NUL, value, NUL, and so on.
func copyProps(p *msg.Properties) *C.struct_zl_props {
	var text []byte
	var count C.uint32_t
	p.Each(func(name, value string) {
		text = append(append(append(append(text, name...), 0), value...), 0)
		count++
	})
	made := C.zl_props_new(C.size_t(len(text)), count)
	if made != nil {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(C.zl_props_text(made))), len(text)), text)
	}
	return made
}
