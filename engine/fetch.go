// SPDX-License-Identifier: MPL-2.0

// Previous: pipe/fetch.go. Next: input.go (scan), back to the reader of the pipe.

package engine

import (
	"sync"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// While a dense stream of small messages comes in, the goroutine that receives them
// does the loop's work: when it has read the pipe empty it reads the descriptor,
// scans what came into the pipe and goes on. The loop does not watch the descriptor
// meanwhile; it comes by a timer. So what the kernel copies, what is scanned and
// what is received lies in one core's cache, and nobody is woken, where the loop
// beside the receiver costs two cores for less than the speed of one.
//
// It ends when there is nothing more to read: then the goroutine has the descriptor
// watched again and goes to sleep, and the loop wakes it as ever. The kernel reports
// what is ready when a descriptor comes to be watched, so that nothing is missed in
// between. Whatever is not a plain small message is left to the loop: commands,
// large bodies, errors, the end; but see attend.go for those that are lent whole.
const (
	// fetchTime is how long the loop leaves a connection to a receiver that may not
	// come. It delays what the connection brings besides messages, a PING for one.
	fetchTime = 10 * time.Millisecond
	// fetchRunMin is how many messages make a stream, fetchGapMax the longest mean
	// distance between them and fetchBytesMax their longest mean frame. Set by
	// perf/local_thr at 1 B to 8 KiB.
	fetchRunMin   = 512
	fetchGapMax   = 8 * time.Microsecond
	fetchBytesMax = 12 << 10
)

// fetch is the state of that. Only the holder of inHalf touches it.
type fetch struct {
	on    bool
	byApp bool  // the holder is the receiver
	stays bool  // and sleeps at the descriptor if there is nothing
	slept bool  // the reader of the pipe was asleep when something was brought
	used  bool  // it has come since the timer was set
	leave bool  // what comes next is for the loop
	err   error // the receiver has met it; the loop deals with it

	messages int       // that came since the last decision
	bytes    uint64    // input.bytes at that
	at       time.Time // when that was

	lent    bool // see attend.go; on is set, too
	whole   bool // large bodies are the receiver's as well
	wakes   int  // how many times in a row the receiver was woken
	drained bool // what comes next makes an edge at the lent descriptor
	thick   bool // the last read brought many messages
}

// watch is what the loop is told of the descriptor. At the beginning both, and Out
// for ever; with the first time that the receiver fetches, Out only when there was
// no room, as each change would report it again. Whoever holds inHalf changes In,
// whoever holds outHalf Out.
type watch struct {
	mu sync.Mutex
	// +checklocks:mu
	ready poller.Ready

	sparing bool // Out is watched only where there was no room; whoever holds outHalf
}

func (e *Stream) watchMore(r poller.Ready) { e.rewatch(r, 0) }
func (e *Stream) watchLess(r poller.Ready) { e.rewatch(0, r) }

func (e *Stream) rewatch(more, less poller.Ready) {
	w := &e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.ready&^less | more; r != w.ready {
		w.ready = r
		// It fails where the loop has just given the descriptor up.
		_ = e.loop.Watch(&e.handle, r)
	}
}

// considerFetching leaves the connection to the receiver where a stream has become
// dense. Runs on the loop, which holds the input.
func (e *Stream) considerFetching() {
	f := &e.in.fetch
	if f.on || f.messages < fetchRunMin || !e.denseInput() || !e.mayFetch() || !e.spareOut(false) {
		return
	}
	e.watchLess(poller.In)
	if !e.pipe.SetFetching(true) {
		e.watchMore(poller.In)
		return
	}
	f.on, f.used = true, true
	e.loop.SetTimer(&e.fetchTimer, fetchTime, e)
}

// denseInput reports whether what came since it was last asked was a dense stream
// of small messages.
func (e *Stream) denseInput() bool {
	f := &e.in.fetch
	now := time.Now()
	n, size, gap := f.messages, e.in.bytes-f.bytes, now.Sub(f.at)
	f.messages, f.bytes, f.at = 0, e.in.bytes, now
	return gap <= time.Duration(n)*fetchGapMax && size <= uint64(n)*fetchBytesMax
}

// mayFetch admits the patterns whose receiver only receives, and connections on
// which time is of no matter.
func (e *Stream) mayFetch() bool {
	switch e.opts.Type {
	case option.Pull, option.Gather, option.Sub, option.XSub, option.Pair, option.Channel:
		return e.unhurried()
	}
	return false
}

// unhurried reports whether messages are all that the connection brings, as they are,
// so that it may wait for its receiver.
func (e *Stream) unhurried() bool {
	return !e.in.slow && e.opts.HeartbeatInterval == 0 && !e.beat.ttl.Pending()
}

// spareOut has Out watched no longer. It returns false where that is not possible
// just now; roomy asks also that large bodies go out at once.
func (e *Stream) spareOut(roomy bool) bool {
	if !e.outHalf.try() {
		return false
	}
	ok := !e.out.stuck && !(roomy && e.out.cramped > crampedMax)
	if ok {
		e.watch.sparing = true
		e.watchLess(poller.Out)
	}
	if e.release() {
		e.tryOut()
	}
	return ok && e.state == active
}

// Fetch implements pipe.Fetcher: called by the receiver, who has read the pipe
// empty.
func (s *Session) Fetch(*pipe.Pipe) bool {
	e := s.stream.Load()
	return e != nil && e.fetchInput(s.host.Stays(), false)
}

// fetchInput reads on. Where the loop is just there it learns that it was wanted,
// and wakes the caller, who goes to sleep now. stays says that he does so at a lent
// descriptor, edge that this has just reported something: then the caller does not
// stand in the pipe, and is told as by the loop.
func (e *Stream) fetchInput(stays, edge bool) (brought bool) {
	if !e.inHalf.acquire() {
		return false
	}
	if f := &e.in.fetch; f.on {
		f.byApp, f.used, f.stays, f.slept = true, true, stays, false
		f.drained = f.drained && !edge
		brought = e.fetchContained()
		f.byApp = false
		if edge && f.slept {
			e.pipe.Signal()
		}
	}
	again, left := e.inHalf.release()
	if left {
		e.loop.Send(reactor.Command{Op: opHalfLeft, To: e})
	} else if again {
		e.loop.Send(reactor.Command{Op: opInput, To: e})
	}
	return brought
}

// fetchContained is fetchMessages. A panic there costs the connection, as on the
// loop: the receiver, who is not to blame, sees none.
func (e *Stream) fetchContained() bool {
	defer e.containInput()
	return e.fetchMessages()
}

// containInput has the loop end the connection after a panic.
func (e *Stream) containInput() {
	if v := recover(); v != nil {
		e.in.fetch.err = e.loop.Caught(v)
		e.returnInput()
	}
}

// fetchMessages brings whole messages in, or ends the fetching. Runs on the receiver,
// which holds the input.
func (e *Stream) fetchMessages() bool {
	in, p := &e.in, e.pipe
	for before := p.Written(); in.fetch.on; {
		if !e.fetchOnce() {
			return false
		}
		brought := p.Written() != before
		in.fetch.thick = p.Written()-before >= thickMin
		if in.fetch.err != nil || in.fetch.leave || in.large.coming() && !in.fetch.whole || in.stalled && !brought {
			in.fetch.leave = false
			e.returnInput()
		}
		if brought {
			return true
		}
	}
	return false
}

// fetchOnce makes one system call and digests what it brought. It returns false where
// there was nothing.
func (e *Stream) fetchOnce() bool {
	in := &e.in
	if in.large.coming() && !in.stalled {
		return e.fetchLarge()
	}
	space := e.pipe.Writer().Space(in.raw, in.raw+readBytesMin)
	if in.stalled {
		in.stalled = false // what is there was not scanned to its end
	} else if !e.fetchSome(space[in.raw:]) {
		return false
	}
	before := e.pipe.Written()
	in.fetch.err = e.scan(space)
	e.publish(before)
	return true
}

// fetchLarge is fetchOnce while a large body is on its way, or foreseen.
func (e *Stream) fetchLarge() bool {
	f := &e.in.fetch
	if f.drained {
		e.endFetching()
		return false
	}
	n, want, no := e.readvLarge()
	f.drained = no == 0 && n < want
	if !e.fetched(n, no) {
		e.in.large.dropGuess()
		return false
	}
	f.err = e.landLarge(n)
	return true
}

// fetchSome reads what has arrived to b. It returns false where that is nothing.
func (e *Stream) fetchSome(b []byte) bool {
	f := &e.in.fetch
	if f.drained && !f.thick {
		e.endFetching()
		return false
	}
	n, no := e.patientRead(b)
	f.drained = f.lent && no == 0 && n < len(b)
	if !e.fetched(n, no) {
		return false
	}
	e.in.raw += n
	return true
}

// fetchLooks is how often the receiver looks again where there is nothing, and
// fetchPause how long it looks away in between, in loads of some 0.3 ns each: the
// next piece of a dense stream is seldom far, and to have the descriptor watched and
// be woken costs more. Set by perf/local_thr at 1 B to 1 KiB. Where the loop has more
// than lonelyMax descriptors, one for the connection and some for those that listen,
// nobody looks again: others may have something to read meanwhile.
const (
	fetchLooks = 4
	fetchPause = 10_000
	lonelyMax  = 3
)

// patientRead reads what has arrived or, where the stream is dense, comes within some
// 10 µs.
func (e *Stream) patientRead(b []byte) (n int, no syscall.Errno) {
	looks := fetchLooks
	if f := &e.in.fetch; f.lent && !f.thick || e.loop.Load() > lonelyMax {
		looks = 0
	}
	for look := 0; ; look++ {
		n, no = transport.Read(e.fd, b)
		if no != syscall.EAGAIN || look == looks {
			return n, no
		}
		for range fetchPause {
			e.inHalf.state.Load()
		}
	}
}

// fetched sorts out the result of a read; where it brought nothing the fetching has
// ended.
func (e *Stream) fetched(n int, no syscall.Errno) bool {
	switch {
	case no == syscall.EAGAIN:
		e.in.fetch.drained = e.in.fetch.lent
		e.endFetching()
		return false
	case no != 0:
		e.in.fetch.err = no
	case n == 0:
		e.in.fetch.err = syscall.EPIPE
	default:
		e.in.bytes += uint64(n)
		return true
	}
	e.returnInput()
	return false
}

// endFetching has the loop read again, unless the receiver will sleep at the
// descriptor.
func (e *Stream) endFetching() {
	f := &e.in.fetch
	if f.lent && f.stays {
		return
	}
	if f.lent {
		f.wakes = -lendPenalty
	}
	e.stopFetching()
}

// returnInput leaves the input to the loop again, which has something to do.
func (e *Stream) returnInput() {
	e.stopFetching()
	e.loop.Send(reactor.Command{Op: opInput, To: e})
}

// stopFetching has the loop read again. Runs on the holder of the input, or on the
// loop when that is shut.
func (e *Stream) stopFetching() {
	f := &e.in.fetch
	if !f.on && !f.lent {
		return
	}
	f.on, f.messages, f.bytes, f.at = false, 0, e.in.bytes, time.Now()
	e.takeBack()
	e.pipe.SetFetching(false)
	e.watchMore(poller.In)
}

// fetchFire ends the fetching where the receiver has not come. Runs on the loop.
func (e *Stream) fetchFire() {
	e.fetchDue = true
	if e.state == active && e.inHalf.try() {
		// Nobody is there just now; whether somebody was, goOnIn finds out.
		e.inByLoop = true
		e.goOnIn(false)
		if e.releaseInput() {
			e.processInput(true)
		}
		return
	}
	e.loop.SetTimer(&e.fetchTimer, fetchTime, e)
}

// reviewFetching does what fetchFire wants, and ends the fetching where the receiver
// came in vain. Runs on the loop, which holds the input.
func (e *Stream) reviewFetching(missed bool) {
	f := &e.in.fetch
	if missed || e.recalled || e.fetchDue && !f.used {
		e.stopFetching()
	}
	e.recalled = false
	if e.fetchDue && f.on {
		f.used = false
		e.loop.SetTimer(&e.fetchTimer, fetchTime, e)
	}
	e.fetchDue = false
}
