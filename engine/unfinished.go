// SPDX-License-Identifier: MPL-2.0

// Previous: listener.go (take). Next: session.go (ready, finish).

package engine

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
)

// unfinished are the accepted connections of one listener that are not through
// their handshake, oldest first. Their number is bounded, so that silent
// connections use up neither descriptors nor memory: a new one beyond it drives
// the oldest out, not itself, as a flood must not keep out those who come during
// it. The lock is a leaf; only connections coming and going take it.
type unfinished struct {
	connectionsMax int

	// shared; atomic: all connections of the listener, the finished ones too
	all atomic.Int64

	mu sync.Mutex
	// +checklocks:mu
	queue list.List // of *Session
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
	s.ranks, s.place = u, u.queue.PushBack(s)
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
