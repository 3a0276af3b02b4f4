// SPDX-License-Identifier: MPL-2.0

// Previous: poller (Event). Next: pipe (Flush, Signal), then socket/base_recv.go.

package engine

import (
	"syscall"

	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/transport"
	"golang.org/x/sys/unix"
)

const (
	// inBudgetBytes is what one connection may read per turn of its loop.
	inBudgetBytes = 1 << 20
	// readBytesMin is the least room that a read is worth starting with.
	readBytesMin = 512
	// directBytesMin is the size of a body that is read straight into memory of
	// its own; a smaller one is read together with its neighbours. It trades a
	// system call per body against a copy; set by perf/local_thr at 8 to 64 KiB.
	directBytesMin = 16 << 10
	// trustBytesMax is how much memory an announced size gets before its bytes
	// have come. A larger body grows as it arrives.
	trustBytesMax = 4 << 20
)

// input is the receiving half. Loop only.
type input struct {
	slow     bool // messages are re-framed (slow.go)
	raw      int  // bytes behind the written part of the pipe's tail, not scanned yet
	stalled  bool // the pipe is full: go on at WriteActivated
	mid      bool // between two parts of a message
	ending   bool // the edge of the stream's end has come, there will be no other
	large    large
	envelope envelope

	bytes   uint64                     // read, for statistics
	scratch *bytebufferpool.ByteBuffer // slow lane: received and not yet decoded
}

// large is a body on its way into memory of its own.
type large struct {
	body  *buf.Body // nil: none
	flags byte
	size  int
	have  int

	expect int                      // size of the last one; the next is likely to have it too
	guess  *buf.Body                // memory for that
	head   [zmtp.HeaderSizeMax]byte // and for its header; the pipe's tail takes that of body
}

func (in *input) drop() {
	if in.large.body != nil {
		in.large.body.Release()
		in.large.body = nil
	}
	in.dropGuess()
	if in.scratch != nil {
		putBatch(in.scratch)
		in.scratch = nil
	}
}

