// SPDX-License-Identifier: MPL-2.0

// Previous: engine/attend.go (a connection is lent). Next: base_recv.go.

package socket

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/poller"
)

// attendTime is how long a lent connection waits for a receiver that is away, as one
// does that works on what it has received; it comes back to its loop after one or two
// of these. It delays what the connection brings besides messages.
const attendTime = 100 * time.Millisecond

// pollersMax is how many sockets of the process may have a poller of their own: each is
// a descriptor, of which a program with thousands of sockets may have none to spare.
const pollersMax = 256

// pollers counts those that there are.
var pollers atomic.Int32

// attendance lets one goroutine that waits to receive sleep at the descriptor of the
// socket's only connection, in a poller of the socket's own, so that a message wakes
// it and nobody else. Others that wait meanwhile are woken by their channels, as is
// everybody where the connection is not lent.
//
// What must hold: while the connection is lent and the reader of its pipe sleeps,
// there is a goroutine on its way to the poller, in it, or about to call recall. The
// reader sleeps only where Fetch was told that its caller stays, and that is said in
// calls that go on to wait (base_recv.go); the first of them to join is let in, and
// where another is in already that one is enough. Whoever leaves with a message has
// found the reader awake, whoever leaves without calls recall.
type attendance struct {
	// willing says that a receiver has waited who could have slept in the poller.
	willing atomic.Bool
	// lent says that session is not nil; written under mu.
	lent atomic.Bool

	// A leaf, below waitq.mu.
	mu sync.Mutex
	// +checklocks:mu
	poller *poller.Poller // nil before the first time
	// +checklocks:mu
	session *engine.Session // whose descriptor is lent; nil is none
	// +checklocks:mu
	fd int // that descriptor
	// +checklocks:mu
	inside bool // somebody is in the poller, or at the descriptor (attend_bare.go)
	// +checklocks:mu
	closed bool
	// +checklocks:mu
	broken bool // the poller cannot sleep
	// +checklocks:mu
	timer *time.Timer // of vacant
	// +checklocks:mu
	armed bool
	// +checklocks:mu
	used bool // somebody was in the poller since the timer was set
	// +checklocks:mu
	done <-chan struct{} // of the context whose end wakes the poller
	// +checklocks:mu
	seen <-chan struct{} // of the one that was given last
	// +checklocks:mu
	forget func() bool // ends what done stands for
}

// suits reports whether the end of ctx would wake the poller. Where a context that
// can end comes the second time it is seen to that it will.
func (a *attendance) suits(ctx context.Context) bool {
	done := ctx.Done()
	if done == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if done == a.done {
		return true
	}
	if done != a.seen || a.closed {
		a.seen = done
		return false
	}
	if a.forget != nil {
		a.forget()
	}
	a.done, a.forget = done, context.AfterFunc(ctx, a.wake)
	return true
}

func (a *attendance) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.poller != nil {
		a.poller.Wake()
	}
}

// Lends implements engine.Host.
func (b *Base) Lends() (lends, whole bool) { return b.att.willing.Load(), b.bare }

