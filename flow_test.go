// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"fmt"
	"testing"

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
