// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: part.go. Next: socket/base_part.go.

package main

// #include "abi.h"
import "C"

import (
	"sync/atomic"
	"unsafe"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/socket"
)

// aheadBytesMax is what one message needs in a batch at most.
const aheadBytesMax = C.sizeof_struct_zl_ahead + msg.RefBytesMin

// receiveAhead fills an empty batch with the small messages that are there.
func receiveAhead(b *socket.Base, batch *C.struct_zl_batch) {
	count, end := C.int(0), C.size_t(0)
	room := func() bool { return count < batch.max && end <= C.ZL_BATCH_BYTES-aheadBytesMax }
	b.RecvSmall(room, func(data []byte, props *msg.Properties) {
		at := (*C.struct_zl_ahead)(unsafe.Pointer(&batch.bytes[end]))
		at.props = nil
		if props != nil {
			at.props = propsOf(props)
		}
		at.size = C.size_t(len(data))
		copy(batchBytes(batch, end+C.sizeof_struct_zl_ahead, at.size), data)
		end += C.sizeof_struct_zl_ahead + (at.size+15)&^15
		count++
	})
	batch.end = end
	(*atomic.Int32)(unsafe.Pointer(&batch.count)).Store(int32(count))
}

// batchBytes are size bytes of a batch.
func batchBytes(batch *C.struct_zl_batch, from, size C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&batch.bytes[from])), size)
}

// goWants says whether a message that was received ahead would be received still.
//
//export goWants
func goWants(at C.uint32_t, data unsafe.Pointer, size C.size_t, wants *C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		if !b.Wants(view(data, size)) {
			*wants = 0
		}
		return nil
	})
}
