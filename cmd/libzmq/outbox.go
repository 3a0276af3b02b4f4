// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: outbox.c. Next: socket/base_framed.go.

package main

// #include "abi.h"
import "C"

import (
	"unsafe"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/socket"
)

// goSendGathered sends what has gathered in an outbox, which the caller holds, and
// says how many more messages may gather.
//
//export goSendGathered
func goSendGathered(at C.uint32_t, box *C.struct_zl_outbox, flags C.int) (e C.int) {
	defer guard(&e)
	box.room = 0
	b := socketFor(at, flags)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	if n := sendBodies(b, box); n != errno.OK {
		return C.int(n)
	}
	taken, room, n := b.SendFramed(gathered(box), C.ZL_OUTBOX_MESSAGES_MAX, flags&C.ZL_PRESS != 0)
	box.begin += C.uint32_t(taken)
	box.room = C.uint32_t(room)
	return C.int(n)
}

// gathered is what Go has not got.
func gathered(box *C.struct_zl_outbox) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&box.bytes)), C.ZL_OUTBOX_BYTES)[box.begin:box.end]
}

// sendBodies sends everything up to the last body, whose references pass on.
func sendBodies(b *socket.Base, box *C.struct_zl_outbox) errno.Errno {
	for box.held > 0 {
		framed := gathered(box)
		if n := beforeBody(framed); n > 0 {
			taken, _, e := b.SendFramed(framed[:n], 0, false)
			box.begin += C.uint32_t(taken)
			if taken < n {
				return e
			}
			continue
		}
		var content *C.struct_zl_content
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&content)), unsafe.Sizeof(content)), framed[1:])
		body := buf.WrapOutside(unsafe.Slice((*byte)(content.data), content.size), unsafe.Pointer(content))
		if e := b.SendPart(nil, body, false); e != errno.OK {
			body.Steal() // still the outbox's
			return e
		}
		box.begin += C.ZL_HELD_FRAME
		box.held--
	}
	return errno.OK
}

// beforeBody returns the length of the frames in front of the first body.
func beforeBody(framed []byte) (n int) {
	for framed[n] != C.ZL_HELD {
		n += pipe.FrameLen(framed[n:])
	}
	return n
}
