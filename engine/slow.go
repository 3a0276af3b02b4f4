// SPDX-License-Identifier: MPL-2.0

// The slow lane: messages that are re-framed one by one between pipe and wire.

package engine

import (
	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/transport"
)

const (
	// slowReadBytes is how much the slow lane reads at a time.
	slowReadBytes = 8 << 10
	// slowBatchBytes is how much the slow lane frames before it writes.
	slowBatchBytes = 32 << 10
	// securedReadBytes is how much is read at a time where frames are encoded: each
	// is copied out of the buffer when it is decoded, and whole ones come cheapest.
	securedReadBytes = 64 << 10
)

// readSlow reads into the scratch buffer and decodes what is whole there.
func (e *Stream) readSlow() (int, bool) {
	if e.in.scratch == nil {
		e.in.scratch = getBatch()
	}
	size := slowReadBytes
	if e.codec != nil {
		size = securedReadBytes
	}
	b := e.in.scratch
	at := len(b.B)
	if cap(b.B)-at < size {
		bigger := make([]byte, at, max(2*cap(b.B), at+size))
		copy(bigger, b.B)
		b.B = bigger
	}
	room := b.B[at : at+size]
	n, no := transport.Read(e.fd, room)
	if !e.arrived(n, no) {
		e.restScratch()
		return 0, false
	}
	b.B = b.B[:at+n]
	e.drainSlow()
	return n, n == len(room)
}

// restScratch gives an empty scratch buffer back while nothing arrives.
func (e *Stream) restScratch() {
	if b := e.in.scratch; b != nil && len(b.B) == 0 {
		putBatch(b)
		e.in.scratch = nil
	}
}

// feedSlow takes in bytes that came with the handshake.
func (e *Stream) feedSlow(b []byte) {
	if e.in.scratch == nil {
		e.in.scratch = getBatch()
	}
	e.in.scratch.B = append(e.in.scratch.B, b...)
	e.drainSlow()
}

// drainSlow decodes the scratch buffer until it runs short or the pipe is full.
func (e *Stream) drainSlow() {
	b := e.in.scratch
	if b == nil {
		return
	}
	var err error
	if e.opts.Raw() {
		e.drainRaw(b)
	} else {
		err = e.drainFrames(b)
	}
	if !e.pipe.Flush() {
		e.fresh.Store(true)
		e.pipe.Signal()
	}
	if err != nil {
		e.s.failed(e, err)
		return
	}
	e.restScratch()
}

// drainFrames hands whole frames over.
func (e *Stream) drainFrames(b *bytebufferpool.ByteBuffer) error {
	used := 0
	var err error
	for e.state == active {
		var f zmtp.Frame
		var n int
		f, n, err = zmtp.Decode(e.version, b.B[used:], e.opts.MaxMsgSize)
		if err != nil || n == 0 {
			break
		}
		// Looked at before the frame is: decoding happens once.
		if !e.pipe.CheckWrite() {
			e.in.stalled = true
			break
		}
		if e.codec != nil {
			err = e.pushSecured(f)
		} else {
			_, err = e.push(f)
		}
		if err != nil {
			break
		}
		if used += n; used < len(b.B) {
			e.heard() // what follows a PING stops the timer that it has set
		}
	}
	if used > 0 && e.state != closed { // closing gives the buffer back
		b.B = append(b.B[:0], b.B[used:]...)
	}
	return err
}

// push hands one frame to the pipe; false where it is full.
func (e *Stream) push(f zmtp.Frame) (bool, error) {
	if f.Flags&zmtp.FlagCommand != 0 {
		return e.pushCommand(f.Body)
	}
	if err := e.in.envelope.frame(f.Flags, uint64(len(f.Body))); err != nil {
		return false, err
	}
	p := msg.Part{Data: f.Body, Flags: f.Flags & zmtp.FlagMore}
	if len(f.Body) >= msg.RefBytesMin {
		p.Body = buf.NewBody(len(f.Body))
		copy(p.Body.Bytes(), f.Body)
		p.Data = p.Body.Bytes()
	}
	ok := e.pipe.Write(&p)
	p.Drop()
	return ok, nil
}

