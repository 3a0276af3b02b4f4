// SPDX-License-Identifier: MPL-2.0

// Previous: session.go (ReadActivated). Next: transport (Writev).

package engine

import (
	"sync"
	"syscall"
	"time"

	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/pipe/ypipe"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
	"golang.org/x/sys/unix"
)

const (
	// outBudgetBytes is what one connection may write per turn of its loop.
	outBudgetBytes = 1 << 20
	// inlineBudgetBytes is what an application goroutine writes before it leaves
	// the rest to the loop.
	inlineBudgetBytes = 64 << 10
	// inlineGap is the pause after which a connection counts as idle, so that the
	// sender writes by itself. Shorter gaps mean a stream, and a stream is better
	// batched by the loop: writing inline on each send costs 4 to 7 times of the
	// throughput.
	inlineGap = 20 * time.Microsecond
	// sparseGap is that pause where messages have come thinly, at most one in
	// sparseMean of the sender's own time, without what it has spent writing: else it
	// would be slow because it writes, and write because it is slow. So thin a stream
	// comes in bursts, too, as the clock of who sends is late at times, and
	// inlineBurstMax messages without a pause are written like the first one. To wake
	// the loop for them costs as much as to write them, and takes longer.
	sparseGap      = 3 * time.Microsecond
	sparseMean     = 2 * time.Microsecond
	inlineBurstMax = 16
	// relievedGap is the pause that a loop's connections together must have seen
	// after an inline write. A sender that goes on at once, on another connection,
	// has a stream for many peers: the loop then finds several messages at each,
	// where writing inline costs a system call for each message. With 100
	// connections that made 3 % of the throughput.
	relievedGap = 3 * time.Microsecond
	// inlineBodyBytesMax is the size of a body from which the sender leaves it to the
	// loop: what is sent on has been read there, and lies in that core's cache. To have
	// the sender write it takes a third more time, for it is fetched from core to core.
	inlineBodyBytesMax = 128 << 10
	// answerTime is how long a loop polls on for an answer that is a round trip away
	// (see reactor/expect.go), largeAnswerTime the same where what was sent last is
	// left to the loop and has to be read first.
	answerTime      = 100 * time.Microsecond
	largeAnswerTime = 500 * time.Microsecond
	// crampedMax is the level above which the kernel's buffer counts as too small for
	// the large bodies of a connection, as that of a Unix socket is from some 200 KiB
	// on: then they are the loop's, which goes on with the rest as soon as there is
	// room. Each that does not go out at once adds crampedStep, up to crampedTop, each
	// other write takes one away.
	crampedMax, crampedStep, crampedTop = 8, 4, 64
	// iovecsMax bounds the pieces of one writev.
	iovecsMax = 128
)

// output is the sending half. Only the holder of outHalf touches it.
type output struct {
	slow     bool // messages are re-framed (slow.go)
	byLoop   bool // the holder is the loop
	gather   gather
	partway  bool   // in the middle of a window: no place for a command
	dead     bool   // the descriptor takes no more
	stuck    bool   // it had no room the last time
	bytes    uint64 // written, for statistics
	bodySent int    // bytes of the next large body that are written
	large    bool   // what went out last was a large body
	cramped  int    // how often large bodies do not go out at once, see crampedMax

	messages int   // written since the last pause; not where they are re-framed
	paused   int64 // when that was, in ns since the process began
	inline   int64 // ns since then that senders have spent writing

	ctl     []byte // commands that are being written
	ctlSent int

	framed     *bytebufferpool.ByteBuffer // slow lane: bytes on their way
	framedSent int
}

func (o *output) drop() {
	if o.framed != nil {
		putBatch(o.framed)
		o.framed = nil
	}
}

// outcome is why writing stopped.
type outcome uint8

const (
	drained outcome = iota // nothing left: the reader sleeps
	blocked                // the kernel takes no more: an edge will come
	partial                // the budget is used up
	ended                  // everything up to the end of the pipe is written
)

