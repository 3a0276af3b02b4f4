// SPDX-License-Identifier: MPL-2.0

// Previous: poller (Event). Next: pipe (Flush, Signal), then socket/base_recv.go.

package engine

import (
	"syscall"

	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/transport"
)

const (
	// inBudgetBytes is what one connection may read per turn of its loop.
	inBudgetBytes = 1 << 20
	// readBytesMin is the least room that a read is worth starting with.
	readBytesMin = 512
)

// input is the receiving half. Only the holder of inHalf touches it.
type input struct {
	slow     bool // messages are re-framed (slow.go)
	raw      int  // bytes behind the written part of the pipe's tail, not scanned yet
	stalled  bool // the pipe is full: go on at WriteActivated
	mid      bool // between two parts of a message
	large    large
	envelope envelope
	fetch    fetch

	bytes   uint64                     // read, for statistics
	scratch *bytebufferpool.ByteBuffer // slow lane: received and not yet decoded
}

func (in *input) drop() {
	in.large.drop()
	if in.scratch != nil {
		putBatch(in.scratch)
		in.scratch = nil
	}
}

// startInput chooses the lanes, once the protocol is known.
func (e *Stream) startInput() {
	e.pipe = e.s.pipe
	e.codec, _ = e.mech.(mechanism.Codec)
	reframed := e.codec != nil || e.version.Legacy() || e.opts.Conflating()
	switch e.opts.Type {
	case option.Pub, option.XPub, option.Radio:
		e.in.slow = true
	case option.Sub, option.XSub, option.Dish:
		e.out.slow = true
	}
	e.in.slow = e.in.slow || reframed
	e.out.slow = e.out.slow || reframed || e.opts.WhenFull == option.DropOldest
	e.in.envelope.choose(e.opts.Type)
	if e.version == zmtp.V1Unversioned {
		e.subscribeAll()
	}
}

// feed takes in bytes that were received before the stream became active.
func (e *Stream) feed(b []byte) {
	if len(b) == 0 {
		return
	}
	e.heard()
	e.in.bytes += uint64(len(b))
	if e.in.slow {
		e.feedSlow(b)
		return
	}
	space := e.pipe.Writer().Space(0, len(b))
	e.in.raw = copy(space, b)
	e.take(space)
}

// holdInput makes the loop the holder of the input, as it is from the beginning; an
// application goroutine that has it just now will post opInput.
func (e *Stream) holdInput() bool {
	e.inByLoop = e.inHalf.acquire()
	return e.inByLoop
}

// releaseInput gives the input up, unless it was closed, and wakes the receiver to whom
// the connection was lent meanwhile: he finds the input free. It returns true where
// somebody wanted it before.
func (e *Stream) releaseInput() (again bool) {
	owes := e.owes
	e.owes = false
	if e.inByLoop {
		e.inByLoop = false
		again, _ = e.inHalf.release()
	}
	if owes {
		e.pipe.Signal()
	}
	return again
}

// processInput goes on with whatever there is to do for the input. Before the stream
// is active that is the handshake's. missed says that the receiver may have gone to
// sleep because it found the input taken.
func (e *Stream) processInput(missed bool) {
	if e.state != active || e.inByLoop {
		return
	}
	for again := true; again && e.holdInput(); missed = true {
		e.goOnIn(missed)
		again = e.releaseInput()
	}
}

// goOnIn reads what there is to read. Runs on the loop, which holds the input.
func (e *Stream) goOnIn(missed bool) {
	e.reviewFetching(missed)
	switch {
	case e.in.fetch.err != nil:
		e.s.failed(e, e.in.fetch.err)
	case e.in.stalled && !e.in.fetch.on:
		e.resumeInput()
	default:
		e.read()
	}
	e.expectAnswer(answerTime)
	switch {
	case e.state != active:
	case e.in.large.coming():
		if !e.in.fetch.whole {
			e.stopFetching() // the loop reads those
		}
		e.calm()
	case !missed:
		e.considerFetching()
	}
}

// calm has the loop not poll on for the rest of a large body that a stream brings: it
// comes at once, and was read, or not soon. Where there may be answers, time matters.
func (e *Stream) calm() {
	switch e.opts.Type {
	case option.Pull, option.Gather, option.Sub:
		if e.in.large.body != nil {
			e.loop.Calm()
		}
	}
}

// read brings in what has arrived, up to a budget.
func (e *Stream) read() {
	if e.in.stalled {
		return
	}
	for budget := inBudgetBytes; budget > 0; {
		n, again := e.readOnce()
		if e.state != active {
			return
		}
		if !again && !(e.ending.Load() && n > 0) || e.in.stalled || e.owes {
			return
		}
		budget -= max(n, 1)
	}
	e.requeue(moreIn)
}

// readOnce makes one system call and digests what it brought. It returns false
// when there is nothing more for now: the kernel has no more, or the stream has
// ended.
func (e *Stream) readOnce() (n int, again bool) {
	switch {
	case e.in.slow:
		return e.readSlow()
	case e.in.large.coming():
		return e.readLarge()
	}
	space := e.pipe.Writer().Space(e.in.raw, e.in.raw+readBytesMin)
	free := space[e.in.raw:]
	n, no := transport.Read(e.fd, free)
	if !e.arrived(n, no) {
		return 0, false
	}
	e.in.raw += n
	e.take(space)
	// A stream that gives less than was asked for is drained; its next byte makes a
	// new edge, and so does its end, unless that came together with these bytes.
	return n, n == len(free)
}

