// SPDX-License-Identifier: MPL-2.0

package ypipe

import (
	"sync"
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/buf"
	"golang.org/x/sys/cpu"
)

// The layout of a mark: what of a chunk is published.
//
//	bits  0..23  bytes
//	bits 24..31  side-table entries
//	bits 32..55  messages that end in the chunk
//	bit  61      eof: the writer has closed the queue after these bytes
//	bit  62      end: nothing more comes in this chunk, next is set
//	bit  63      asleep: the reader found nothing and wants a signal
const (
	refShift = 24
	msgShift = 32

	bytesMask = 1<<24 - 1
	refMask   = 1<<8 - 1
	msgMask   = 1<<24 - 1

	eofFlag    = uint64(1) << 61
	endFlag    = uint64(1) << 62
	asleepFlag = uint64(1) << 63
)

// Chunk sizes in bytes. A queue starts with the smallest, so that a connection
// that exchanges a few small messages holds 1 KiB, and goes up one class each
// time that a chunk was filled while the reader had not emptied it.
// 64 KiB as the largest was set by perf/local_thr at 64 B: 256 KiB falls out
// of the second-level cache, 16 KiB costs more system calls.
const (
	classes = 3

	// ChunkBytesMax is the size of the largest pooled chunk.
	ChunkBytesMax = 64 << 10
	// RefsMax bounds the large bodies that one chunk refers to.
	RefsMax = 64
)

var classBytes = [classes]int{StartBytes, 8 << 10, ChunkBytesMax}

var chunkPools [classes]sync.Pool

// Ref is one entry of a chunk's side table: a body that belongs behind the
// chunk's byte Off.
type Ref struct {
	Off  int
	Body *buf.Body
}

// Chunk is a piece of the queue's storage.
type Chunk struct {
	// writer only until published (Y3), then immutable
	buf   []byte
	refs  *[RefsMax]Ref
	next  *Chunk
	final uint64 // what the mark becomes when the chunk is published whole
	class int8   // index into chunkPools; -1 is not pooled
	mid   bool   // the chunk begins in the middle of a message

	_ cpu.CacheLinePad

	// shared; atomic
	mark  atomic.Uint64
	users atomic.Int32 // the queue's own hold plus one for each view lent out

	_ cpu.CacheLinePad
}

func pack(bytes, refs, msgs int) uint64 {
	return uint64(bytes) | uint64(refs)<<refShift | uint64(msgs)<<msgShift
}

// newChunk returns an empty chunk of at least n bytes, of class c or above.
func newChunk(c, n int) *Chunk {
	for c < classes && classBytes[c] < n {
		c++
	}
	if c >= classes {
		k := &Chunk{buf: make([]byte, n), class: -1}
		k.users.Store(1)
		return k
	}
	k, _ := chunkPools[c].Get().(*Chunk)
	if k == nil {
		k = &Chunk{buf: make([]byte, classBytes[c]), class: int8(c)}
	}
	k.mark.Store(0)
	k.mid = false
	k.users.Store(1)
	return k
}

// Bytes returns all of the chunk's storage.
func (k *Chunk) Bytes() []byte { return k.buf }

// Hold keeps the chunk's bytes valid until Release. The reader calls it for a
// view that it lends to the application.
func (k *Chunk) Hold() { k.users.Add(1) }

// Release drops one hold; the last one gives the chunk back to its pool. Any
// goroutine may call it, once for each hold.
func (k *Chunk) Release() {
	if k.users.Load() != 1 && k.users.Add(-1) != 0 {
		return
	}
	k.next = nil
	k.final = 0
	if k.class >= 0 {
		chunkPools[k.class].Put(k)
	}
}

// addRef enters body behind byte off as entry i.
func (k *Chunk) addRef(i, off int, body *buf.Body) {
	if k.refs == nil {
		k.refs = new([RefsMax]Ref)
	}
	k.refs[i] = Ref{Off: off, Body: body}
}