// acquire makes the caller the holder of the output. Where there is one, it makes
// sure that the holder looks again, and returns false.
func (e *Stream) acquire() bool { return e.outHalf.acquire() }

// release gives the output up. It returns true where somebody has asked for
// another look meanwhile.
func (e *Stream) release() (again bool) {
	again, left := e.outHalf.release()
	if left {
		e.loop.Send(reactor.Command{Op: opHalfLeft, To: e})
	}
	return again
}

func (e *Stream) processActivateRead() { e.tryOut() }

// tryOut writes from the loop.
func (e *Stream) tryOut() {
	for e.acquire() {
		if !e.goOn() {
			return
		}
	}
}

// goOn writes from the loop, which holds the output, and gives it up. It returns
// true where somebody has asked for another look meanwhile.
func (e *Stream) goOn() (again bool) {
	e.out.byLoop = true
	o := e.write(outBudgetBytes)
	e.out.byLoop = false
	switch {
	case o != drained:
	case e.out.large:
		e.expectAnswer(largeAnswerTime)
	default:
		e.expectAnswer(answerTime)
	}
	again = e.release()
	switch o {
	case ended:
		e.s.processOutEnded(e)
		return false
	case partial:
		e.requeue(moreOut)
		return false
	}
	return again
}

// expectAnswer has a loop that would park poll on for the answer to what was sent, or,
// where something was brought, for what that is answered with. Runs on the loop.
func (e *Stream) expectAnswer(within time.Duration) {
	if e.mayAnswer() {
		e.loop.Expect(within)
	}
}

// mayAnswer admits the patterns whose peers may answer.
func (e *Stream) mayAnswer() bool {
	switch e.opts.Type {
	case option.Req, option.Rep, option.Dealer, option.Router, option.Pair, option.Client,
		option.Server, option.Peer, option.Channel:
		return true
	}
	return false
}

// writeInline writes from the application goroutine that has just sent, where
// the connection was idle, or that finds the pipe full of what has gathered. It
// returns false where the loop should do it.
func (e *Stream) writeInline(full bool) bool {
	if !e.open.Load() || !full && !e.inlineFits() {
		return false
	}
	if !e.acquire() {
		return true
	}
	if !full && e.startsLarge() {
		e.release()
		return false
	}
	if !full {
		e.thin()
	}
	budget := inlineBudgetBytes
	if full {
		budget = outBudgetBytes
	}
	o := e.writeContained(budget)
	if !full {
		now := int64(time.Since(processStart))
		if began := e.lastOut.Swap(now); began > 0 {
			e.out.inline += now - began
		}
		e.loop.Relieve(now)
	}
	cramped := e.out.cramped > crampedMax
	again := e.release()
	if cramped && e.pipe.Fetching() {
		if _, whole := e.s.host.Lends(); whole {
			e.s.Recall()
		}
	}
	if o == ended {
		e.loop.Send(reactor.Command{Op: opOutEnded, To: e.s, Arg: e})
	} else if again || o == partial {
		e.loop.Send(reactor.Command{Op: opActivateRead, To: e})
	}
	return true
}

// startsLarge reports whether what comes next is a large body that the loop should
// write, as it is the loop that reads those. Runs on the holder.
func (e *Stream) startsLarge() bool {
	if e.out.slow || !e.open.Load() || e.pipe.Fetching() {
		return false
	}
	r := e.pipe.Reader()
	if !r.Ready() {
		return false
	}
	body, _ := r.NextRef(0)
	return body != nil && len(body.Bytes()) >= inlineBodyBytesMax
}

// writeContained is write on an application goroutine. A panic there costs the
// connection, as on the loop: the sender, who is not to blame, sees none.
func (e *Stream) writeContained(budget int) outcome {
	defer e.containOutput()
	return e.write(budget)
}

