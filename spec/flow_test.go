// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// edge case 34
func TestMaxMsgSizeCountsTheCipher(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			const overhead = 33 // name and nonce of MESSAGE, the box, the flags
			serverPublic, serverSecret := zmq.NewCurveKeypair()
			public, secret := zmq.NewCurveKeypair()
			for size, passes := range map[int]bool{1000 - overhead: true, 1000 - overhead + 1: false} {
				w := newWorldOn(t, wire)
				in, ep := w.bound(zmq.PULL, w.any(), zmq.WithMaxMsgSize(1000), zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret))
				events := in.Events(w.ctx, zmq.EventDisconnected)
				out := w.connected(zmq.PUSH, ep, zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic))
				w.send(out, strings.Repeat("x", size))
				if passes {
					w.want(in, strings.Repeat("x", size))
					continue
				}
				until(events, zmq.EventDisconnected)
			}
		})
	}
}

// edge cases 40 and 42
func TestWhatHasComeIsReadAfterTheEnd(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PAIR, w.any(), zmq.WithRecvHWM(1))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := w.dial(ep)
		p.shake(1, "PAIR")
		const n = 5 // more than the queue takes: the rest waits in the kernel or in the engine
		for i := range n {
			p.say(frame2(fmt.Sprint(i)))
		}
		w.must(p.Close())
		// Nobody hears this; the second one at the latest finds that out.
		for range 3 {
			if err := s.TrySend([]byte("x")); err != nil && !errors.Is(err, zmq.ErrAgain) {
				w.Fatal(err)
			}
		}
		for i := range n {
			w.want(s, fmt.Sprint(i))
		}
		until(events, zmq.EventDisconnected) // it is noticed when there is room again
	})
}

// edge case 42
func TestInputStopsAtTheMarkAndGoesOn(t *testing.T) {
	onEach(t, func(w *world, endpoint string) {
		in, ep := w.bound(zmq.PULL, endpoint, zmq.WithRecvHWM(2))
		out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(2))
		const n = 200
		done := make(chan error, 1)
		go func() {
			for i := range n {
				if err := out.Send(w.ctx, []byte(fmt.Sprint(i))); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for i := range n {
			w.want(in, fmt.Sprint(i))
			st, err := in.Stats(w.ctx)
			w.must(err)
			if q := st.Peers[0].QueuedIn; q > 5 {
				w.Fatalf("%d messages are queued", q)
			}
		}
		w.must(<-done)
	})
}

// edge case 84: with a network between them there is more room than both marks.
func TestBuffersAddUp(t *testing.T) {
	for _, name := range []string{"tcp", "ipc"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in, ep := w.bound(zmq.PULL, transports[name], zmq.WithRecvHWM(2))
			out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(3))
			const n = 100
			for i := range n {
				w.send(out, fmt.Sprint(i))
			}
			for i := range n {
				w.want(in, fmt.Sprint(i))
			}
		})
	}
}
