// SPDX-License-Identifier: MPL-2.0

//go:build unix

package poller

import (
	"sync"
	"time"
)

// blocking sleeps in the kernel's wait call, and is woken through a descriptor
// of its own.
type blocking struct {
	mu sync.Mutex // Wake may come while the loop closes
	// +checklocks:mu
	closed bool
	signal signal
	queue  *queue
}

// ParkInKernel has the pollers of the process that are opened after it sleep in the
// kernel's wait call and not in Go's poller: for programs whose threads wait outside
// of Go, so that hardly a goroutine is ever to go on where a poller sleeps. That saves
// the thread that sits in Go's poller, and which every event wakes as well. To be
// called before there is a poller.
func ParkInKernel() { defaultParkers = []func(*queue) (parker, error){newBlocking} }

func newBlocking(q *queue) (parker, error) {
	b := &blocking{queue: q}
	if err := b.signal.open(q); err != nil {
		_ = q.close()
		return nil, err
	}
	return b, nil
}

func (b *blocking) park(p *Poller, deadline time.Time, _ bool) error {
	// The report of the signal itself may have gone to a Poll in between.
	if p.woken.Swap(false) {
		b.signal.drain()
		return nil
	}
	d := time.Duration(-1)
	if !deadline.IsZero() {
		d = max(time.Until(deadline), 0)
	}
	err := p.queue.wait(d)
	// A wake that is taken here had its effect; one that comes after the swap
	// writes anew, and the edge that this makes ends the next park.
	if p.woken.Swap(false) {
		b.signal.drain()
	}
	return err
}

func (b *blocking) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.signal.raise()
	}
}

func (b *blocking) light() bool { return false }

func (b *blocking) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.signal.close()
	return b.queue.close()
}
