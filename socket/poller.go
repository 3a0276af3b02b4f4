// SPDX-License-Identifier: MPL-2.0

// Previous: signal.go (something may have changed). Next: sockopt.go (look).

package socket

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/poller"
)

// collectedEvents is how many reports on descriptors a poller takes at a time.
const collectedEvents = 64

// Poller waits for several sockets and descriptors at a time (libzmq
// socket_poller_t). It looks only at those of which it was told that something may
// have changed, and at those that were ready the last time. All methods may be
// called from any goroutine; those that wait take turns.
type Poller struct {
	turn  chan struct{} // capacity 1: full while somebody waits
	queue pollQueue

	// mu guards what is registered. It comes before the locks of the sockets.
	mu sync.Mutex
	// +checklocks:mu
	sockets map[*Base]*polled
	fds     map[int]*polled
	tokens  poller.Table[*polled]
	events  [collectedEvents]poller.Event
	closed  bool
	work    []*polled // taken from the queue; those from next on are to be looked at
	next    int
}

// polled is one socket or descriptor in a poller.
type polled struct {
	queue *pollQueue // immutable, as are base, fd and tag
	base  *Base      // nil for a descriptor
	fd    int
	tag   any

	// Poller.mu
	token poller.Token
	mask  int
	gone  bool // removed; it may still be in the queue

	queued atomic.Bool // it is in the queue, or in work and not looked at yet
}

// NewPoller makes a poller. It holds no descriptor before the first AddFD.
func NewPoller() *Poller {
	return &Poller{
		turn:    make(chan struct{}, 1),
		queue:   pollQueue{wake: make(chan struct{}, 1)},
		sockets: make(map[*Base]*polled),
		fds:     make(map[int]*polled),
	}
}

// Add begins to wait for b; tag is what Wait gives back. EINVAL where it is there
// or the mask is not made of PollIn, PollOut and PollErr; ENOTSOCK, ETERM
// (zmq_poller_add).
func (p *Poller) Add(b *Base, mask int, tag any) error {
	if e := b.check(); e != 0 {
		return e
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return errno.ENOTSOCK
	case p.sockets[b] != nil || !validMask(mask):
		return errno.EINVAL
	}
	it := &polled{queue: &p.queue, base: b, fd: -1, tag: tag, mask: mask}
	p.sockets[b] = it
	b.signal.watch(it)
	it.push()
	return nil
}

// AddFD begins to wait for a descriptor, which stays the caller's and must be
// removed before it is closed. EBADF for a negative one; EINVAL as Add; the
// kernel's error, EPERM for a file on disk (zmq_poller_add_fd).
func (p *Poller) AddFD(fd, mask int, tag any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return errno.ENOTSOCK
	case fd < 0:
		return errno.EBADF
	case p.fds[fd] != nil || !validMask(mask):
		return errno.EINVAL
	}
	kernel, err := p.queue.open()
	if err != nil {
		return err
	}
	it := &polled{queue: &p.queue, fd: fd, tag: tag, mask: mask}
	it.token = p.tokens.Insert(it)
	if err := kernel.Add(fd, it.token); err != nil {
		p.tokens.Remove(it.token)
		return err
	}
	p.fds[fd] = it
	it.push()
	return nil
}

// validMask reports whether a mask asks for what there is.
func validMask(mask int) bool { return mask&^(PollIn|PollOut|PollErr) == 0 }

// Modify changes what is waited for at b. EINVAL where it is not there
// (zmq_poller_modify).
func (p *Poller) Modify(b *Base, mask int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.modify(p.sockets[b], mask)
}

// ModifyFD is Modify for a descriptor (zmq_poller_modify_fd).
func (p *Poller) ModifyFD(fd, mask int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.modify(p.fds[fd], mask)
}

// modify runs under mu.
func (p *Poller) modify(it *polled, mask int) error {
	if it == nil || !validMask(mask) {
		return errno.EINVAL
	}
	it.mask = mask
	it.push()
	return nil
}