// containOutput has the loop end the connection after a panic. The outcome is drained
// then, as nothing more is to be done for it here.
func (e *Stream) containOutput() {
	if v := recover(); v != nil {
		e.out.dead = true
		e.loop.Send(reactor.Command{Op: opFault, To: e, Arg: e.loop.Caught(v)})
	}
}

var processStart = time.Now()

// inlineFits reports whether the sender should write by itself: it answers what
// the connection has just brought, or nothing was sent for a while. A publisher
// never does, it has other subscribers to serve. Runs on the sender; two at a
// time may both say yes, then one of them becomes the holder.
func (e *Stream) inlineFits() bool {
	// Of what is re-framed, only what is encrypted is worth it.
	if e.out.slow && e.codec == nil || e.opts.Type == option.Pub || e.opts.Type == option.XPub || e.opts.Type == option.Radio {
		return false
	}
	if e.fresh.Load() {
		e.fresh.Store(false)
		e.lastOut.Store(0) // nobody asked the clock
		return true
	}
	now := int64(time.Since(processStart))
	last, relieved := e.lastOut.Swap(now), e.loop.Relieved()
	switch pause := time.Duration(now - last); {
	case pause > inlineGap, pause > sparseGap && e.sparse.Load():
		e.burst.Store(0)
		return time.Duration(now-relieved) > relievedGap
	case last != relieved || !e.sparse.Load():
		return false // another connection has been written to, or there is a stream
	}
	return e.burst.Add(1) <= inlineBurstMax
}

// thin finds out, after a pause, whether messages come thinly. Runs on the holder.
func (e *Stream) thin() {
	o := &e.out
	if now := e.lastOut.Load(); now > 0 && e.burst.Load() == 0 && !o.slow {
		e.sparse.Store(time.Duration(o.messages)*sparseMean <= time.Duration(now-o.paused-o.inline))
		o.messages, o.paused, o.inline = 0, now, 0
	}
}

// write sends until there is nothing left, the kernel takes no more, or the
// budget is used up. Runs on the holder.
func (e *Stream) write(budget int) outcome {
	if e.out.dead {
		return blocked
	}
	e.out.stuck = false
	// Beyond the budget it is only seen whether that was all, so that nobody is
	// called to write what is not there.
	for budget > 0 || !e.out.slow && !e.out.partway && !e.pipe.Reader().Ready() {
		if !e.out.partway && !e.writeCommands() {
			return blocked
		}
		if !e.open.Load() {
			return drained
		}
		var n int
		var o outcome
		if e.out.slow {
			n, o = e.writeSlow()
		} else {
			n, o = e.writeFast()
		}
		if o != partial {
			return o
		}
		budget -= n
		e.out.bytes += uint64(n)
	}
	return partial
}

// writeFast sends one window of the pipe as it is.
func (e *Stream) writeFast() (int, outcome) {
	p := e.pipe
	r := p.Reader()
	if !r.Ready() {
		if !r.EOF() && e.gathers() || r.Sleep() {
			return 0, drained
		}
		if r.EOF() {
			return 0, ended
		}
		return 0, partial
	}
	n, no := e.writeWindow(r)
	if no != 0 {
		return 0, e.writeFailed(no)
	}
	p.TookBytes(n)
	e.out.partway = !r.Drained()
	if !e.out.partway {
		k := r.DrainedMessages()
		e.out.gather.messages += k
		e.out.messages += k
		p.Took(k)
	}
	return n, partial
}

// writeWindow hands the window and the bodies in between to the kernel.
func (e *Stream) writeWindow(r *ypipe.Reader) (int, syscall.Errno) {
	b := r.Window()
	if body, _ := r.NextRef(0); body == nil {
		n, no := transport.Write(e.fd, b)
		if no == 0 {
			r.Consume(n)
			e.out.large = false
			e.out.fitted(true)
		}
		return n, no
	}
	v := vectors.Get().(*vector)
	iov := v.fill(r, b, e.out.bodySent)
	n, no := transport.Writev(e.fd, iov)
	clear(iov)
	vectors.Put(v)
	if no == 0 {
		e.out.consume(e.pipe, n)
	}
	return n, no
}

