// SPDX-License-Identifier: MPL-2.0

// Previous: cmd/libzmq (part.go). Next: engine/attend.go, base_part.go.

package socket

import (
	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// A thread of a C program that waits for a message sleeps at a descriptor, that of
// ZMQ_FD. Where the socket's only connection is lent it sleeps at both, reads by itself
// when its peer has sent something, and is woken by the socket for all else. There is no
// poller then, and attendance.inside says that the thread is on its way to the
// descriptor, sleeps at it, or looks whether something has come. What must hold is the
// same as with goroutines: who leaves without a message calls Unstay.

// GoBare says that who receives from the socket is a thread that sleeps by itself. To be
// called before anybody else has the socket.
func (b *Base) GoBare() { b.bare = true }

// RecvPartStaying is RecvPart for a thread that will go on waiting if there is nothing
// (EAGAIN): for the descriptor of ZMQ_FD, and for fd as well to become readable, unless
// that is -1. It comes back with woken set, or calls Unstay. Only one thread may use the
// socket so.
func (b *Base) RecvPartStaying(take func(f *msg.Part), woken bool) (fd int, e errno.Errno) {
	if s := b.att.back(); s != nil && woken {
		b.attendBare(s)
	}
	b.lockRecv()
	defer b.unlockStaying()
	b.hearIn()
	e = b.check()
	if e == errno.OK {
		b.staying = b.mayAttend()
		e = b.recvPart(take)
		b.staying = false
	}
	switch {
	case e == errno.OK && b.recvs.waiting.Load() > 0 && b.pat.hasIn():
		b.recvs.wakeOne()
	case e == errno.EAGAIN:
		return b.att.stay(b.mayAttend()), e
	case e != errno.OK:
		b.att.recall()
	}
	return -1, e
}

// attendBare reads what has come, without a signal that would be the caller's own.
func (b *Base) attendBare(s *engine.Session) {
	if b.signal.hush() {
		defer b.signal.unhush()
	}
	s.Attended()
}

// unlockStaying also ends what a panic in the pattern or in take has left.
func (b *Base) unlockStaying() {
	b.staying = false
	b.unlockRecv()
}

// Unstay is called by who has been told of a descriptor to wait at and does not.
func (b *Base) Unstay() {
	b.att.back()
	b.att.recall()
}

// back says that the thread is not at the descriptor any more, if it was, and returns
// whose that is. Only who was there counts for vacant: one that works on what a read has
// brought, for long, leaves the descriptor to nobody.
func (a *attendance) back() *engine.Session {
	if !a.lent.Load() {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inside {
		a.inside = false
		a.attended()
	}
	return a.session
}

// stay lets the thread go to the descriptor of the only connection, as only says, and
// returns that; -1 where none is lent.
func (a *attendance) stay(only bool) int {
	if !only {
		a.refuse()
		return -1
	}
	if !a.willing.Load() {
		a.willing.Store(true)
	}
	if !a.lent.Load() {
		return -1
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil || a.closed {
		return -1
	}
	a.inside = true
	return a.fd
}
