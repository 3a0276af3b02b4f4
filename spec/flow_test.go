// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// keys are what the two sides of CURVE are set up with.
func keys() (server, client []zmq.Option) {
	serverPublic, serverSecret := zmq.NewCurveKeypair()
	public, secret := zmq.NewCurveKeypair()
	return []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret)},
		[]zmq.Option{zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic)}
}

// edge case 34
func TestMaxMsgSizeCountsTheCipher(t *testing.T) {
	const overhead = 33 // name and nonce of MESSAGE, the box, the flags
	server, client := keys()
	for size, passes := range map[int]bool{1000 - overhead: true, 1000 - overhead + 1: false} {
		onMeetings(t, wires, func(w *world, meet join) {
			in, out := w.socket(zmq.PULL, append(server, zmq.WithMaxMsgSize(1000))...), w.socket(zmq.PUSH, client...)
			events := in.Events(w.ctx, zmq.EventDisconnected)
			meet(in, out)
			w.send(out, strings.Repeat("x", size))
			if passes {
				w.want(in, strings.Repeat("x", size))
				return
			}
			until(events, zmq.EventDisconnected)
		})
	}
}

// edge case 37: many messages in a write, many writes for a message, and all of it
// in order.
func TestOutputKeepsItsOrder(t *testing.T) {
	var messages []string
	for _, size := range []int{1, 100, 255, 256, 8191, 8192, 65536, 1 << 20} {
		for range 20 {
			messages = append(messages, strings.Repeat("l", size), "small")
		}
	}
	onBothEnds(t, zmq.PUSH, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PULL")
		done := make(chan error, 1)
		go func() {
			var errs []error
			for _, m := range messages {
				errs = append(errs, s.Send(w.ctx, []byte(m)))
			}
			done <- errors.Join(errs...)
		}()
		for i, m := range messages {
			want := frame2(m)
			if got := p.hear(len(want)); got != want {
				w.Fatalf("message %d begins with %.20q", i, got)
			}
		}
		w.must(<-done)
	})
}

// edge cases 40 and 42
func TestWhatHasComeIsReadAfterTheEnd(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PAIR, zmq.WithRecvHWM(1))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := meet(s)
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

// edge case 41: the end of a connection is EPIPE, or what the system says of it.
func TestEndIsTold(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PULL)
		for _, reset := range []bool{false, true} {
			events := s.Events(w.ctx, zmq.EventDisconnected)
			p := meet(s)
			p.shake(1, "PUSH")
			p.say(frame2("x"))
			w.want(s, "x")
			if c, ok := p.Conn.(*net.TCPConn); ok && reset {
				w.must(c.SetLinger(0))
			}
			_ = p.Close()
			for e := range events {
				if !errors.Is(e.Err, zmq.ErrPipe) && !errors.Is(e.Err, zmq.ErrConnReset) {
					w.Errorf("it ends by %v", e.Err)
				}
				break
			}
			p = p.again() // neither is a reason not to go on
			p.shake(1, "PUSH")
			p.say(frame2("y"))
			w.want(s, "y")
		}
	})
}

// edge case 42
func TestInputStopsAtTheMarkAndGoesOn(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(2)), w.socket(zmq.PUSH, zmq.WithSendHWM(2))
		meet(in, out)
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
	onMeetings(t, wires, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(2)), w.socket(zmq.PUSH, zmq.WithSendHWM(3))
		meet(in, out)
		const n = 100
		for i := range n {
			w.send(out, fmt.Sprint(i))
		}
		for i := range n {
			w.want(in, fmt.Sprint(i))
		}
	})
}
