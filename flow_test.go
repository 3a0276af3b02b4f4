// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// sized is a message of about n bytes in two frames that says which one it is.
func sized(i, n int) [][]byte {
	return [][]byte{fmt.Append(nil, i), bytes.Repeat([]byte{byte(i)}, n)}
}

// isSized reports whether fs is sized(i, …).
func isSized(fs [][]byte, i int) bool {
	return len(fs) == 2 && string(fs[0]) == fmt.Sprint(i) && bytes.Count(fs[1], []byte{byte(i)}) == len(fs[1])
}

// TestSendHWMBytes: a socket that has no peer yet takes the limit and one message,
// however few or many messages that is.
func TestSendHWMBytes(t *testing.T) {
	const limit = 100_000
	for _, ep := range []string{"tcp://127.0.0.1:1", "ipc:///tmp/nobody-is-here", "inproc://later"} {
		for _, size := range []int{1, 100, 5000, 30_000, 200_000} {
			w := newWorld(t)
			out := w.connected(zmq.DEALER, ep, zmq.WithSendHWMBytes(limit), zmq.WithSendHWM(0), zmq.WithLinger(0))
			sent := 0
			for n := 0; ; n++ {
				m := sized(n, size)
				if err := out.TrySend(m...); err != nil {
					is(t, err, zmq.ErrAgain)
					break
				}
				if sent >= limit {
					t.Fatalf("%s: room beyond %d bytes", ep, sent)
				}
				sent += len(m[0]) + len(m[1])
			}
			if sent < limit/2 && size < limit { // small frames have as many bytes of headers
				t.Errorf("%s: full with %d bytes in messages of %d", ep, sent, size)
			}
		}
	}
}

// TestRecvHWMBytes: a socket that does not receive holds about the limit, whatever
// its peer sends, and everything arrives in the end.
func TestRecvHWMBytes(t *testing.T) {
	const limit, one, messages = 50_000, 64 << 10, 600
	for _, scheme := range []string{"tcp", "ipc"} {
		t.Run(scheme, func(t *testing.T) {
			w := newWorld(t)
			in, at := w.bound(zmq.PULL, endpoints[scheme], zmq.WithRecvHWMBytes(limit), zmq.WithRecvHWM(0), zmq.WithRecvBuffer(10_000))
			out := w.connected(zmq.PUSH, at, zmq.WithSendHWMBytes(limit), zmq.WithSendHWM(0), zmq.WithSendBuffer(10_000))
			sizes := []int{10, 300, 5000, 20_000, 0, one}
			w.later(func() error {
				for i := range messages {
					if err := out.Send(w.ctx, sized(i, sizes[i%len(sizes)])...); err != nil {
						return err
					}
				}
				return nil
			})
			w.ok(in.WaitConnected(w.ctx, 1))
			average := 0
			for _, n := range sizes {
				average += n / len(sizes)
			}
			for i := range messages {
				m, err := in.Recv(w.ctx)
				w.ok(err)
				if !isSized(m.Frames(), i) {
					t.Fatalf("message %d is %d frames, %q…", i, m.Len(), m.Frame(0))
				}
				if i%50 != 0 {
					continue
				}
				st, err := in.Stats(w.ctx)
				w.ok(err)
				if most := (limit+one+one)/average + 2*len(sizes); st.QueuedIn > most {
					t.Errorf("%d messages wait, at most %d should", st.QueuedIn, most)
				}
			}
		})
	}
}

// TestHWMBytesOverInproc: the limits of both sides add up, and none on one side is
// none at all; with the names bound before and after.
func TestHWMBytesOverInproc(t *testing.T) {
	for _, bindFirst := range []bool{true, false} {
		for _, c := range []struct {
			out, in int64
			full    int // messages of 1000 bytes
		}{{10_000, 20_000, 30}, {10_000, 0, 100}, {0, 20_000, 100}, {0, 0, 100}} {
			w := newWorld(t)
			in := w.socket(zmq.PULL, zmq.WithRecvHWMBytes(c.in))
			out := w.socket(zmq.PUSH, zmq.WithSendHWMBytes(c.out))
			if bindFirst {
				w.ok(in.Bind("inproc://x"))
				w.ok(out.Connect("inproc://x"))
			} else {
				w.ok(out.Connect("inproc://x"))
				w.ok(in.Bind("inproc://x"))
			}
			n := 0
			for n < 100 && out.TrySend(make([]byte, 1000-9)) == nil {
				n++
			}
			if n != c.full {
				t.Errorf("limits %d and %d: full with %d messages, want %d", c.out, c.in, n, c.full)
			}
			for range n {
				_, err := in.TryRecv()
				w.ok(err)
			}
			w.send(out, "there is room again")
		}
	}
}

// TestHWMBytesRefuse what is no limit.
func TestHWMBytesRefuse(t *testing.T) {
	w := newWorld(t)
	for _, o := range []zmq.Option{zmq.WithSendHWMBytes(-1), zmq.WithRecvHWMBytes(-1)} {
		is(t, w.socket(zmq.PULL).Set(o), zmq.ErrInvalid)
	}
}

