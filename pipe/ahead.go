// SPDX-License-Identifier: MPL-2.0

// How far a sender of large bodies runs ahead of its connection. Previous: pipe.go
// (Write). Next: there again.

package pipe

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"
)

const (
	// paceBodyBytesMin is the size of a body that counts here. Of smaller ones a
	// usual pipe of 1,000 messages holds less than what is worth waiting for.
	paceBodyBytesMin = 64 << 10
	// aheadBytesMax is how many bytes of bodies may be under way before their sender
	// waits. The memory of fewer is still in the caches when it is used again; a
	// thousand bodies of 1 MiB are a gigabyte that is fetched, and at first cleared by
	// the kernel, page by page. Set by the 1 MiB row of bench.
	aheadBytesMax = 16 << 20
	// paceBytes is how far the connection must come before the sender goes on.
	paceBytes = 8 << 20
	// paceWait is how long the sender waits at most. A connection that takes longer is
	// not one that memory holds up.
	paceWait = 10 * time.Millisecond
)

// ahead is of one direction in which large bodies go to a connection.
type ahead struct {
	// writer only
	written uint64 // bytes of the bodies of whole messages
	seen    uint64 // passed, when last looked at

	_ cpu.CacheLinePad

	// shared; atomic
	passed atomic.Uint64 // bytes of bodies that the reader has taken out; the reader's
	limit  atomic.Uint64 // written - passed above which the writer paces
	goal   atomic.Uint64 // passed at which it goes on; the writer's
	need   atomic.Uint64 // goal of who waits just now; written before asleep is
	asleep atomic.Bool   // somebody waits at wake

	wake chan struct{} // one place; immutable

	mu sync.Mutex // one waits at a time; a leaf
	// +checklocks:mu
	timer *time.Timer
}

// wroteBodies counts n bytes of bodies of a message that is now whole. Runs on the
// writer.
func (h *half) wroteBodies(n int) {
	a := h.ahead.Load()
	if a == nil {
		a = &ahead{wake: make(chan struct{}, 1)}
		a.limit.Store(aheadBytesMax)
		h.ahead.Store(a)
	}
	a.written += uint64(n)
}

// tookBody counts a body of n bytes that has been taken out. The store to passed and
// the load of asleep pair with the store to asleep and the load of passed in await: one
// of the two sides sees the other. Runs on the reader.
func (h *half) tookBody(n int) {
	a := h.ahead.Load()
	if a == nil || n < paceBodyBytesMin {
		return
	}
	passed := a.passed.Load() + uint64(n)
	a.passed.Store(passed)
	if a.asleep.Load() && passed >= a.need.Load() && a.asleep.CompareAndSwap(true, false) {
		a.wake <- struct{}{}
	}
}

// TookBody counts a body of n bytes that was taken out of Reader directly. Runs on the
// reader.
func (p *Pipe) TookBody(n int) { p.in.tookBody(n) }

// FarAhead reports whether what was written is so far in front of a connection that its
// writer had better Pace. Runs on the writer, behind a whole message.
func (p *Pipe) FarAhead() bool {
	a := p.out.ahead.Load()
	if a == nil || a.written-a.seen <= a.limit.Load() {
		return false
	}
	a.seen = a.passed.Load()
	if by := a.written - a.seen; by <= a.limit.Load() {
		a.limit.Store(max(by, aheadBytesMax)) // so that it is tried again some time
		return false
	}
	a.goal.Store(a.seen + paceBytes)
	return true
}

// Pace waits, after FarAhead has said yes, until the connection has come closer, at
// most paceWait. Where that took too long the sender may run twice as far ahead, where
// not half as far again. Any goroutine; no lock may be held.
func (p *Pipe) Pace() {
	a := p.out.ahead.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	if limit := a.limit.Load(); a.await(a.goal.Load()) {
		a.limit.Store(max(limit/2, aheadBytesMax))
	} else {
		a.limit.Store(2 * limit)
	}
}

// await waits until passed is goal, and returns false where that took too long.
//
// +checklocks:a.mu
func (a *ahead) await(goal uint64) bool {
	a.need.Store(goal)
	a.asleep.Store(true)
	if a.passed.Load() >= goal {
		a.rise()
		return true
	}
	if a.timer == nil {
		a.timer = time.NewTimer(paceWait)
	} else {
		a.timer.Reset(paceWait)
	}
	select {
	case <-a.wake:
		a.timer.Stop()
		return true
	case <-a.timer.C:
		return !a.rise()
	}
}

// rise ends the sleep from this side. It returns false where the reader has just done
// so, whose token it takes.
func (a *ahead) rise() bool {
	if a.asleep.CompareAndSwap(true, false) {
		return true
	}
	<-a.wake
	return false
}
