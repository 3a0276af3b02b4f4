// SPDX-License-Identifier: MPL-2.0

// Previous: waitq.go (something has happened). Next: whoever polls the descriptor.

package socket

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/errno"
)

// hearer is told that something may have changed for a socket: an entry of a
// poller, or a goroutine.
type hearer interface {
	push() // a leaf call
}

// signal tells that something may have changed for a socket: by a descriptor that
// polls readable from then on until somebody has looked (libzmq signaler_t), and
// to those who hear it, such as pollers. It costs nothing before one of them is
// asked for. The zero value has neither.
type signal struct {
	// shared; atomic: the descriptor is readable, or will be when its one writer has
	// come to write
	raised atomic.Bool
	// shared; atomic: who is about to write; pairs with closed
	writers atomic.Int32
	closed  atomic.Bool

	// shared; atomic, written under mu: the descriptor is there; there are hearers;
	// one of both is there
	made    atomic.Bool
	watched atomic.Bool
	heard   atomic.Bool

	mu sync.Mutex
	// +checklocks:mu
	hearers []hearer

	// to poll and to write, the same for an eventfd; published by made
	in, out int
}

// raise makes the descriptor readable and tells the hearers. A leaf call: any lock
// may be held.
func (s *signal) raise() {
	if s == nil || !s.heard.Load() {
		return
	}
	s.turned()
	if s.made.Load() && !s.raised.Load() && !s.raised.Swap(true) {
		s.write()
	}
}

// write makes the descriptor readable, for who has set raised. It holds no lock: the
// thread that it wakes may get the processor of this one at once, and would wait for
// it.
func (s *signal) write() {
	s.writers.Add(1)
	if !s.closed.Load() {
		raiseSignal(s.out)
	}
	s.writers.Add(-1)
}

// turned tells the hearers alone: what has changed is the outcome of a call on the
// socket, after which a program that polls a descriptor looks anyway. A leaf call.
func (s *signal) turned() {
	if !s.watched.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.hearers {
		p.push()
	}
}

// watch begins to tell p.
func (s *signal) watch(p hearer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hearers = append(s.hearers, p)
	s.watched.Store(true)
	s.heard.Store(true)
}

// unwatch ends what watch began.
func (s *signal) unwatch(p hearer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.hearers, p); i >= 0 {
		s.hearers = slices.Delete(s.hearers, i, i+1)
	}
	s.watched.Store(len(s.hearers) > 0)
	s.heard.Store(len(s.hearers) > 0 || s.made.Load())
}

// clear takes the signal back, before the caller looks at what it is about. The
// order counts: a raise that comes before finds the signal raised and writes
// nothing, but what it tells of is there by then and the caller will see it.
func (s *signal) clear() {
	if !s.raised.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Where nothing is to be read yet the writer is still on its way, and raised stays.
	if !s.closed.Load() && clearSignal(s.in) {
		s.raised.Store(false)
	}
}

// hush has raise write nothing until unhush, where nothing is raised yet, which it
// reports: for who is about to do what would wake him. Between the two and behind them
// it is as between a raise and a clear: whoever would have been told of something is to
// look, or to have others look.
func (s *signal) hush() bool { return s.made.Load() && !s.raised.Swap(true) }

func (s *signal) unhush() { s.raised.Store(false) }

// close gives the descriptor back to the system.
func (s *signal) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Swap(true) || !s.made.Load() {
		return
	}
	for s.writers.Load() > 0 {
		runtime.Gosched() // it is at its write, or will see closed
	}
	closeSignal(s.in, s.out)
}

// FD returns a descriptor that polls readable after something may have changed for
// the socket: a message, room, a peer, the end (ZMQ_FD). It is edge-triggered:
// whoever wakes must ask Ready, which takes the signal back, and use the socket
// until there is nothing left to do. The descriptor is the socket's, to poll only;
// it is closed with the socket. Errors: EMFILE, ENOTSOCK, ETERM. Safe from any
// goroutine.
func (b *Base) FD() (int, error) {
	if e := b.check(); e != 0 {
		return -1, e
	}
	s := &b.signal
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return -1, errno.ENOTSOCK
	}
	if !s.made.Load() {
		in, out, err := newSignal()
		if err != nil {
			return -1, errno.From(err)
		}
		s.in, s.out = in, out
		s.raised.Store(true)
		s.made.Store(true)
		s.heard.Store(true)
		s.write() // what has happened before is not lost
	}
	return s.in, nil
}

// ClearSignal takes back what FD's descriptor says, for callers that look at the
// socket afterwards by another call than Ready. Safe from any goroutine.
func (b *Base) ClearSignal() { b.signal.clear() }

// TakeSignal is ClearSignal where there is something to take back, which it reports.
// Safe from any goroutine.
func (b *Base) TakeSignal() bool {
	raised := b.signal.raised.Load()
	b.signal.clear()
	return raised
}

// RaiseSignal makes FD's descriptor readable, so that others who wait for it look
// too. Safe from any goroutine.
func (b *Base) RaiseSignal() { b.signal.raise() }
