// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"math/bits"
	"sync"

	"github.com/zeroloop/zmq/engine"
)

// eventsQueuedMax bounds what one monitor may be behind; beyond that the oldest
// events are dropped, so that a slow monitor never stops a loop.
const eventsQueuedMax = 4096

// events hands what happens to a socket to those who watch it. The lock is a
// leaf.
type events struct {
	mu sync.Mutex
	// +checklocks:mu
	watchers []*watcher
	closed   chan struct{}
	over     bool
	counts   [32]uint64 // of events that came, by bit
}

// watcher is one monitor.
type watcher struct {
	mask  engine.EventType
	ended func()         // called when the watch has ended by itself, may be nil
	told  bool           // MONITOR_STOPPED was returned; the watching goroutine's
	queue []engine.Event // guarded by events.mu
	fill  chan struct{}  // capacity 1: queue is not empty
}

// Event implements engine.Host.
func (b *Base) Event(e engine.Event) {
	v := &b.events
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts[bits.TrailingZeros32(uint32(e.Type))&31]++
	for _, w := range v.watchers {
		if w.mask&e.Type == 0 {
			continue
		}
		if len(w.queue) >= eventsQueuedMax {
			w.queue = w.queue[1:]
		}
		w.queue = append(w.queue, e)
		select {
		case w.fill <- struct{}{}:
		default:
		}
	}
}

// wanted reports whether somebody watches for t.
func (v *events) wanted(t engine.EventType) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, w := range v.watchers {
		if w.mask&t != 0 {
			return true
		}
	}
	return false
}

// Watch begins to collect the events in mask; next, for one goroutine at a time,
// returns them one by one and false when the context or the socket has ended,
// after MONITOR_STOPPED if that is in mask; stop must be called in the end.
func (b *Base) Watch(mask engine.EventType) (next func(context.Context) (engine.Event, bool), stop func()) {
	return b.watch(mask, nil)
}

// watch is Watch with a leaf function that is called when the socket has ended.
func (b *Base) watch(mask engine.EventType, ended func()) (next func(context.Context) (engine.Event, bool), stop func()) {
	w := &watcher{mask: mask, ended: ended, fill: make(chan struct{}, 1)}
	v := &b.events
	v.mu.Lock()
	v.watchers = append(v.watchers, w)
	if v.over && ended != nil {
		ended()
	}
	v.mu.Unlock()
	next = func(ctx context.Context) (engine.Event, bool) { return v.next(ctx, w) }
	stop = func() { v.drop(w) }
	return next, stop
}

func (v *events) next(ctx context.Context, w *watcher) (engine.Event, bool) {
	for {
		v.mu.Lock()
		if len(w.queue) > 0 {
			e := w.queue[0]
			w.queue = w.queue[1:]
			v.mu.Unlock()
			return e, true
		}
		over := v.over
		v.mu.Unlock()
		if over {
			return w.last()
		}
		select {
		case <-w.fill:
		case <-v.closed:
		case <-ctx.Done():
			return w.last()
		}
	}
}

// last returns MONITOR_STOPPED, once and where it is asked for.
func (w *watcher) last() (engine.Event, bool) {
	if w.told || w.mask&engine.EventMonitorStopped == 0 {
		return engine.Event{}, false
	}
	w.told = true
	return engine.Event{Type: engine.EventMonitorStopped}, true
}

func (v *events) drop(w *watcher) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, x := range v.watchers {
		if x == w {
			v.watchers = append(v.watchers[:i], v.watchers[i+1:]...)
			return
		}
	}
}

// close ends every monitor after what it has still queued. Any number of times.
func (v *events) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.over {
		v.over = true
		close(v.closed)
		for _, w := range v.watchers {
			if w.ended != nil {
				w.ended()
			}
		}
	}
}
