// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
)

// timersMax bounds how many timers one Timers holds.
const timersMax = 1 << 20

// Timers are functions to be called again and again, on the goroutine that calls
// Execute or Run (zmq_timers_new): for those who port; time.Timer is Go's own. Safe
// for use from any goroutine, also from within the functions; a function is not
// called by two at a time unless it takes longer than its interval.
type Timers struct {
	now func() time.Time // time.Now; tests have another

	mu sync.Mutex
	// +checklocks:mu
	byID    map[int]*interval
	due     dueHeap
	lastID  int
	turns   int
	changed chan struct{} // capacity 1: the next due time may have changed
}

// interval is one timer.
type interval struct {
	id    int
	every time.Duration
	at    time.Time
	turn  int // counts the settings of all timers; decides among equal ones
	place int // in the heap, or -1 while it is being called
	call  func(id int)
}

// NewTimers makes a set without timers. It needs no closing.
func NewTimers() *Timers {
	return &Timers{now: time.Now, byID: make(map[int]*interval), changed: make(chan struct{}, 1)}
}

// Add has f called every d, first after d, and returns the timer's number, from 1
// on. f gets that number. ErrFault for a nil f, ErrInvalid for a negative d,
// ErrNoMem beyond 1048576 timers (zmq_timers_add).
func (t *Timers) Add(d time.Duration, f func(id int)) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case f == nil:
		return 0, wrap("timers add", "", errno.EFAULT)
	case d < 0:
		return 0, wrap("timers add", "", errno.EINVAL)
	case len(t.byID) >= timersMax:
		return 0, wrap("timers add", "", errno.ENOMEM)
	}
	t.lastID++
	x := &interval{id: t.lastID, every: d, call: f, place: -1}
	t.byID[x.id] = x
	t.set(x, t.now().Add(d))
	return x.id, nil
}

// Cancel ends a timer; its function is not called any more once Cancel has
// returned, though a call may be under way. ErrInvalid for an unknown number
// (zmq_timers_cancel).
func (t *Timers) Cancel(id int) error {
	return t.change("timers cancel", id, func(x *interval) {
		delete(t.byID, id)
		if x.place >= 0 {
			heap.Remove(&t.due, x.place)
		}
	})
}

// SetInterval gives a timer another interval, which begins now. ErrInvalid for an
// unknown number or a negative d (zmq_timers_set_interval).
func (t *Timers) SetInterval(id int, d time.Duration) error {
	if d < 0 {
		return wrap("timers set interval", "", errno.EINVAL)
	}
	return t.change("timers set interval", id, func(x *interval) {
		x.every = d
		t.set(x, t.now().Add(d))
	})
}

// Reset lets a timer's interval begin anew, now. ErrInvalid for an unknown number
// (zmq_timers_reset).
func (t *Timers) Reset(id int) error {
	return t.change("timers reset", id, func(x *interval) { t.set(x, t.now().Add(x.every)) })
}

// change does f under the lock.
func (t *Timers) change(op string, id int, f func(*interval)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byID[id]
	if x == nil {
		return wrap(op, "", errno.EINVAL)
	}
	f(x)
	t.tell()
	return nil
}

// set puts x into the heap, or moves it there. Under mu.
func (t *Timers) set(x *interval, at time.Time) {
	x.at = at
	t.turns++
	x.turn = t.turns
	if x.place >= 0 {
		heap.Fix(&t.due, x.place)
	} else {
		heap.Push(&t.due, x)
	}
	t.tell()
}

// tell makes Run look again. Under mu.
func (t *Timers) tell() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// Timeout returns how long it is until a timer is due, 0 where one is, and -1 where
// there is none (zmq_timers_timeout).
func (t *Timers) Timeout() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.due) == 0 {
		return -1
	}
	return max(t.due[0].at.Sub(t.now()), 0)
}

// Execute calls the functions of the timers that are due, each once and in the
// order in which they came due, and lets their intervals begin anew, from the time
// at which Execute began (zmq_timers_execute).
func (t *Timers) Execute() {
	t.mu.Lock()
	now := t.now()
	var due []*interval
	for len(t.due) > 0 && !t.due[0].at.After(now) {
		due = append(due, heap.Pop(&t.due).(*interval))
	}
	t.mu.Unlock()
	for _, x := range due {
		t.execute(x, now)
	}
}

// execute calls one function, unless its timer has been cancelled or set anew since
// it was found due.
func (t *Timers) execute(x *interval, now time.Time) {
	pending := func() bool { return t.byID[x.id] == x && x.place < 0 }
	t.mu.Lock()
	if !pending() {
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	defer func() { // also where the function panics
		t.mu.Lock()
		defer t.mu.Unlock()
		if pending() {
			t.set(x, now.Add(x.every))
		}
	}()
	x.call(x.id)
}

// Run executes timers when they are due until ctx ends, and returns its error.
// Timers may be added meanwhile.
func (t *Timers) Run(ctx context.Context) error {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		var due <-chan time.Time
		if d := t.Timeout(); d >= 0 {
			alarm.Reset(d)
			due = alarm.C
		}
		select {
		case <-due:
			t.Execute()
		case <-t.changed:
		case <-ctx.Done():
			return wrap("timers run", "", ctx.Err())
		}
	}
}

// dueHeap has the timer that is due first on top; among equals the one that was set
// first.
type dueHeap []*interval

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].turn, h[j].turn)) < 0
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *dueHeap) Push(x any) {
	x.(*interval).place = len(*h)
	*h = append(*h, x.(*interval))
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = slices.Delete(*h, last, last+1)
	x.place = -1
	return x
}
