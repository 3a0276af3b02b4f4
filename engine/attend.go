// SPDX-License-Identifier: MPL-2.0

// Previous: input.go (a message has woken the receiver). Next: socket/attend.go, then
// fetch.go.

package engine

import (
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
)

// Where messages come one by one, each wakes the loop, and the loop wakes the
// receiver: two goroutines, as a rule on two processors, for the work of one. So a
// connection whose receiver sleeps between its messages is lent: the loop does not
// watch the descriptor for input any more, the receiver sleeps at it by itself, and
// reads as one who fetches does (fetch.go). What is no plain small message is the
// loop's here, too; where the host lends it whole, as the C library does, large bodies
// are the receiver's, and so are connections whose peers are asked or answered: who
// reads a large body has it in his core's cache when he works on it or sends it on.
//
// A lent connection is nobody's where its receiver neither reads nor sleeps at it. It
// comes back to the loop when a receiver finds nothing and will not sleep, when one
// that has slept gives up, when none comes for a while (socket/attend.go), and when
// nothing has moved between two looks of the loop (idle.go). As with fetching the
// kernel reports what is ready when a descriptor comes to be watched, so that nothing
// is missed in between.
const (
	// lendWakesMin is how many times in a row the receiver must have been woken before
	// the connection is lent, and lendPenalty how many more where it came back because
	// the receiver did not sleep there: three system calls each way are to pay.
	lendWakesMin = 8
	lendPenalty  = 256
	// thickMin is how many messages one read must have brought for the receiver to look
	// again before it sleeps.
	thickMin = 32
)

// considerLending lends the connection where its receiver has to be woken again and
// again, but none whose peer sends PINGs: they may not wait for a receiver. Runs on the
// loop, which holds the input, when it has marked the receiver awake and before it wakes
// him: so he cannot have gone to sleep again. It returns true where it was done; then the
// loop reads no more, and wakes him when it has given the input up (releaseInput).
func (e *Stream) considerLending() bool {
	f := &e.in.fetch
	if f.on || f.wakes < lendWakesMin {
		return false
	}
	lends, whole := e.s.host.Lends()
	whole = whole && e.mayAnswer()
	if !lends || !e.mayLend(whole) {
		f.wakes = 0 // not to be asked with each message
		return false
	}
	if !e.spareOut(whole) {
		f.wakes = 0
		return false
	}
	if !e.s.host.Lend(e.s, e.fd) {
		f.wakes = 0
		return false
	}
	e.watchLess(poller.In)
	f.lent = true
	if !e.pipe.SetFetching(true) {
		e.takeBack()
		e.watchMore(poller.In)
		f.wakes = 0
		return false
	}
	f.on, f.whole, f.wakes, f.drained, f.thick = true, whole, 0, false, false
	return true
}

// mayLend admits the connections that mayFetch does, and if they are lent whole those
// that bring requests or answers, however large.
func (e *Stream) mayLend(whole bool) bool {
	switch {
	case e.beat.asked || e.ending.Load() || !e.unhurried():
		return false
	case whole:
		return true
	}
	return e.mayFetch() && !e.in.large.coming()
}

// takeBack ends the lending, on the socket's side. Runs on the holder of the input, or
// on the loop when that is shut.
func (e *Stream) takeBack() {
	f := &e.in.fetch
	if f.lent {
		f.lent, f.whole, f.drained = false, false, false
		e.s.host.TakeBack(e.fd)
	}
}

// woke notes whether messages that were brought have woken the receiver. Runs on the
// loop, which holds the input.
func (f *fetch) woke(asleep bool) {
	switch {
	case asleep:
		f.wakes++
	case f.wakes > 0:
		f.wakes = 0
	}
}

// Attended is called by the receiver that sleeps at the lent descriptor when that has
// something: it reads, and notes the pipe with its socket.
func (s *Session) Attended() {
	if e := s.stream.Load(); e != nil {
		e.fetchInput(true, true)
	}
}

// Recall asks the loop to read by itself again. Any goroutine.
func (s *Session) Recall() { s.loop.Send(reactor.Command{Op: opRecall, To: s}) }

func (s *Session) processRecall() {
	if e := s.stream.Load(); e != nil {
		e.recalled = true
		e.processInput(false)
	}
}
