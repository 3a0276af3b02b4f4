// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"container/heap"
	"time"
)

// Alarm is told when its timer is due, on the loop.
type Alarm interface {
	Fire(t *Timer)
}

// Timer is one pending timer of a loop (libzmq's i_poll_events timers). The
// zero value is idle; one object can hold its timers as values.
type Timer struct {
	when  time.Time
	seq   uint64
	index int // in the heap, plus one; 0 is idle
	alarm Alarm
}

// Pending reports whether the timer is set.
func (t *Timer) Pending() bool { return t.index > 0 }

// timerHeap orders by time, and by the order of setting where times are equal.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if c := h[i].when.Compare(h[j].when); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	*h = append(*h, t)
	t.index = len(*h)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = 0
	return t
}

// SetTimer arms t to fire after d; a timer that is pending is moved. Runs on the
// loop.
func (l *Loop) SetTimer(t *Timer, d time.Duration, a Alarm) {
	l.timerSeq++
	t.when, t.seq, t.alarm = time.Now().Add(d), l.timerSeq, a
	if t.index > 0 {
		heap.Fix(&l.timers, t.index-1)
		return
	}
	heap.Push(&l.timers, t)
}

// CancelTimer disarms t; an idle one stays idle. Runs on the loop.
func (l *Loop) CancelTimer(t *Timer) {
	if t.index > 0 {
		heap.Remove(&l.timers, t.index-1)
	}
}

// fireTimers runs what is due. The clock is read once; a timer set by an alarm
// waits for the next turn.
func (l *Loop) fireTimers() int {
	if len(l.timers) == 0 {
		return 0
	}
	now, last, n := time.Now(), l.timerSeq, 0
	for len(l.timers) > 0 {
		t := l.timers[0]
		if t.when.After(now) || t.seq > last {
			break
		}
		heap.Pop(&l.timers)
		l.fire(t)
		n++
	}
	return n
}

func (l *Loop) fire(t *Timer) {
	defer l.contain(t.alarm)
	t.alarm.Fire(t)
}

// nextTimer returns when the loop must be awake, or the zero time.
func (l *Loop) nextTimer() time.Time {
	if len(l.timers) == 0 {
		return time.Time{}
	}
	return l.timers[0].when
}