// Remove ends the waiting for b, closed or not. EINVAL where it is not there
// (zmq_poller_remove).
func (p *Poller) Remove(b *Base) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.sockets[b]
	if it == nil {
		return errno.EINVAL
	}
	delete(p.sockets, b)
	it.gone = true
	b.signal.unwatch(it)
	return nil
}

// RemoveFD is Remove for a descriptor (zmq_poller_remove_fd).
func (p *Poller) RemoveFD(fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.fds[fd]
	if it == nil {
		return errno.EINVAL
	}
	p.removeFD(it)
	return nil
}

// removeFD runs under mu.
func (p *Poller) removeFD(it *polled) {
	delete(p.fds, it.fd)
	it.gone = true
	p.tokens.Remove(it.token)
	if kernel := p.queue.opened(); kernel != nil {
		_ = kernel.Remove(it.fd) // it may have been closed meanwhile
	}
}

// Len returns how many sockets and descriptors are waited for (zmq_poller_size).
func (p *Poller) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sockets) + len(p.fds)
}

// Wait waits until something is ready, and reports it by calls of report, at most
// most of them, which must not use the poller. It returns their number. Where a
// socket has been closed or terminated, it is reported with PollErr, alone, and
// its error is returned. Other errors: EFAULT where there is nothing to wait for
// and ctx cannot end, ENOTSOCK after Close, EINVAL for most below 1, ctx's
// (zmq_poller_wait_all).
func (p *Poller) Wait(ctx context.Context, most int, report func(tag any, events int)) (int, error) {
	if most < 1 {
		return 0, errno.EINVAL
	}
	select {
	case p.turn <- struct{}{}:
	default:
		select {
		case p.turn <- struct{}{}:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	defer func() { <-p.turn }()
	for {
		n, err := p.scan(most, report)
		if n > 0 || err != nil {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if ctx.Done() == nil && p.Len() == 0 {
			return 0, errno.EFAULT
		}
		if err := p.queue.park(ctx); err != nil {
			return 0, err
		}
	}
}

// Look is Wait without waiting: EAGAIN where nothing is ready, or another
// goroutine waits.
func (p *Poller) Look(most int, report func(tag any, events int)) (int, error) {
	if most < 1 {
		return 0, errno.EINVAL
	}
	select {
	case p.turn <- struct{}{}:
	default:
		return 0, errno.EAGAIN
	}
	defer func() { <-p.turn }()
	for {
		n, err := p.scan(most, report)
		if n > 0 || err != nil {
			return n, err
		}
		if p.queue.empty() {
			return 0, errno.EAGAIN
		}
	}
}

// scan looks at what may be ready. What is ready is looked at again the next time,
// after the others.
func (p *Poller) scan(most int, report func(tag any, events int)) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, errno.ENOTSOCK
	}
	if err := p.collect(); err != nil {
		return 0, err
	}
	if p.next == len(p.work) {
		p.work, p.next = p.queue.take(p.work), 0
	}
	for ; p.next < len(p.work) && n < most; p.next++ {
		it := p.work[p.next]
		if it.gone {
			continue
		}
		if it.base != nil {
			if e := it.base.check(); e != 0 {
				if n == 0 {
					report(it.tag, PollErr)
					err = e
				}
				return n, err // it stays the next one
			}
		}
		it.queued.Store(false) // before looking: what comes later is pushed again
		if events := it.look(); events != 0 {
			it.push()
			report(it.tag, events)
			n++
		}
	}
	return n, nil
}

// look returns what it is ready for. Under Poller.mu.
func (it *polled) look() int {
	if it.base != nil {
		return it.base.look(it.mask)
	}
	return LookFD(it.fd, it.mask)
}

// LookFD asks the kernel what of mask a descriptor is ready for, without waiting.
// What is neither in nor out is PollErr (zmq_poll). Safe from any goroutine.
func LookFD(fd, mask int) (events int) {
	fds := [1]unix.PollFd{{Fd: int32(fd)}}
	if mask&PollIn != 0 {
		fds[0].Events |= unix.POLLIN
	}
	if mask&PollOut != 0 {
		fds[0].Events |= unix.POLLOUT
	}
	for {
		if _, err := unix.Poll(fds[:], 0); err != unix.EINTR {
			break
		}
	}
	got := fds[0].Revents
	if got&unix.POLLIN != 0 {
		events |= PollIn
	}
	if got&unix.POLLOUT != 0 {
		events |= PollOut
	}
	if got&^(unix.POLLIN|unix.POLLOUT) != 0 {
		events |= PollErr & mask
	}
	return events
}

// collect takes the kernel's reports into the queue. Under mu.
func (p *Poller) collect() error {
	kernel := p.queue.opened()
	if kernel == nil {
		return nil
	}
	for {
		n, err := kernel.Poll(p.events[:])
		if err != nil {
			return err
		}
		for _, e := range p.events[:n] {
			if it, ok := p.tokens.Lookup(e.Token); ok {
				it.push()
			}
		}
		if n < len(p.events) {
			return nil
		}
	}
}

// Close ends the poller: who waits, and later calls, get ENOTSOCK, as a second
// Close does. Sockets and descriptors are left as they are (zmq_poller_destroy).
func (p *Poller) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return errno.ENOTSOCK
	}
	p.closed = true
	for b, it := range p.sockets {
		b.signal.unwatch(it)
	}
	for _, it := range p.fds {
		p.removeFD(it)
	}
	clear(p.sockets)
	p.mu.Unlock()
	p.queue.end()
	p.turn <- struct{}{} // nobody parks in the kernel's queue any more
	defer func() { <-p.turn }()
	if kernel := p.queue.opened(); kernel != nil {
		return kernel.Close()
	}
	return nil
}