// TestHWMBytesOfPublisher: a subscriber that does not read misses messages, the
// others get all.
func TestHWMBytesOfPublisher(t *testing.T) {
	w := newWorld(t)
	pub, at := w.bound(zmq.PUB, "inproc://pub", zmq.WithSendHWMBytes(5000), zmq.WithSendHWM(0))
	idle := w.connected(zmq.SUB, at, zmq.WithSubscribe(""), zmq.WithRecvHWMBytes(5000), zmq.WithRecvHWM(0))
	busy := w.connected(zmq.SUB, at, zmq.WithSubscribe(""), zmq.WithRecvHWMBytes(5000), zmq.WithRecvHWM(0))
	w.ok(pub.WaitSubscribed(w.ctx, 2))
	for i := range 100 {
		w.ok(pub.Send(w.ctx, sized(i, 1000)...))
		m, err := busy.Recv(w.ctx)
		if err != nil || !isSized(m.Frames(), i) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	got := 0
	for {
		m, err := idle.TryRecv()
		if err != nil {
			break
		}
		if !isSized(m.Frames(), got) {
			t.Fatalf("message %d is another", got)
		}
		got++
	}
	if got < 5 || got > 11 {
		t.Errorf("the idle one got %d messages", got)
	}
}

// numbers receives what is there, up to most messages, and returns what they say.
func (w *world) numbers(s *zmq.Socket, most int) (got []int) {
	w.Helper()
	for range most {
		m, err := s.Recv(w.ctx)
		w.ok(err)
		n, err := strconv.Atoi(string(m.Frame(0)))
		w.ok(err)
		got = append(got, n)
	}
	return got
}

// TestDropNewest: Send to a full socket drops the message, in batches too, and
// counts it; what was queued arrives.
func TestDropNewest(t *testing.T) {
	const hwm, messages = 10, 100
	for _, ep := range []string{"tcp://127.0.0.1:1", "ipc:///tmp/nobody-is-here", "inproc://later"} {
		for _, typ := range []zmq.SocketType{zmq.PUSH, zmq.DEALER, zmq.PAIR} {
			w := newWorld(t)
			out := w.connected(typ, ep, zmq.WithSendHWM(hwm), zmq.WithWhenFull(zmq.DropNewest))
			for i := range messages / 2 {
				w.send(out, fmt.Sprint(i), "body")
				w.ok(out.TrySend([]byte("x")))
			}
			batch := []zmq.Msg{zmq.NewMsg([]byte("a")), zmq.NewMsg([]byte("b"))}
			if n, err := out.SendBatch(w.ctx, batch); n != 2 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			st, err := out.Stats(w.ctx)
			w.ok(err)
			if marks := uint64(hwm); ep == "inproc://later" && st.Sent < marks || ep != "inproc://later" && st.Sent != marks {
				t.Errorf("%v to %s: %d were sent", typ, ep, st.Sent)
			}
			if st.Sent+st.Dropped.Full != messages+2 {
				t.Errorf("%v to %s: %d were sent, %d dropped", typ, ep, st.Sent, st.Dropped.Full)
			}
		}
	}
	w := newWorld(t)
	alone := w.socket(zmq.PUSH, zmq.WithWhenFull(zmq.DropNewest))
	is(t, alone.TrySend([]byte("x")), zmq.ErrAgain)
	is(t, alone.Send(w.soon(), []byte("x")), context.DeadlineExceeded)
	is(t, w.socket(zmq.PUSH).Set(zmq.WithWhenFull(3)), zmq.ErrInvalid)
	if err := w.socket(zmq.ROUTER).Set(zmq.WithWhenFull(zmq.DropNewest)); err == nil {
		t.Error("a ROUTER takes it")
	}
}

// TestDropOldest: a socket whose peer does not read keeps the newest messages, in
// order and whole, before a connection and with one, limited by messages and by
// bytes.
func TestDropOldest(t *testing.T) {
	for _, limit := range []zmq.Option{zmq.WithSendHWM(20), zmq.WithSendHWMBytes(20 * 1000)} {
		for _, typ := range []zmq.SocketType{zmq.PUSH, zmq.DEALER, zmq.PAIR} {
			onEach(t, func(t *testing.T, ep string) {
				const messages = 3000
				w := newWorld(t)
				peer := map[zmq.SocketType]zmq.SocketType{zmq.PUSH: zmq.PULL, zmq.DEALER: zmq.DEALER, zmq.PAIR: zmq.PAIR}[typ]
				in, at := w.bound(peer, ep, zmq.WithRecvHWM(20), zmq.WithRecvHWMBytes(20_000), zmq.WithRecvBuffer(4096))
				out := w.connected(typ, at, limit, zmq.WithSendBuffer(4096), zmq.WithWhenFull(zmq.DropOldest))
				for i := range messages {
					w.ok(out.Send(w.ctx, fmt.Append(nil, i), make([]byte, 1000*(i%3))))
				}
				st, err := out.Stats(w.ctx)
				w.ok(err)
				left := int(st.Sent - st.Dropped.Full)
				if st.Sent != messages || left >= messages-100 {
					t.Errorf("%v: %d were sent, %d dropped", typ, st.Sent, st.Dropped.Full)
				}
				got := w.numbers(in, left)
				for i := 1; i < len(got); i++ {
					if got[i] <= got[i-1] {
						t.Fatalf("%d behind %d", got[i], got[i-1])
					}
				}
				if got[len(got)-1] != messages-1 {
					t.Errorf("%v: the last one is %d", typ, got[len(got)-1])
				}
			})
		}
	}
}

// TestDropOldestWithoutPeer: before a connection stands the queue keeps the newest,
// and a peer that comes gets them; over inproc, where nobody holds the other end,
// it keeps the oldest.
func TestDropOldestWithoutPeer(t *testing.T) {
	const messages = 200
	w := newWorld(t)
	probe, at := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	w.ok(probe.Unbind(at))
	out := w.connected(zmq.PUSH, at, zmq.WithSendHWM(10), zmq.WithWhenFull(zmq.DropOldest), zmq.WithReconnectInterval(time.Millisecond))
	for i := range messages {
		w.ok(out.TrySend(fmt.Append(nil, i)))
	}
	in, _ := w.bound(zmq.PULL, at)
	got := w.numbers(in, 1)
	for got[len(got)-1] != messages-1 {
		got = append(got, w.numbers(in, 1)...)
	}
	if len(got) > 10 || got[0] < messages-10 {
		t.Errorf("got %v", got)
	}

	later := w.connected(zmq.PUSH, "inproc://later", zmq.WithSendHWM(10), zmq.WithWhenFull(zmq.DropOldest))
	for i := range messages {
		w.ok(later.TrySend(fmt.Append(nil, i)))
	}
	in, _ = w.bound(zmq.PULL, "inproc://later")
	if got := w.numbers(in, 10); got[9] != 9 {
		t.Errorf("got %v", got)
	}
}

// TestDropOldestOfPublisher: each subscriber has its own loss: one that is idle
// finds the newest, one that reads gets all; over each transport.
func TestDropOldestOfPublisher(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		const messages = 2000
		w := newWorld(t)
		pub, at := w.bound(zmq.PUB, ep, zmq.WithSendHWM(10), zmq.WithSendBuffer(4096), zmq.WithWhenFull(zmq.DropOldest))
		idle := w.connected(zmq.SUB, at, zmq.WithSubscribe(""), zmq.WithRecvHWM(10), zmq.WithRecvBuffer(4096))
		busy := w.connected(zmq.SUB, at, zmq.WithSubscribe(""), zmq.WithRecvHWM(10), zmq.WithRecvBuffer(4096))
		w.ok(pub.WaitSubscribed(w.ctx, 2))
		for i := range messages {
			w.ok(pub.Send(w.ctx, fmt.Append(nil, i), make([]byte, 2000)))
			if got := w.numbers(busy, 1); got[0] != i {
				t.Fatalf("%d instead of %d", got[0], i)
			}
		}
		got := w.numbers(idle, 1)
		for got[len(got)-1] != messages-1 {
			got = append(got, w.numbers(idle, 1)...)
		}
		if len(got) > messages/2 {
			t.Errorf("the idle one got %d messages", len(got))
		}
	})
}