// arrived sorts out the result of a read, before what it brought is looked at: a
// PING in there sets the timer that hearing of the peer stops.
func (e *Stream) arrived(n int, no syscall.Errno) bool {
	switch {
	case no == syscall.EAGAIN:
		return false
	case no != 0:
		e.s.failed(e, no)
		return false
	case n == 0:
		e.s.failed(e, syscall.EPIPE)
		return false
	}
	e.heard()
	e.in.bytes += uint64(n)
	return true
}

// take scans what has been received into the tail of the pipe, publishes the
// whole messages and wakes the application if it sleeps.
func (e *Stream) take(space []byte) {
	before := e.pipe.Written()
	err := e.scan(space)
	e.publish(before)
	if err != nil {
		e.s.failed(e, err)
	}
}

// publish makes visible what was brought since so many messages had been written, and
// wakes the application if it sleeps and is not the one who has brought it.
func (e *Stream) publish(before uint64) {
	f := &e.in.fetch
	asleep := !e.pipe.Flush()
	switch {
	case f.byApp:
		f.slept = asleep || f.slept // as a rule the reader is here
		e.fresh.Store(true)
		return
	case e.pipe.Written() != before: // not a piece of one
		f.woke(asleep)
	}
	if asleep {
		e.fresh.Store(true)
		if e.owes = e.considerLending(); !e.owes {
			e.pipe.Signal()
		}
	}
}

// scan walks the frames in space[:raw].
func (e *Stream) scan(space []byte) error {
	p, in := e.pipe, &e.in
	w := p.Writer()
	for in.raw > 0 {
		credit := p.Credit()
		if credit == 0 {
			if !in.mid {
				in.stalled = true
				return nil
			}
			credit = 1 // a message that was begun may end
		}
		r := zmtp.Scan(space[:in.raw], credit, directBytesMin, e.opts.MaxMsgSize)
		if err := in.envelope.check(space[:r.Bytes]); err != nil {
			return err
		}
		if r.Messages > 0 {
			w.Advance(r.Boundary)
			w.EndMessages(r.Messages)
			in.fetch.messages += r.Messages
			p.WroteBytes(r.Boundary)
			p.Wrote(r.Messages)
			w.Advance(r.Bytes - r.Boundary)
			p.WroteBytes(r.Bytes - r.Boundary)
			in.mid = r.Bytes > r.Boundary
			in.large.apart = true
		} else if r.Bytes > 0 {
			w.Advance(r.Bytes)
			p.WroteBytes(r.Bytes)
			in.mid = true
		}
		space = space[r.Bytes:]
		in.raw -= r.Bytes
		done, err := e.scanStop(&r, space)
		if done || err != nil {
			return err
		}
	}
	return nil
}

// scanStop deals with what made the scan stop. It returns true when the rest
// has to wait for more bytes.
func (e *Stream) scanStop(r *zmtp.ScanResult, space []byte) (done bool, err error) {
	switch r.Stop {
	case zmtp.StopTooBig:
		return true, &zmtp.SizeError{Size: r.Size, Max: e.sizeMax()}
	case zmtp.StopFlags:
		return true, &zmtp.ProtocolError{Code: zmtp.ErrorUnspecified, Msg: "reserved frame flags"}
	case zmtp.StopCommand:
		if e.in.fetch.byApp {
			e.in.stalled, e.in.fetch.leave = true, true
			return true, nil
		}
		whole := r.HeaderLen + int(r.Size)
		err = e.command(space[r.HeaderLen:whole])
		// Cut the command out of the stream; commands are rare.
		e.in.raw = copy(space, space[whole:e.in.raw])
		if e.in.raw > 0 {
			e.heard() // what follows a PING stops the timer that it has set
		}
		return false, err
	case zmtp.StopLarge:
		return true, e.startLarge(r, space)
	case zmtp.StopShort:
		return true, nil
	}
	return false, nil
}

// sizeMax returns the longest frame allowed, in bytes.
func (e *Stream) sizeMax() uint64 {
	if e.opts.MaxMsgSize < 0 {
		return zmtp.SizeMax
	}
	return uint64(e.opts.MaxMsgSize)
}

// resumeInput goes on where the application has made room. It may have made none:
// whatever else arrives on the connection leads here as well.
func (e *Stream) resumeInput() {
	if !e.in.mid && e.pipe.Credit() == 0 {
		return
	}
	e.in.stalled = false
	if e.in.slow {
		e.drainSlow()
	} else if e.in.raw > 0 {
		space := e.pipe.Writer().Space(e.in.raw, e.in.raw)
		e.take(space)
	}
	if e.state == active && !e.in.stalled {
		e.read()
	}
}

// command deals with a ZMTP command that came between messages.
func (e *Stream) command(body []byte) error {
	name, payload, err := zmtp.ParseCommand(body)
	if err != nil {
		return nil // edge case 39: a malformed command is ignored, as unknown ones are
	}
	switch string(name) {
	case "PING":
		return e.pinged(payload)
	case "SUBSCRIBE", "CANCEL", "PONG":
	}
	return nil
}
