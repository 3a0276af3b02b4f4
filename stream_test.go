// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"fmt"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestBurstsArriveWhole: what is sent in a dense stream arrives to the last
// message although nothing follows it, however the sender and its loop share the
// work of writing.
func TestBurstsArriveWhole(t *testing.T) {
	const bursts, messages = 40, 20_000
	for _, typ := range []zmq.SocketType{zmq.PUSH, zmq.DEALER, zmq.PAIR} {
		in := typ
		if typ == zmq.PUSH {
			in = zmq.PULL
		}
		for _, name := range []string{"tcp", "ipc"} {
			t.Run(fmt.Sprintf("%v/%s", typ, name), func(t *testing.T) {
				w := newWorld(t)
				pull, ep := w.bound(in, endpoints[name])
				push := w.connected(typ, ep)
				for b := range bursts {
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						sendSequence(w, push, b, messages)
					}()
					receiveBurst(w, pull, messages)
					<-sent
				}
			})
		}
	}
}

func receiveBurst(w *world, s *zmq.Socket, n int) {
	w.Helper()
	var m zmq.Msg
	for i := range n {
		if err := s.RecvMsg(w.ctx, &m); err != nil {
			w.Fatalf("message %d of %d: %v", i, n, err)
		}
	}
}