// TestMaxConnections: one too many is turned away and told; when one goes there is
// room for another, also where its handshake was never finished.
func TestMaxConnections(t *testing.T) {
	for _, scheme := range []string{"tcp", "ipc"} {
		t.Run(scheme, func(t *testing.T) {
			w := newWorld(t)
			in, at := w.bound(zmq.PULL, endpoints[scheme], zmq.WithMaxConnections(2))
			first := w.connected(zmq.PUSH, at)
			w.ok(in.WaitConnected(w.ctx, 1))
			network, address := "tcp", strings.TrimPrefix(at, "tcp://")
			if scheme == "ipc" {
				network, address = "unix", strings.TrimPrefix(at, "ipc://")
			}
			var silent net.Conn
			wantEvent(w, in, zmq.EventAccepted, func() {
				var err error
				silent, err = net.Dial(network, address)
				w.ok(err)
			})
			var third *zmq.Socket
			e := wantEvent(w, in, zmq.EventAcceptFailed, func() {
				third = w.connected(zmq.PUSH, at, zmq.WithReconnectInterval(time.Millisecond))
			})
			is(t, e.Err, zmq.ErrMFile)
			w.ok(silent.Close())
			w.ok(third.WaitConnected(w.ctx, 1))
			fourth := w.connected(zmq.PUSH, at, zmq.WithReconnectInterval(time.Millisecond))
			w.ok(first.Close())
			w.ok(fourth.WaitConnected(w.ctx, 1))
		})
	}
	is(t, newWorld(t).socket(zmq.PULL).Set(zmq.WithMaxConnections(-1)), zmq.ErrInvalid)
}
