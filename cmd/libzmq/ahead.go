// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: part.go. Next: socket/base_part.go.

package main

// #include "abi.h"
import "C"

import (
	"sync/atomic"
	"unsafe"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/socket"
)

const (
	// aheadBytesMax is what one message needs in a batch at most.
	aheadBytesMax = C.sizeof_struct_zl_ahead + msg.RefBytesMin
	// heldBytesMax is the size of a body that is received ahead, heldSumBytesMax of all
	// of a batch: what waits there is taken from the memory of the next ones.
	heldBytesMax    = 64 << 10
	heldSumBytesMax = 1 << 20
)

// receiveAhead fills an empty batch with the messages that are there: the bytes of small
// ones, and bodies that are C's memory already and nobody else's.
func receiveAhead(b *socket.Base, batch *C.struct_zl_batch) {
	count, end, held := C.int(0), C.size_t(0), 0
	room := func() bool {
		return count < batch.max && end <= C.ZL_BATCH_BYTES-aheadBytesMax && held < heldSumBytesMax
	}
	b.RecvAhead(room, fitsAhead, func(data []byte, body *buf.Body, props *msg.Properties) {
		at := (*C.struct_zl_ahead)(unsafe.Pointer(&batch.bytes[end]))
		at.props, at.content = nil, nil
		if props != nil {
			at.props = propsOf(props)
		}
		at.size = C.size_t(len(data))
		if body != nil {
			size := len(body.Bytes())
			at.content = (*C.struct_zl_content)(body.Steal())
			at.content.size = C.size_t(size)
			held += size
		} else {
			copy(batchBytes(batch, end+C.sizeof_struct_zl_ahead, at.size), data)
		}
		end += C.sizeof_struct_zl_ahead + (at.size+15)&^15
		count++
	})
	batch.end = end
	(*atomic.Int32)(unsafe.Pointer(&batch.count)).Store(int32(count))
}

// fitsAhead reports whether a body can be received ahead: as it is, without memory that
// there may be none of.
func fitsAhead(body *buf.Body) bool {
	if body.Outside() == nil || body.Shared() || len(body.Bytes()) > heldBytesMax {
		return false
	}
	return (*C.struct_zl_content)(body.Outside()).data == unsafe.Pointer(unsafe.SliceData(body.Bytes()))
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
