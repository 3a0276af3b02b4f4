// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

const senders = 8

// messagesEach is one million messages in all, fewer where the race detector
// slows everything down.
func messagesEach(t *testing.T) int {
	if testing.Short() || raceEnabled {
		return 10_000
	}
	return 1_000_000 / senders
}

// TestNothingLost: eight goroutines share a socket; every message arrives, those
// of each goroutine in order, although the queues hold only ten.
func TestNothingLost(t *testing.T) {
	for _, pair := range []struct {
		out, in zmq.SocketType
		frames  int // in front of the payload, at the receiver
	}{{zmq.PUSH, zmq.PULL, 0}, {zmq.DEALER, zmq.ROUTER, 1}} {
		for _, name := range []string{"tcp", "inproc"} {
			t.Run(fmt.Sprintf("%v-%v/%s", pair.out, pair.in, name), func(t *testing.T) {
				w := newWorld(t)
				in, ep := w.bound(pair.in, endpoints[name], zmq.WithRecvHWM(10))
				out := w.connected(pair.out, ep, zmq.WithSendHWM(10))
				each := messagesEach(t)
				var wg sync.WaitGroup
				for g := range senders {
					wg.Go(func() { sendSequence(w, out, g, each) })
				}
				checkSequences(w, in, pair.frames, each)
				wg.Wait()
			})
		}
	}
}

func sendSequence(w *world, s *zmq.Socket, g, n int) {
	var m zmq.Msg
	for i := range n {
		b := m.Init(12)
		binary.BigEndian.PutUint32(b, uint32(g))
		binary.BigEndian.PutUint64(b[4:], uint64(i))
		if err := s.SendMsg(w.ctx, &m); err != nil {
			w.Errorf("goroutine %d, message %d: %v", g, i, err)
			return
		}
	}
}

func checkSequences(w *world, s *zmq.Socket, frame, each int) {
	w.Helper()
	var next [senders]uint64
	var m zmq.Msg
	for i := range each * senders {
		if err := s.RecvMsg(w.ctx, &m); err != nil {
			w.Fatalf("message %d: %v", i, err)
		}
		b := m.Frame(frame)
		if len(b) != 12 || m.Len() != frame+1 {
			w.Fatalf("message %d has %d frames, the last of %d bytes", i, m.Len(), len(b))
		}
		g, seq := binary.BigEndian.Uint32(b), binary.BigEndian.Uint64(b[4:])
		if g >= senders || seq != next[g] {
			w.Fatalf("goroutine %d: message %d, want %d", g, seq, next[g])
		}
		next[g]++
	}
}

// TestReceiversShareASocket: eight goroutines receive from one socket; each
// message reaches exactly one of them.
func TestReceiversShareASocket(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		in, ep := w.bound(zmq.PULL, ep)
		out := w.connected(zmq.PUSH, ep)
		n := messagesEach(t) / 4
		var mu sync.Mutex
		seen := make(map[uint64]bool, n)
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				var m zmq.Msg
				for {
					if err := in.RecvMsg(w.ctx, &m); err != nil {
						w.Error(err)
						return
					}
					b := m.Bytes()
					if len(b) == 0 {
						return
					}
					seq := binary.BigEndian.Uint64(b[4:])
					mu.Lock()
					if seen[seq] {
						w.Errorf("message %d came twice", seq)
					}
					seen[seq] = true
					mu.Unlock()
				}
			})
		}
		sendSequence(w, out, 0, n)
		for range senders {
			w.send(out, "")
		}
		wg.Wait()
		if len(seen) != n {
			t.Errorf("%d messages arrived, want %d", len(seen), n)
		}
	})
}

// TestNoGoroutinePerConnection: a thousand connections need no goroutine more
// than the loops, and leave neither goroutine nor descriptor behind.
func TestNoGoroutinePerConnection(t *testing.T) {
	const connections = 1000
	leaktest.Check(t)
	w := newWorld(t, zmq.WithMaxSockets(connections+10))
	before := runtime.NumGoroutine()
	pull, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	loops := runtime.NumGoroutine() - before
	if loops != 1 {
		t.Fatalf("a context with one I/O loop runs %d goroutines", loops)
	}
	for i := range connections {
		push := w.connected(zmq.PUSH, ep)
		w.send(push, fmt.Sprint(i))
	}
	for range connections {
		w.recv(pull)
	}
	if n := runtime.NumGoroutine() - before; n > loops {
		t.Errorf("%d goroutines for %d connections, want %d", n, connections, loops)
	}
}

// TestNoAllocationPerMessage: SendMsg and RecvMsg allocate nothing in steady
// state.
func TestNoAllocationPerMessage(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget on purpose")
	}
	onEach(t, func(t *testing.T, ep string) {
		for _, size := range []int{1, 64, 1024, 4095, 8192} {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				w := newWorld(t)
				in, ep := w.bound(zmq.PULL, ep)
				noAllocation(w, in, w.connected(zmq.PUSH, ep), size)
			})
		}
	})
}

// noAllocation sends and receives messages of a size and counts: in hundreds, so that
// one that comes with every tenth message is seen.
func noAllocation(w *world, in, out *zmq.Socket, size int) {
	w.Helper()
	var a, b zmq.Msg
	step := func() {
		a.Init(size)
		if err := out.SendMsg(w.ctx, &a); err != nil {
			w.Fatal(err)
		}
		if err := in.RecvMsg(w.ctx, &b); err != nil {
			w.Fatal(err)
		}
		if b.Size() != size {
			w.Fatalf("got %d bytes, want %d", b.Size(), size)
		}
	}
	for range 200 {
		step()
	}
	// A collection empties the pools, and refilling them is no leak: none meanwhile.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if n := testing.AllocsPerRun(20, func() {
		for range 100 {
			step()
		}
	}); n >= 10 {
		w.Errorf("%v allocations per hundred messages", n)
	}
}
