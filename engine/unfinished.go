// SPDX-License-Identifier: MPL-2.0

// Previous: listener.go (take). Next: session.go (ready, finish).

package engine

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/reactor"
)

// unfinished are the accepted connections of one listener that are not through
// their handshake, oldest first. Their number is bounded, so that silent
// connections use up neither descriptors nor memory: a new one beyond it drives
// the oldest out, not itself, as a flood must not keep out those who come during
// it. But one is driven out only after it had its time: until the oldest is of age
// the listener accepts nobody, who waits in the kernel's backlog loses nothing. So
// ten thousand peers that all come back at once get in one after another. The lock
// is a leaf; only connections coming and going take it.
type unfinished struct {
	connectionsMax int
	grace          time.Duration // a handshake's time when others wait
	listener       *Listener

	// shared; atomic: all connections of the listener, the finished ones too
	all atomic.Int64

	mu sync.Mutex
	// +checklocks:mu
	queue   list.List // of *Session
	waiting bool      // the listener waits for one to leave
}

// graceMax is what a handshake is given at most when others wait for its place.
const graceMax = time.Second

// init makes the ranks of a listener. Where handshakes are to be short the grace
// is, too.
func (u *unfinished) init(l *Listener) {
	u.connectionsMax, u.grace, u.listener = l.opts.HandshakesMax, graceMax, l
	if whole := l.opts.HandshakeInterval; whole > 0 {
		u.grace = min(whole/30, graceMax)
	}
}

// wait returns how long the listener has to wait before it accepts another
// connection, at most: it hears earlier when one has left.
func (u *unfinished) wait() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting = false
	if u.queue.Len() < u.connectionsMax {
		return 0
	}
	d := u.grace - time.Since(u.queue.Front().Value.(*Session).entered)
	u.waiting = d > 0
	return d
}

// errCrowdedOut ends a connection whose handshake took longer than those of so
// many others.
var errCrowdedOut = &crowdedOutError{}

// crowdedOutError is an ECONNABORTED with a reason.
type crowdedOutError struct{}

// Error returns the reason.
func (*crowdedOutError) Error() string {
	return "too many handshakes at a time: this one was the oldest"
}

// Is makes the error one of ECONNABORTED.
func (*crowdedOutError) Is(target error) bool { return errors.Is(syscall.ECONNABORTED, target) }

// enter notes a new connection and returns the one that has to go, if any.
func (u *unfinished) enter(s *Session) (out *Session) {
	u.all.Add(1)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queue.Len() >= u.connectionsMax {
		out = u.queue.Remove(u.queue.Front()).(*Session)
		out.place = nil
	}
	s.ranks, s.place, s.entered = u, u.queue.PushBack(s), time.Now()
	return out
}

// leave forgets a connection. Any number of times.
func (u *unfinished) leave(s *Session) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if s.place != nil {
		u.queue.Remove(s.place)
		s.place = nil
		u.wake()
	}
}

// wake lets the listener go on if it waits.
//
// +checklocks:u.mu
func (u *unfinished) wake() {
	if u.waiting {
		u.waiting = false
		u.listener.loop.Send(reactor.Command{Op: opAcceptAgain, To: u.listener})
	}
}

// ended counts a connection out, once. u is nil where it was not accepted.
func (u *unfinished) ended(s *Session) {
	if u != nil {
		u.leave(s)
		u.all.Add(-1)
	}
}

// processCrowdedOut ends a handshake that is in the way of others.
func (s *Session) processCrowdedOut() {
	if e := s.stream.Load(); e != nil && e.state < active {
		s.failed(e, errCrowdedOut)
	}
}