// Lend implements engine.Host.
func (b *Base) Lend(s *engine.Session, fd int) bool {
	a := &b.att
	if !a.willing.Load() {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.broken || a.session != nil || !b.bare && !a.admit(fd) {
		return false
	}
	a.session, a.fd = s, fd
	a.lent.Store(true)
	a.attended()
	return true
}

// admit has fd watched by the poller.
//
// +checklocks:a.mu
func (a *attendance) admit(fd int) bool {
	if !a.open() || a.poller.Add(fd, attendToken) != nil {
		return false
	}
	if a.poller.Watch(fd, attendToken, poller.In) != nil {
		_ = a.poller.Remove(fd)
		return false
	}
	return true
}

// attendToken is that of the one descriptor in the poller.
const attendToken poller.Token = 1

// open makes the poller. It returns false where that would hold a thread, or there are
// enough.
//
// +checklocks:a.mu
func (a *attendance) open() bool {
	if a.poller != nil {
		return true
	}
	if pollers.Add(1) > pollersMax {
		pollers.Add(-1)
		return false
	}
	p, err := poller.New()
	if err == nil && p.Light() {
		a.poller = p
		return true
	}
	if err == nil {
		_ = p.Close()
	}
	pollers.Add(-1)
	return false
}

// shut gives the poller back to the system.
//
// +checklocks:a.mu
func (a *attendance) shut() {
	_ = a.poller.Close()
	pollers.Add(-1)
}

// TakeBack implements engine.Host.
func (b *Base) TakeBack(fd int) {
	if b.att.takeBack(fd) {
		b.signal.raise()
	}
}

// takeBack reports whether there is a thread at the descriptor, which holds it open.
func (a *attendance) takeBack(fd int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = nil
	a.lent.Store(false)
	if a.poller == nil {
		at := a.inside
		a.inside = false
		return at
	}
	// The descriptor may be gone with the peer.
	_ = a.poller.Remove(fd)
	return false
}

// Stays implements engine.Host. Runs under R, which the caller of Fetch holds.
func (b *Base) Stays() bool { return b.staying }

// stays reports whether a call to receive that waits with ctx may sleep in the
// poller.
func (b *Base) stays(ctx context.Context) bool {
	return b.kind.traits.attends && !b.bare && b.att.suits(ctx)
}

// mayAttend reports whether there is one connection, at which a receiver may sleep. With
// more, a stream that was told that he stays would wait for him in vain. Runs under R.
func (b *Base) mayAttend() bool { return len(b.pipes) == 1 && !b.pipes[0].Inproc }

// refuse is called by who has found nothing and does not wait there.
func (a *attendance) refuse() {
	if a.willing.Load() {
		a.willing.Store(false)
	}
}

// recall has the loop read again, as the caller, who was to, goes away.
func (a *attendance) recall() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session != nil {
		a.session.Recall()
	}
}

// breakDown ends all of this: the poller cannot sleep any more.
func (a *attendance) breakDown() {
	a.willing.Store(false)
	a.mu.Lock()
	a.broken = true
	a.mu.Unlock()
	a.recall()
}

// enter lets the caller into the poller, nil where it has to wait elsewhere.
func (a *attendance) enter() *poller.Poller {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil || a.inside || a.closed || a.broken {
		return nil
	}
	a.inside = true
	return a.poller
}

// leave is the end of what enter began. It returns whose descriptor is lent, nil for
// nobody's.
func (a *attendance) leave() *engine.Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inside = false
	if a.closed {
		a.shut()
		return nil
	}
	a.attended()
	return a.session
}

// attended has vacant look after a while whether the receiver comes again.
//
// +checklocks:a.mu
func (a *attendance) attended() {
	a.used = true
	if a.armed || a.session == nil {
		return
	}
	a.armed = true
	if a.timer == nil {
		a.timer = time.AfterFunc(attendTime, a.vacant)
	} else {
		a.timer.Reset(attendTime)
	}
}

// vacant recalls the connection if no receiver has come lately. It looks no more while
// somebody is in the poller, who will set the timer when he leaves. Runs on a
// goroutine of the timer.
func (a *attendance) vacant() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.armed = false
	switch {
	case a.session == nil, a.inside:
	case a.used:
		a.attended()
		a.used = false
	default:
		a.session.Recall()
	}
}

// close gives the poller back to the system, or leaves that to who is in it.
func (a *attendance) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.timer != nil {
		a.timer.Stop()
	}
	if a.forget != nil {
		a.forget()
	}
	if a.poller != nil && !a.inside {
		a.shut()
	}
}

// attend is waitq.wait for a waiter that was let into the poller. It may return for
// nothing, at a deadline for one; the next call tells. Whoever has slept reads, for the
// sleep may have taken the one report that the descriptor has something.
func (b *Base) attend(ctx context.Context, w *waiter, limit time.Time) error {
	slept := len(w.ch) == 0
	if slept {
		if err := over(ctx, limit); err != nil {
			if !b.recvs.leave(w) {
				<-w.ch // S3
				b.recvs.wakeOne()
			}
			b.left(w)
			return err
		}
		if w.at.Await(limit) != nil {
			b.att.breakDown()
		}
	}
	if !b.recvs.leave(w) {
		<-w.ch
	}
	if s := b.left(w); slept && s != nil {
		s.Attended()
	}
	return nil
}

// left is the end of a waiter that was in the poller and is in no queue any more.
func (b *Base) left(w *waiter) *engine.Session {
	w.at = nil
	waiters.Put(w)
	return b.att.leave()
}