func (in *input) dropGuess() {
	if in.large.guess != nil {
		in.large.guess.Release()
		in.large.guess = nil
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
		if !again && !(e.in.ending && n > 0) || e.in.stalled {
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
	case e.in.large.body != nil || e.in.large.expect > 0:
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
	err := e.scan(space)
	if !e.pipe.Flush() {
		e.fresh.Store(true)
		e.pipe.Signal()
	}
	if err != nil {
		e.s.failed(e, err)
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
			p.WroteBytes(r.Boundary)
			p.Wrote(r.Messages)
			w.Advance(r.Bytes - r.Boundary)
			p.WroteBytes(r.Bytes - r.Boundary)
			in.mid = r.Bytes > r.Boundary
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
		whole := r.HeaderLen + int(r.Size)
		err = e.command(space[r.HeaderLen:whole])
		// Cut the command out of the stream; commands are rare.
		e.in.raw = copy(space, space[whole:e.in.raw])
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

// startLarge moves the beginning of a large body into memory of its own.
func (e *Stream) startLarge(r *zmtp.ScanResult, space []byte) error {
	if r.Flags&zmtp.FlagCommand != 0 {
		return &zmtp.SizeError{Size: r.Size, Max: directBytesMin - 1}
	}
	if err := e.in.envelope.frame(r.Flags, r.Size); err != nil {
		return err
	}
	l := &e.in.large
	l.flags, l.size = r.Flags, int(r.Size)
	l.expect = l.size
	if l.size > buf.PooledBytesMax {
		l.expect = 0
	}
	l.body = buf.NewBody(min(l.size, trustBytesMax))
	l.have = copy(l.body.Bytes(), space[r.HeaderLen:e.in.raw])
	e.in.raw = 0
	return nil
}

// readLarge reads into the body that is on its way and, behind it, into memory
// for the next one, which as a rule has the same size: header and body each to
// its place with one system call.
func (e *Stream) readLarge() (int, bool) {
	l := &e.in.large
	var iov [3]unix.Iovec
	n, want := 0, 0
	add := func(b []byte) {
		iov[n].Base = &b[0]
		iov[n].SetLen(len(b))
		n++
		want += len(b)
	}
	if l.body != nil {
		e.growLarge()
		add(l.body.Bytes()[l.have:])
	}
	if l.expect > 0 {
		if l.guess == nil {
			l.guess = buf.NewBody(l.expect)
		}
		add(l.head[:])
		add(l.guess.Bytes())
	}
	got, no := transport.Readv(e.fd, iov[:n])
	if !e.arrived(got, no) {
		e.in.dropGuess()
		return 0, false
	}
	e.landLarge(got)
	return got, got == want
}

// growLarge makes room for more of a body whose size was not trusted at once.
func (e *Stream) growLarge() {
	l := &e.in.large
	if l.have < len(l.body.Bytes()) {
		return
	}
	bigger := buf.NewBody(min(l.size, 2*l.have))
	copy(bigger.Bytes(), l.body.Bytes())
	l.body.Release()
	l.body = bigger
}

// landLarge sorts out what one vectored read has brought.
func (e *Stream) landLarge(got int) {
	l := &e.in.large
	if l.body != nil {
		n := min(got, len(l.body.Bytes())-l.have)
		l.have += n
		got -= n
		if l.have < l.size {
			return
		}
		e.endLarge(l.body, l.flags, l.size)
		l.body = nil
	}
	if got > 0 {
		e.landGuess(got)
	} else if !e.pipe.Flush() {
		e.fresh.Store(true)
		e.pipe.Signal()
	}
}

// landGuess looks at what went to the places of the next header and body.
func (e *Stream) landGuess(got int) {
	l := &e.in.large
	head := min(got, zmtp.HeaderSizeMax)
	have := got - head
	flags, size, n := zmtp.ParseHeader(l.head[:head])
	if head == zmtp.HeaderSizeMax && n == head && flags|zmtp.FlagMore == zmtp.FlagMore|zmtp.FlagLarge && size == uint64(l.expect) &&
		e.in.envelope.frame(flags, size) == nil {
		l.body, l.guess, l.flags, l.have, l.size = l.guess, nil, flags, have, l.expect
		if have == l.size {
			body := l.body
			l.body = nil
			e.endLarge(body, flags, l.size)
		}
		if !e.pipe.Flush() {
			e.fresh.Store(true)
			e.pipe.Signal()
		}
		return
	}
	// Something else came: put it together in the tail and scan it.
	tail := e.pipe.Writer().Space(0, got+zmtp.HeaderSizeMax)
	copy(tail, l.head[:head])
	copy(tail[head:], l.guess.Bytes()[:have])
	e.in.dropGuess()
	l.expect = 0
	e.in.raw = got
	e.take(tail)
}

// endLarge enters a whole large body into the pipe. It may exceed the credit by
// one message, which the engine would otherwise hold back just the same.
func (e *Stream) endLarge(body *buf.Body, flags byte, size int) {
	p := e.pipe
	w := p.Writer()
	if !w.RefRoom() {
		w.NextChunk(0, zmtp.HeaderSizeMax)
	}
	b := w.Space(0, zmtp.HeaderSizeMax)
	w.Advance(zmtp.PutHeader(b, flags&zmtp.FlagMore, size))
	w.AddRef(body)
	p.WroteBytes(zmtp.HeaderSizeMax + size)
	e.in.mid = flags&zmtp.FlagMore != 0
	if !e.in.mid {
		w.EndMessages(1)
		p.Wrote(1)
		if p.Credit() == 0 {
			e.in.stalled = true
		}
	}
}

// resumeInput goes on after the application has made room.
func (e *Stream) resumeInput() {
	if !e.in.stalled {
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
