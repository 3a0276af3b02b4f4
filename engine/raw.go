// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// startRaw opens a connection without protocol: STREAM, ROUTER_RAW (libzmq
// raw_engine_t::plug_internal).
func (e *Stream) startRaw() {
	e.state = active
	var id []byte
	if e.s.connects {
		id = e.opts.ConnectRoutingID
	}
	e.s.ready(id, e.properties())
	e.in.slow, e.out.slow = true, true
	e.pipe = e.s.pipe
	e.notify()
	e.early = nil
	e.open.Store(true)
	e.tryOut()
	if e.state == active {
		e.read()
	}
	e.releaseInput()
}

// notify tells a STREAM application by an empty message that a connection has
// come or gone.
func (e *Stream) notify() {
	if e.opts.Type != option.Stream || !e.opts.StreamNotify || e.pipe == nil {
		return
	}
	if e.pipe.Write(&msg.Part{}) && !e.pipe.Flush() {
		e.pipe.Signal()
	}
}

// drainRaw hands received bytes over in pieces of at most IN_BATCH_SIZE.
func (e *Stream) drainRaw(b *bytebufferpool.ByteBuffer) {
	used := 0
	for used < len(b.B) {
		piece := b.B[used:min(used+e.opts.InBatchSize, len(b.B))]
		if !e.pipe.Write(&msg.Part{Data: piece}) {
			e.in.stalled = true
			break
		}
		used += len(piece)
	}
	b.B = append(b.B[:0], b.B[used:]...)
}