// pollQueue holds what may be ready, and wakes the one who waits for that. Its
// lock is a leaf.
type pollQueue struct {
	wake chan struct{} // capacity 1

	mu sync.Mutex
	// +checklocks:mu
	maybe  []*polled
	kernel *poller.Poller // nil before the first descriptor
	asleep bool
	ended  bool
}

// push notes that it may be ready. A leaf call: any lock may be held.
func (it *polled) push() {
	if !it.queued.CompareAndSwap(false, true) {
		return
	}
	q := it.queue
	q.mu.Lock()
	q.maybe = append(q.maybe, it)
	q.rouse()
	q.mu.Unlock()
}

// rouse wakes who sleeps.
//
// +checklocks:q.mu
func (q *pollQueue) rouse() {
	if !q.asleep {
		return
	}
	q.asleep = false
	if q.kernel != nil {
		q.kernel.Wake()
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what may be ready; done is what was returned before.
func (q *pollQueue) take(done []*polled) []*polled {
	clear(done)
	q.mu.Lock()
	defer q.mu.Unlock()
	work := q.maybe
	q.maybe = done[:0]
	return work
}

func (q *pollQueue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.maybe) == 0
}

// open returns the kernel's queue, made at the first call. Who sleeps without it
// is woken by the push that follows.
func (q *pollQueue) open() (*poller.Poller, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kernel == nil {
		kernel, err := poller.New()
		if err != nil {
			return nil, err
		}
		q.kernel = kernel
	}
	return q.kernel, nil
}

func (q *pollQueue) opened() *poller.Poller {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.kernel
}

// end lets nobody sleep any more.
func (q *pollQueue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.rouse()
}

// park sleeps until something is pushed, or ctx ends. It may return early.
func (q *pollQueue) park(ctx context.Context) error {
	q.mu.Lock()
	if len(q.maybe) > 0 || q.ended {
		q.mu.Unlock()
		return nil
	}
	q.asleep = true
	kernel := q.kernel
	q.mu.Unlock()
	var err error
	if kernel == nil {
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
	} else {
		stop := context.AfterFunc(ctx, kernel.Wake)
		err = kernel.Park(time.Time{})
		stop()
	}
	q.mu.Lock()
	q.asleep = false
	q.mu.Unlock()
	return err
}
