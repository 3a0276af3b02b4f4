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
// fit is dropped for that one, memory stays flat, and another one gets everything.
// ZEROLOOP_LONG makes it last a minute.
func TestPubAtHWM(t *testing.T) {
	lasts := time.Second
	if os.Getenv("ZEROLOOP_LONG") != "" {
		lasts = time.Minute
	}
	const burst, size = 500, 1000 // below SNDHWM, so that who reads loses nothing
	for _, name := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://stopped"} {
		t.Run(name[:3], func(t *testing.T) {
			w := newWorld(t)
			w.ctx = context.Background() // a minute is more than patience
			pub, ep := w.bound(zmq.PUB, name)
			w.connected(zmq.SUB, ep, zmq.WithSubscribe(""))
			reader := w.connected(zmq.SUB, ep, zmq.WithSubscribe(""))
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
							t.Fatalf("message %d of a burst has %d bytes and begins with %d", i, in.Size(), in.Bytes()[0])
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
				t.Errorf("%d bytes more in use after %d bursts of %d messages", grown, n, burst)
			}
		})
	}
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
