// SPDX-License-Identifier: MPL-2.0

//go:build unix

// Previous: the kernel. Next: reactor/loop.go.

package poller

import (
	"sync/atomic"
	"time"
)

// Ready is a set of what has happened to a descriptor.
type Ready uint8

// What can happen; see the package's table for what comes with what.
const (
	In     Ready = 1 << iota // there is something to read, be it the end
	Out                      // there is room to write, or connect has ended
	HangUp                   // the peer sends nothing more
	Error                    // an error waits at the descriptor
)

// Event is one report.
type Event struct {
	Token Token
	Ready Ready
}

// collectMax bounds the reports that one system call brings.
const collectMax = 256

// Poller collects reports about descriptors. See the package's contract.
type Poller struct {
	queue  queue
	parker parker

	// shared: a Wake has not been taken by a Park yet.
	woken atomic.Bool
}

// parker is one way to sleep until the queue has something.
type parker interface {
	// park returns when the queue has something, at the deadline if it is set, or
	// when wake has been called since the last park; it may also return early.
	park(p *Poller, deadline time.Time, blind bool) error
	wake()
	close() error
	light() bool
}

// New returns a poller that holds one descriptor, or two where it blocks in the
// system call. The error is the kernel's.
func New() (*Poller, error) {
	return open(defaultParkers)
}

// open makes a poller with the first way of sleeping that works here. A way that
// fails has closed the queue.
func open(ways []func(*queue) (parker, error)) (*Poller, error) {
	var err error
	for _, way := range ways {
		p := &Poller{}
		if err = p.queue.open(); err != nil {
			break
		}
		if p.parker, err = way(&p.queue); err == nil {
			return p, nil
		}
	}
	return nil, err
}

// Add begins to report on fd, both directions, edge-triggered, under tok. What
// is ready already is reported too. fd must not be added yet and stays the
// caller's; it should be non-blocking. The error is the kernel's.
func (p *Poller) Add(fd int, tok Token) error { return p.queue.add(fd, tok) }

// Watch makes r, of In and Out, what is reported on fd from now on; the end of the
// stream and errors always are. What is ready at that moment is reported again. Any
// goroutine; not at the same time as another Watch or Remove of fd.
func (p *Poller) Watch(fd int, tok Token, r Ready) error { return p.queue.watch(fd, tok, r) }

// Remove ends the reports on fd, which must still be open. Those that have been
// collected already come nevertheless: their token tells.
func (p *Poller) Remove(fd int) error { return p.queue.remove(fd) }

// Poll fills events with reports and returns how many; 0 where nothing has
// happened. It never blocks and never touches the Go scheduler.
func (p *Poller) Poll(events []Event) (int, error) {
	if p.queue.pending() == 0 {
		if err := p.queue.poll(); err != nil {
			return 0, err
		}
	}
	return p.queue.take(events), nil
}

// Park sleeps until a report is there for Poll, until Wake, or until the
// deadline where it is not the zero time. It may return early. An error means
// that this poller cannot sleep any more.
func (p *Poller) Park(deadline time.Time) error {
	if p.queue.pending() > 0 {
		return nil
	}
	return p.parker.park(p, deadline, false)
}

// Await is Park for who has one descriptor here and looks at it in any case: it may
// collect nothing, so that Poll is not asked.
func (p *Poller) Await(deadline time.Time) error {
	p.queue.next, p.queue.n = 0, 0
	return p.parker.park(p, deadline, true)
}

// Light reports whether Park holds no thread: whoever parks is a goroutine like any
// other that waits.
func (p *Poller) Light() bool { return p.parker.light() }

// Wake ends a Park. Any goroutine; it does not block, and does nothing where
// another Wake is still to be noticed.
func (p *Poller) Wake() {
	if p.woken.CompareAndSwap(false, true) {
		p.parker.wake()
	}
}

// Close gives the poller's own descriptors back; those that were added stay the
// caller's. Nothing but Wake may follow.
func (p *Poller) Close() error {
	return p.parker.close()
}
