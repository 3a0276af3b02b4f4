// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// TestHerdGetsIn: many more clients than may be in their handshake at a time come at
// once, and all of them get in.
func TestHerdGetsIn(t *testing.T) {
	const clients = 1000
	needsDescriptors(t, 3*clients)
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", zmq.WithMaxHandshakes(20), zmq.WithBacklog(2*clients))
	for range clients {
		w.send(w.connected(zmq.DEALER, ep), "in")
	}
	for range clients {
		w.recv(router)
	}
}

// TestBurstIsGivenBack: when the connections of a socket have had a burst each and
// are quiet again, they hold what they held before it, on both sides.
func TestBurstIsGivenBack(t *testing.T) {
	const conns, messages, size = 1000, 60, 500 // of each connection: more than two chunks of the smaller kinds take
	needsDescriptors(t, 3*conns)
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*", zmq.WithBacklog(2*conns))
	outs := make([]*zmq.Socket, conns)
	for i := range outs {
		outs[i] = w.connected(zmq.PUSH, ep)
	}
	burst := func(messages, size int) {
		for _, out := range outs {
			for range messages {
				w.ok(out.Send(w.ctx, make([]byte, size)))
			}
		}
	}
	receive := func(n int) {
		for range n {
			_, err := in.Recv(w.ctx)
			w.ok(err)
		}
	}
	burst(1, 1)
	receive(conns)
	before := heapInUse()
	burst(messages, size)
	full := heapInUse()
	receive(conns * messages)
	if each := (full - before) / conns; each < messages*size {
		t.Fatalf("%d bytes were held for each connection in the burst", each)
	}
	for held := int64(math.MaxInt64); held > 2<<10; held = (heapInUse() - before) / conns {
		w.ok(w.ctx.Err())
	}
}

// heapInUse is how many bytes are held after a collection, and after pools have
// forgotten what they keep.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestQuietLoopSleeps: connections that carry nothing wake no loop, whether somebody
// waits for a message or not. Heartbeats are off, as they are by default.
func TestQuietLoopSleeps(t *testing.T) {
	const window = 10 * time.Second // none of what a loop might do by the clock is rarer
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	for range 10 {
		w.send(w.connected(zmq.PUSH, ep), "in")
		w.recv(in)
	}
	wait, stop := context.WithCancel(w.ctx)
	ended := make(chan error)
	go func() {
		_, err := in.Recv(wait)
		ended <- err
	}()
	// The first window has what is left to do of the traffic in it.
	for before := []zmq.LoopStats(nil); ; {
		now := w.zc.Loops()
		if slices.Equal(now, before) {
			break
		}
		if before = now; w.ctx.Err() != nil {
			t.Fatalf("no quiet time: %+v", now)
		}
		<-time.After(window)
	}
	stop()
	is(t, <-ended, context.Canceled)
}

// TestMemoryHeld: what a socket, an inproc connection with both its ends and a tcp
// connection with both its ends and a message behind it take from the heap. The
// bounds are a quarter above what was measured on amd64.
func TestMemoryHeld(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes everything larger")
	}
	const n = 500
	needsDescriptors(t, 4*n)
	w := newWorld(t, zmq.WithMaxSockets(2*n))
	in, tcp := w.bound(zmq.PULL, "tcp://127.0.0.1:*", zmq.WithBacklog(2*n))
	w.ok(in.Bind("inproc://held"))
	out := w.connected(zmq.PUSH, tcp)
	w.send(out, "first")
	w.recv(in)
	for _, kind := range []struct {
		name string
		most int64 // bytes
		make func()
	}{
		{"socket", 4000, func() { w.socket(zmq.PULL) }},
		{"inproc connection", 4600, func() { w.ok(out.Connect("inproc://held")) }},
		{"tcp connection", 17_200, func() { w.ok(out.Connect(tcp)) }},
	} {
		before := heapInUse()
		for range n {
			kind.make()
		}
		for range 4 * n {
			w.send(out, "x")
		}
		for range 4 * n {
			w.recv(in)
		}
		if each := (heapInUse() - before) / n; each > kind.most {
			t.Errorf("a %s takes %d bytes, at most %d were allowed", kind.name, each, kind.most)
		}
	}
}
