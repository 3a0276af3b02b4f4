// SPDX-License-Identifier: MPL-2.0

// Previous: output.go, which has sent all there was. Next: there again, when the
// pipe is full or the timer is due.

package engine

import (
	"time"

	"github.com/zeroloop/zmq/internal/option"
)

// While a dense stream of small messages lasts, the output gathers: the reader
// of the pipe does not go to sleep when it has sent everything, so that the next
// message wakes nobody, and the loop stays away until its timer is due. The
// sender writes by itself when the pipe is full. So one goroutine encodes a
// thousand messages and hands them to the kernel in one piece; to have the loop
// do the second half beside it costs two cores for less than the speed of one,
// because they take each other's cache lines and wake each other up.
const (
	// gatherTime is how long a message may lie while a stream lasts. The timers of
	// a process with nothing else to do are exact to a millisecond.
	gatherTime = 200 * time.Microsecond
	// gatherGapMax is the longest mean distance between the messages of a stream
	// that gathers. Below it the usual pipe of 1,000 messages is full before the
	// timer is due, so that the delay is hardly noticed. gatherRunMin is how many
	// of them make a stream.
	gatherGapMax = 250 * time.Nanosecond
	gatherRunMin = 64
	// gatherBytesMax is the longest mean frame of a stream that gathers. Larger ones
	// cost the kernel more than the sender, and the two are better done at the same
	// time. Set, with gatherGapMax, by perf/local_thr at 1 B to 1 KiB.
	gatherBytesMax = 512
)

// gather is what the decision stands on. Only the holder of outHalf touches it.
type gather struct {
	on       bool
	begun    int           // how often it was decided for
	gapMax   time.Duration // gatherGapMax; a test that must see it gather is more patient
	messages int           // sent since the last decision
	bytes    uint64        // output.bytes at that
	at       time.Time     // when that was
}

// gathers reports whether the reader stays awake now that everything is sent.
// Only the loop begins to gather, it has the timer.
func (e *Stream) gathers() bool {
	g := &e.out.gather
	if g.on || !e.out.byLoop || !e.mayGather() || !e.dense() {
		return g.on
	}
	g.on = true
	g.begun++
	e.pipe.SetGathering(true)
	e.loop.SetTimer(&e.gatherTimer, gatherTime, e)
	return true
}

// mayGather admits the patterns whose sender, when it finds the pipe full, signals
// that (pipe.Pipe.Press), a publisher before it drops a message. Others drop what does not fit, or wait for a certain peer,
// and their pipes must not fill while nobody looks.
func (e *Stream) mayGather() bool {
	switch e.opts.Type {
	case option.Push, option.Scatter, option.Dealer, option.Client, option.Pair, option.Channel,
		option.Pub, option.XPub:
		return !e.out.slow
	}
	return false
}

// dense reports whether what was sent since it was last asked was a dense stream
// of small messages.
func (e *Stream) dense() bool {
	g := &e.out.gather
	now := time.Now()
	n, size, gap := g.messages, e.out.bytes-g.bytes, now.Sub(g.at)
	g.messages, g.bytes, g.at = 0, e.out.bytes, now
	return n >= gatherRunMin && gap <= time.Duration(n)*g.gapMax && size <= uint64(n)*gatherBytesMax
}

// gatherFire sends what has gathered, and ends the gathering where the stream has
// become thin. Runs on the loop.
func (e *Stream) gatherFire() {
	// Somebody who is writing just now needs no help.
	if !e.outHalf.try() {
		e.loop.SetTimer(&e.gatherTimer, gatherTime, e)
		return
	}
	if e.dense() {
		e.loop.SetTimer(&e.gatherTimer, gatherTime, e)
	} else {
		e.stopGathering()
	}
	if e.goOn() {
		e.tryOut()
	}
}

// stopGathering lets the reader sleep again. Runs on the loop: on the holder, or when
// the output is shut.
func (e *Stream) stopGathering() {
	if e.out.gather.on {
		e.out.gather.on = false
		e.pipe.SetGathering(false)
		e.s.host.Publish(e.pipe.Peer()) // in this order, see pipe.WriteSmall
	}
}
