// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"sync"

	"github.com/valyala/bytebufferpool"
)

// batchBytesMax is the largest buffer of the slow lane that is kept for reuse; a
// larger one was for a message of that size.
const batchBytesMax = 2 << 20

// batches are the buffers of the slow lane. They have a pool of their own because
// a shared one fits its sizes to what is usual elsewhere, which is less, and throws
// these away.
var batches = sync.Pool{New: func() any { return new(bytebufferpool.ByteBuffer) }}

// getBatch returns an empty buffer.
func getBatch() *bytebufferpool.ByteBuffer { return batches.Get().(*bytebufferpool.ByteBuffer) }

// putBatch takes a buffer that nobody uses any more.
func putBatch(b *bytebufferpool.ByteBuffer) {
	if cap(b.B) <= batchBytesMax {
		b.Reset()
		batches.Put(b)
	}
}
