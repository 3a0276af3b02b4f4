// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// stats takes a snapshot.
func (w *world) stats(s *zmq.Socket) zmq.Stats {
	w.Helper()
	st, err := s.Stats(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	return st
}

// TestStatsCount: what goes through a queue is counted on both sides, by socket
// and by peer, and what is left in it.
func TestStatsCount(t *testing.T) {
	const sent, received = 100, 40
	onEach(t, func(t *testing.T, ep string) {
		for _, size := range []int{10, 10_000} {
			w := newWorld(t)
			in, ep := w.bound(zmq.PULL, ep)
			out := w.connected(zmq.PUSH, ep)
			for range sent {
				w.send(out, string(bytes.Repeat([]byte("x"), size)))
			}
			for range received {
				w.recv(in)
			}
			inproc := strings.HasPrefix(ep, "inproc")
			// What is still on its way between the two is nobody's.
			var a, b zmq.Stats
			for {
				a, b = w.stats(out), w.stats(in)
				if a.QueuedOut == 0 && b.QueuedIn == sent-received || inproc && a.QueuedOut == sent-received {
					break
				}
				if w.ctx.Err() != nil {
					t.Fatalf("in the end %+v and %+v", a, b)
				}
			}
			if a.Sent != sent || a.Received != 0 || b.Received != received || b.QueuedIn != sent-received {
				t.Errorf("sender %+v, receiver %+v", a, b)
			}
			if len(a.Peers) != 1 || len(b.Peers) != 1 {
				t.Fatalf("%d and %d peers", len(a.Peers), len(b.Peers))
			}
			p, q := a.Peers[0], b.Peers[0]
			if p.Endpoint != ep || !p.Connected || p.Bound || p.Sent != sent || p.Reconnects != 0 {
				t.Errorf("the sender's peer %+v", p)
			}
			if q.Endpoint != ep || !q.Connected || q.Bound == inproc || q.Received != received {
				t.Errorf("the receiver's peer %+v", q)
			}
			if inproc {
				continue
			}
			framed := uint64(sent * (size + 2))
			if size > 255 {
				framed = uint64(sent * (size + 9))
			}
			if a.BytesSent != framed || b.BytesRecv != framed || p.BytesSent != framed || q.BytesRecv != framed {
				t.Errorf("%d bytes sent and %d received, want %d", a.BytesSent, b.BytesRecv, framed)
			}
			if p.Remote != ep || q.Local != ep || a.Happened.Connected != 1 || b.Happened.Accepted != 1 ||
				b.Happened.HandshakeSucceeded != 1 {
				t.Errorf("sender %+v, receiver %+v", a, b)
			}
		}
	})
}

// TestStatsKeepCountsOfThePast: what went to peers that are gone still counts.
func TestStatsKeepCountsOfThePast(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		in, ep := w.bound(zmq.PULL, ep)
		for i := range 3 {
			out := w.connected(zmq.PUSH, ep)
			w.send(out, "hello")
			w.want(in, "hello")
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			if st := w.stats(in); st.Received != uint64(i+1) {
				t.Errorf("received %d after %d messages", st.Received, i+1)
			}
		}
	})
}

// TestStatsDrops: messages that are not sent count by reason: once for each
// subscriber, however many subscriptions match.
func TestStatsDrops(t *testing.T) {
	w := newWorld(t)
	pub, ep := w.bound(zmq.XPUB, "inproc://drops", zmq.WithSendHWM(3))
	w.connected(zmq.SUB, ep, zmq.WithRecvHWM(2), zmq.WithSubscribe("a"), zmq.WithSubscribe("aa"))
	w.want(pub, "\x01a")
	w.want(pub, "\x01aa")
	for range 25 {
		w.send(pub, "aaa", "second")
	}
	w.send(pub, "b")
	if st := w.stats(pub); st.Dropped != (zmq.Drops{Full: 20}) || st.Sent != 5 || len(st.Peers) != 1 || st.Peers[0].Dropped != 20 {
		t.Errorf("publisher %+v", st)
	}
	router, ep := w.bound(zmq.ROUTER, "inproc://unroutable", zmq.WithSendHWM(1))
	w.connected(zmq.DEALER, ep, zmq.WithRoutingID([]byte("full")), zmq.WithRecvHWM(1))
	for range 5 {
		w.send(router, "full", "message")
	}
	for range 4 {
		w.send(router, "nobody", "message")
	}
	if st := w.stats(router); st.Dropped != (zmq.Drops{Full: 3, NoPeer: 4}) {
		t.Errorf("router %+v", st)
	}
}

