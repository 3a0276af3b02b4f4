// SPDX-License-Identifier: MPL-2.0

// Previous: engine (a pipe's Sink). Next: base_recv.go, base_send.go.

package socket

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/poller"
)

// waitq is where one direction of a socket is told of pipes, and where the
// goroutines wait that found nothing to do. Its lock is a leaf.
type waitq struct {
	mu sync.Mutex
	// +checklocks:mu
	pipes   []*pipe.Pipe // activated, the pattern does not know yet
	spare   []*pipe.Pipe
	waiters []*waiter // first come, first woken

	signal *signal // the socket's; immutable

	// shared; atomic: pipes is not empty; the number of waiters
	filled  atomic.Bool
	waiting atomic.Int32
	slow    atomic.Bool // the last wait took longer than shortWait
}

// waiter is one goroutine that waits. Pooled, so that waiting does not allocate.
type waiter struct {
	ch    chan struct{}
	timer *time.Timer
	at    *poller.Poller // where it sleeps, nil for at ch; changed while in no queue
}

var waiters = sync.Pool{New: func() any { return &waiter{ch: make(chan struct{}, 1)} }}

// activate notes that p has become ready and wakes one waiter.
func (q *waitq) activate(p *pipe.Pipe) {
	q.mu.Lock()
	q.pipes = append(q.pipes, p)
	q.filled.Store(true)
	w := q.pop()
	q.mu.Unlock()
	w.wake()
	q.signal.raise()
}

// take returns what has been noted; the caller gives the slice back.
func (q *waitq) take() []*pipe.Pipe {
	q.mu.Lock()
	defer q.mu.Unlock()
	ps := q.pipes
	q.pipes, q.spare = q.spare[:0], nil
	q.filled.Store(false)
	return ps
}

func (q *waitq) giveBack(ps []*pipe.Pipe) {
	clear(ps)
	q.mu.Lock()
	q.spare = ps[:0]
	q.mu.Unlock()
}

// spinYields is how often a call lets others run before it parks: the other end
// is often just about to make room, or to send, and being parked and woken costs
// more. Set by perf/local_thr at 1 KiB and perf/inproc_lat.
const spinYields = 8

// shortWait is the longest wait that yielding might have spared.
const shortWait = 50 * time.Microsecond

// yields returns how many yields the next wait begins with: none where the last one
// took long. Where traffic is slow each yield would wake a thread for nothing.
func (q *waitq) yields() int {
	if q.slow.Load() {
		return 0
	}
	return spinYields
}

// yield lets others run until a pipe is noted, at most n times, and returns how many
// of them are left. To the caller nothing was ready, so that every pipe that becomes
// ready is noted.
func (q *waitq) yield(n int) int {
	for n > 0 {
		n--
		runtime.Gosched()
		if q.filled.Load() {
			break
		}
	}
	return n
}

// join makes the caller wait, unless a pipe has been noted meanwhile: then it
// returns nil. The caller holds the direction's lock, so that nothing that it
// has looked at can change unnoticed. a, if not nil, is where it may sleep.
func (q *waitq) join(a *attendance) *waiter {
	w := waiters.Get().(*waiter)
	q.mu.Lock()
	if len(q.pipes) > 0 {
		q.mu.Unlock()
		waiters.Put(w)
		return nil
	}
	if a != nil {
		w.at = a.enter()
	}
	q.waiters = append(q.waiters, w)
	q.waiting.Add(1)
	q.mu.Unlock()
	return w
}

// pop takes the waiter that has waited longest.
//
// +checklocks:q.mu
func (q *waitq) pop() *waiter {
	if len(q.waiters) == 0 {
		return nil
	}
	w := q.waiters[0]
	copy(q.waiters, q.waiters[1:])
	q.waiters[len(q.waiters)-1] = nil
	q.waiters = q.waiters[:len(q.waiters)-1]
	q.waiting.Add(-1)
	return w
}

// wakeOne wakes the waiter that has waited longest, if there is one.
func (q *waitq) wakeOne() {
	q.signal.raise()
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	w := q.pop()
	q.mu.Unlock()
	w.wake()
}

// wakeAll wakes everybody: the socket's state has changed.
func (q *waitq) wakeAll() {
	q.mu.Lock()
	ws := q.waiters
	q.waiters = nil
	q.waiting.Add(-int32(len(ws)))
	q.mu.Unlock()
	for _, w := range ws {
		w.wake()
	}
	q.signal.raise()
}

// leave takes w out. It returns false where w has been woken already.
func (q *waitq) leave(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, x := range q.waiters {
		if x == w {
			q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
			q.waiting.Add(-1)
			return true
		}
	}
	return false
}

func (w *waiter) wake() {
	if w == nil {
		return
	}
	at := w.at // the waiter is its owner's again with the next line
	w.ch <- struct{}{}
	if at != nil {
		at.Wake()
	}
}

// wait blocks until w is woken, the context ends, or the deadline (zero: none)
// has passed. w is used up.
func (q *waitq) wait(ctx context.Context, w *waiter, deadline time.Time) error {
	began := time.Now()
	err := q.sleep(ctx, w, deadline)
	if slow := time.Since(began) > shortWait; slow != q.slow.Load() {
		q.slow.Store(slow)
	}
	return err
}

// sleep is wait without a look at the clock.
func (q *waitq) sleep(ctx context.Context, w *waiter, deadline time.Time) error {
	done := ctx.Done()
	if done == nil && deadline.IsZero() {
		<-w.ch
		waiters.Put(w)
		return nil
	}
	var expired <-chan time.Time
	if !deadline.IsZero() {
		expired = w.arm(time.Until(deadline))
		defer w.timer.Stop()
	}
	var err error
	select {
	case <-w.ch:
	case <-done:
		err = ctx.Err()
	case <-expired:
		err = errno.Timeout
	}
	if err != nil && !q.leave(w) {
		// S3: somebody has woken us just now; the wake-up is for another.
		<-w.ch
		q.wakeOne()
	}
	waiters.Put(w)
	return err
}

// over returns why a wait has come to its end.
func over(ctx context.Context, limit time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !limit.IsZero() && !time.Now().Before(limit) {
		return errno.Timeout
	}
	return nil
}

func (w *waiter) arm(d time.Duration) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	return w.timer.C
}

// deadline turns SNDTIMEO or RCVTIMEO into a point in time.
func deadline(d time.Duration) time.Time {
	if d == option.Forever || d < 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}