// vector is the argument of one writev.
type vector [iovecsMax]unix.Iovec

var vectors = sync.Pool{New: func() any { return new(vector) }}

// fill lists the pieces of the window in order: bytes, body, bytes, body …; of
// the first body sent bytes are gone already.
func (v *vector) fill(r *ypipe.Reader, b []byte, sent int) []unix.Iovec {
	n, pos := 0, 0
	add := func(piece []byte) {
		if len(piece) > 0 {
			v[n].Base = &piece[0]
			v[n].SetLen(len(piece))
			n++
		}
	}
	for i := 0; n < iovecsMax-2; i++ {
		body, at := r.NextRef(i)
		if body == nil {
			add(b[pos:])
			break
		}
		add(b[pos:at])
		pos = at
		add(body.Bytes()[sent:])
		sent = 0
	}
	return v[:n]
}

// consume passes n bytes of what fill listed, and notes how much of the next body is
// written and whether the last one was large.
func (o *output) consume(p *pipe.Pipe, n int) {
	r := p.Reader()
	for {
		body, at := r.NextRef(0)
		if body == nil {
			r.Consume(n)
			o.large = o.large && n == 0
			return
		}
		if o.bodySent == 0 {
			k := min(n, at)
			r.Consume(k)
			n -= k
			if k < at {
				return
			}
		}
		size := len(body.Bytes())
		if n < size-o.bodySent {
			o.bodySent += n
			return
		}
		n -= size - o.bodySent
		o.fitted(o.bodySent == 0)
		o.bodySent, o.large = 0, size >= inlineBodyBytesMax
		r.TakeRef().Release()
		p.TookBody(size)
		if n == 0 {
			return
		}
	}
}

// fitted notes whether a body was taken by the kernel at once, or that there was none.
func (o *output) fitted(yes bool) {
	if yes {
		o.cramped = max(o.cramped-1, 0)
	} else {
		o.cramped = min(o.cramped+crampedStep, crampedTop)
	}
}

// writeFailed stops output. A broken connection is not closed here: what the
// peer has sent before is still to be read, and reading will find the end
// (libzmq stream_engine_base_t::out_event).
func (e *Stream) writeFailed(no syscall.Errno) outcome {
	if no != syscall.EAGAIN {
		e.out.dead = true
		return blocked
	}
	e.out.stuck = true
	if e.watch.sparing {
		e.watchMore(poller.Out)
	}
	return blocked
}

// writeCommands sends the commands that wait. It returns false where the kernel
// takes no more.
func (e *Stream) writeCommands() bool {
	o := &e.out
	for {
		for o.ctlSent < len(o.ctl) {
			n, no := transport.Write(e.fd, o.ctl[o.ctlSent:])
			if no != 0 {
				e.writeFailed(no)
				return false
			}
			o.ctlSent += n
		}
		o.ctl, o.ctlSent = nil, 0
		if !e.ctlReady.Load() {
			return true
		}
		e.ctlMu.Lock()
		o.ctl, e.ctl = e.ctl, nil
		plain := e.ctlPlain
		e.ctlPlain = nil
		e.ctlReady.Store(false)
		e.ctlMu.Unlock()
		if plain != nil {
			o.ctl = e.encodeCommands(o.ctl, plain)
		}
	}
}

// ctlBytesMax bounds the commands that wait: a peer that makes us answer but
// does not read gets no more answers.
const ctlBytesMax = 64 << 10

// sendBytes queues greeting bytes or framed commands and tries to write them.
// Runs on the loop.
func (e *Stream) sendBytes(b []byte) {
	if len(b) == 0 || e.state == closed {
		return
	}
	e.ctlMu.Lock()
	if len(e.ctl)+len(b) <= ctlBytesMax {
		e.ctl = append(e.ctl, b...)
		e.ctlReady.Store(true)
	}
	e.ctlMu.Unlock()
	e.tryOut()
}