// TestStatsReconnects: connections after the first are counted.
func TestStatsReconnects(t *testing.T) {
	w := newWorld(t)
	out := w.socket(zmq.PUSH, zmq.WithReconnectInterval(1e6))
	ep := listen(t)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	times := 0
	seq := out.Events(ctx, zmq.EventConnected)
	if err := out.Connect(ep); err != nil {
		t.Fatal(err)
	}
	for range seq {
		if times++; times == 4 {
			break
		}
	}
	st := w.stats(out)
	if len(st.Peers) != 1 || st.Peers[0].Reconnects < 3 || st.Happened.Connected < 4 || st.Happened.Disconnected < 3 {
		t.Errorf("%+v", st)
	}
}

// TestStatsOfTheDead: no snapshot of a socket that has ended, and none of a
// caller that has gone.
func TestStatsOfTheDead(t *testing.T) {
	w := newWorld(t)
	s, _ := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	gone, cancel := context.WithCancel(w.ctx)
	cancel()
	w.connected(zmq.PUSH, s.LastEndpoint())
	if _, err := s.Stats(gone); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	other := w.socket(zmq.PULL)
	_ = other.Close()
	if _, err := other.Stats(w.ctx); !errors.Is(err, zmq.ErrNotSock) {
		t.Error(err)
	}
	_ = w.zc.Shutdown()
	if _, err := s.Stats(w.ctx); !errors.Is(err, zmq.ErrTerm) {
		t.Error(err)
	}
}

// TestStatsMeanwhile: snapshots are taken while messages flow, from many
// goroutines, and never say more than there was.
func TestStatsMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		in, ep := w.bound(zmq.PULL, ep)
		out := w.connected(zmq.PUSH, ep)
		const n = 20_000
		var wg sync.WaitGroup
		wg.Go(func() { sendSequence(w, out, 0, n) })
		ctx, cancel := context.WithCancel(w.ctx)
		for _, s := range []*zmq.Socket{in, out} {
			wg.Go(func() {
				for ctx.Err() == nil {
					st, err := s.Stats(w.ctx)
					if err != nil || st.Sent > n || st.Received > n || st.QueuedIn > n || st.QueuedOut > n {
						t.Errorf("%+v, %v", st, err)
						return
					}
				}
			})
		}
		for range n {
			w.recv(in)
		}
		cancel()
		wg.Wait()
		if a, b := w.stats(out), w.stats(in); a.Sent != n || b.Received != n || a.QueuedOut+b.QueuedIn != 0 {
			t.Errorf("in the end %+v and %+v", a, b)
		}
	})
}

// TestPipesStats: the monitor gets one event for each queue, with two values.
func TestPipesStats(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	if err := in.PipesStats(w.ctx); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("without a monitor: %v", err)
	}
	if err := in.Monitor("inproc://m", zmq.EventPipesStats, 2, zmq.PAIR); err != nil {
		t.Fatal(err)
	}
	m := w.connected(zmq.PAIR, "inproc://m")
	if err := in.PipesStats(w.ctx); !errors.Is(err, zmq.ErrAgain) {
		t.Errorf("without a queue: %v", err)
	}
	out := w.connected(zmq.PUSH, ep)
	for i := range 3 {
		w.send(out, fmt.Sprint(i))
	}
	w.want(in, "0")
	for {
		if err := in.PipesStats(w.ctx); err != nil {
			t.Fatal(err)
		}
		fs := w.recv(m)
		if len(fs) != 6 || number(fs[0]) != uint64(zmq.EventPipesStats) || number(fs[1]) != 2 || fs[4] != ep {
			t.Fatalf("an event %q", fs)
		}
		if number(fs[2]) == 0 && number(fs[3]) == 2 {
			return
		}
	}
}