// pushCommand turns a subscription into a message for publishers, and handles
// every other command.
func (e *Stream) pushCommand(body []byte) (bool, error) {
	name, payload, err := zmtp.ParseCommand(body)
	if err != nil {
		return true, nil
	}
	publisher := e.opts.Type == option.Pub || e.opts.Type == option.XPub
	switch {
	case string(name) == "SUBSCRIBE" && publisher:
		return e.pushSubscription(1, msg.Subscribe, payload), nil
	case string(name) == "CANCEL" && publisher:
		return e.pushSubscription(0, msg.Cancel, payload), nil
	case string(name) == zmtp.CommandJoin && e.opts.Type == option.Radio:
		return e.pipe.Write(&msg.Part{Data: payload, Flags: msg.Join}), nil
	case string(name) == zmtp.CommandLeave && e.opts.Type == option.Radio:
		return e.pipe.Write(&msg.Part{Data: payload, Flags: msg.Leave}), nil
	}
	return true, e.command(body)
}

func (e *Stream) pushSubscription(first, flag byte, topic []byte) bool {
	b := bytebufferpool.Get()
	defer bytebufferpool.Put(b)
	b.B = append(append(b.B[:0], first), topic...)
	return e.pipe.Write(&msg.Part{Data: b.B, Flags: flag})
}

// subscribeAll gives a publisher the subscription that a ZMTP 1.0 peer cannot
// send (edge case 10).
func (e *Stream) subscribeAll() {
	if e.opts.Type != option.Pub && e.opts.Type != option.XPub {
		return
	}
	if e.pushSubscription(1, msg.Subscribe, nil) && !e.pipe.Flush() {
		e.pipe.Signal()
	}
}

// writeSlow frames a batch of messages and sends it.
func (e *Stream) writeSlow() (int, outcome) {
	o := &e.out
	if o.framed == nil {
		o.framed = getBatch()
		o.framedSent = 0
	}
	if o.framedSent == len(o.framed.B) {
		o.framed.B, o.framedSent = o.framed.B[:0], 0
		e.frameBatch()
	}
	if len(o.framed.B) == 0 {
		o.drop()
		if e.pipe.EOF() {
			return 0, ended
		}
		return 0, drained
	}
	n, no := transport.Write(e.fd, o.framed.B[o.framedSent:])
	if no != 0 {
		return 0, e.writeFailed(no)
	}
	o.framedSent += n
	o.partway = o.framedSent < len(o.framed.B)
	return n, partial
}

// frameBatch fills the buffer from the pipe.
func (e *Stream) frameBatch() {
	var f msg.Part
	whole := e.opts.WhenFull == option.DropOldest // see oldest.go
	for (len(e.out.framed.B) < slowBatchBytes || whole && e.pipe.MoreIn()) && e.pipe.Read(&f) {
		e.out.framed.B = e.frame(e.out.framed.B, &f)
		f.Drop()
	}
}

// frame appends one part as the peer's protocol wants it (edge case 29).
func (e *Stream) frame(dst []byte, f *msg.Part) []byte {
	flags := f.Flags & msg.More
	switch {
	case e.codec != nil:
		return e.frameSecured(dst, f)
	case e.opts.Raw():
		return append(dst, f.Data...)
	case e.version.Legacy():
		dst = zmtp.AppendHeaderV1(dst, flags, len(f.Data))
	case f.Flags&msg.Subscribe != 0 && e.version == zmtp.V3_1:
		return appendCommand(dst, zmtp.AppendSubscribe(nil, f.Data[1:]))
	case f.Flags&msg.Cancel != 0 && e.version == zmtp.V3_1:
		return appendCommand(dst, zmtp.AppendCancel(nil, f.Data[1:]))
	case f.Flags&msg.Join != 0:
		return appendCommand(dst, zmtp.AppendJoin(nil, string(f.Data)))
	case f.Flags&msg.Leave != 0:
		return appendCommand(dst, zmtp.AppendLeave(nil, string(f.Data)))
	default:
		dst = zmtp.AppendHeader(dst, flags, len(f.Data))
	}
	return append(dst, f.Data...)
}

func appendCommand(dst, body []byte) []byte {
	return append(zmtp.AppendHeader(dst, zmtp.FlagCommand, len(body)), body...)
}

// hiccups reports whether sockets of a type send their subscriptions again on
// each new connection.
func hiccups(typ int) bool {
	return typ == option.Sub || typ == option.XSub || typ == option.Dish
}
