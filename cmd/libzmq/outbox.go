// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: outbox.c. Next: socket/base_framed.go.

package main

// #include "abi.h"
import "C"

import (
	"unsafe"

	"github.com/zeroloop/zmq/internal/errno"
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
	framed := unsafe.Slice((*byte)(unsafe.Pointer(&box.bytes)), C.ZL_OUTBOX_BYTES)[box.begin:box.end]
	taken, room, n := b.SendFramed(framed, C.ZL_OUTBOX_MESSAGES_MAX, flags&C.ZL_PRESS != 0)
	box.begin += C.uint32_t(taken)
	box.room = C.uint32_t(room)
	return C.int(n)
}
