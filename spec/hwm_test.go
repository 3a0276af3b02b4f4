// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// TestPubAtHWM: a publisher whose one subscriber has stopped goes on: what does not
// fit is dropped for that one, memory stays flat, and another one gets everything
// (edge case 193). ZEROLOOP_LONG makes it last a minute.
func TestPubAtHWM(t *testing.T) {
	lasts := 100 * time.Millisecond
	if os.Getenv("ZEROLOOP_LONG") != "" {
		lasts = time.Minute
	}
	const burst, size = 500, 1000 // below SNDHWM, so that who reads loses nothing
	onEachMeeting(t, func(w *world, meet join) {
		w.ctx = context.Background() // a minute is more than patience
		pub, reader := w.socket(zmq.PUB), w.socket(zmq.SUB, zmq.WithSubscribe(""))
		meet(pub, w.socket(zmq.SUB, zmq.WithSubscribe("")), reader)
		w.must(pub.WaitSubscribed(w.ctx, 2))
		var out, in zmq.Msg
		bursts := func(until func() bool) (n int) {
			for ; !until(); n++ {
				for i := range burst {
					out.Init(size)[0] = byte(i)
					w.must(pub.SendMsg(w.ctx, &out))
				}
				for i := range burst {
					w.must(reader.RecvMsg(w.ctx, &in))
					if in.Size() != size || in.Bytes()[0] != byte(i) {
						w.Fatalf("message %d of a burst has %d bytes and begins with %d", i, in.Size(), in.Bytes()[0])
					}
				}
			}
			return n
		}
		full := func() bool { return dropped(w, pub) > 0 }
		bursts(full)
		before := inUse()
		end := time.Now().Add(lasts)
		n := bursts(func() bool { return time.Now().After(end) })
		if grown := inUse() - before; grown > 8<<20 {
			w.Errorf("%d bytes more in use after %d bursts of %d messages", grown, n, burst)
		}
	})
}

// dropped returns how many messages a socket has dropped for full queues.
func dropped(w *world, s *zmq.Socket) (n uint64) {
	st, err := s.Stats(w.ctx)
	w.must(err)
	for i := range st.Peers {
		n += st.Peers[i].Dropped
	}
	return n
}

// inUse returns the bytes of the heap that something refers to.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestReceiverStopsReading: what comes faster than it is received is left to the
// sender, however often the connection has something to read (edge case 84).
func TestReceiverStopsReading(t *testing.T) {
	const marks, patience, sentMax = 3, 200, 1000
	for _, size := range []int{1 << 10, 20 << 10, 1 << 20} {
		onEachMeeting(t, func(w *world, meet join) {
			push, pull := w.socket(zmq.PUSH, zmq.WithSendHWM(marks)), w.socket(zmq.PULL, zmq.WithRecvHWM(marks))
			meet(push, pull)
			w.send(push, "first")
			w.want(pull, "first")
			body := make([]byte, size)
			sent := 0
			for quiet := 0; quiet < patience; quiet++ {
				// The answer of the receiving loop is also what makes this one wait
				// until the last has been read.
				st, err := pull.Stats(w.ctx)
				w.must(err)
				if n := st.QueuedIn; n > 2*marks+1 {
					w.Fatalf("%d messages of %d bytes wait to be received", n, size)
				}
				for push.TrySend(body) == nil {
					sent, quiet = sent+1, 0
					if sent == sentMax {
						return // the kernel holds many small ones: what waits is known by now
					}
				}
			}
			for range sent {
				if m := w.recv(pull); len(m[0]) != size {
					w.Fatalf("received %d bytes", len(m[0]))
				}
			}
		})
	}
}
