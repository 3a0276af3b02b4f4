// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 84
func TestPushBlocksAtHWM(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		const size = 1 << 20
		push, pull := w.socket(zmq.PUSH, zmq.WithSendHWM(2)), w.socket(zmq.PULL, zmq.WithRecvHWM(2))
		w.wantError("send to nobody", push.TrySend(nil), zmq.ErrAgain)
		meet(push, pull)
		w.send(push, "first")
		w.want(pull, "first")
		n := w.fill(push, make([]byte, size), nil)
		if n < 2 {
			w.Errorf("room for %d messages", n)
		}
		sent := make(chan error, 1)
		go func() { sent <- push.Send(w.ctx, []byte("waits"), nil) }()
		for range n {
			if m := w.recv(pull); len(m) != 2 || len(m[0]) != size {
				w.Fatalf("received %d frames", len(m))
			}
		}
		w.want(pull, "waits", "")
		w.must(<-sent)
	})
}

// edge cases 190 and 191
func TestPushGoesRoundPullTakesTurns(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		push := w.socket(zmq.PUSH)
		pulls := []*zmq.Socket{w.socket(zmq.PULL), w.socket(zmq.PULL), w.socket(zmq.PULL)}
		meet(push, pulls...)
		w.must(push.WaitConnected(w.ctx, len(pulls)))
		for i := range 3 * len(pulls) {
			w.send(push, fmt.Sprint(i), "and more")
		}
		for _, pull := range pulls {
			last := -1
			for range 3 {
				var n int
				m := w.recv(pull)
				if _, err := fmt.Sscan(m[0], &n); err != nil || len(m) != 2 || last >= 0 && n != last+len(pulls) {
					w.Errorf("received %q after %d", m, last)
				}
				last = n
			}
		}
	})
	onEachMeeting(t, func(w *world, meet join) {
		const each = 50
		pull := w.socket(zmq.PULL)
		counts := map[string]int{}
		for i := range 3 {
			push := w.socket(zmq.PUSH)
			meet(pull, push)
			for range each {
				w.send(push, fmt.Sprint(i), "and", "more")
			}
		}
		for range 3 * each {
			if m := w.recv(pull); len(m) != 3 || m[1] != "and" || m[2] != "more" {
				w.Fatalf("received %q", m)
			} else {
				counts[m[0]]++
			}
		}
		for who, n := range counts {
			if n != each {
				w.Errorf("%d messages of %s", n, who)
			}
		}
	})
}

// edge case 192
func TestPairHasOnePeer(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		pair, first, second := w.socket(zmq.PAIR), w.socket(zmq.PAIR), w.socket(zmq.PAIR)
		meet(pair, first)
		w.send(first, "first")
		w.want(pair, "first")
		meet(pair, second)
		_ = second.TrySend([]byte("into nowhere"))
		for _, text := range []string{"one", "two"} {
			w.send(pair, text)
			w.want(first, text)
			w.send(first, text)
			w.want(pair, text)
		}
		w.wantNothing(pair)
		w.wantNothing(second)
	})
}

// edge cases 95 and 96
func TestConflateKeepsTheLast(t *testing.T) {
	const last = 500
	talk := func(w *world, out, in *zmq.Socket) {
		w.Helper()
		for i := range last + 1 {
			w.send(out, fmt.Sprint(i))
		}
		for before := -1; before < last; {
			var n int
			m := w.recv(in)
			if _, err := fmt.Sscan(m[0], &n); err != nil || len(m) != 1 || n <= before {
				w.Fatalf("received %q after %d", m, before)
			}
			before = n
		}
		w.wantNothing(in)
	}
	conflate := zmq.WithConflate(true)
	onEachMeeting(t, func(w *world, meet join) {
		push, pull := w.socket(zmq.PUSH, conflate, zmq.WithSendHWM(1)), w.socket(zmq.PULL, conflate, zmq.WithRecvHWM(1))
		meet(push, pull)
		talk(w, push, pull)
	})
	onEachMeeting(t, func(w *world, meet join) {
		pub, sub := w.socket(zmq.PUB, conflate), w.socket(zmq.SUB, conflate, zmq.WithSubscribe(""))
		meet(pub, sub)
		w.must(pub.WaitSubscribed(w.ctx, 1))
		talk(w, pub, sub)
	})
	onEachMeeting(t, func(w *world, meet join) {
		a, b := w.socket(zmq.DEALER, conflate), w.socket(zmq.DEALER, conflate)
		meet(a, b)
		talk(w, a, b)
		talk(w, b, a)
	})
}

// edge case 103
func TestClosedSocketLingers(t *testing.T) {
	const messages = 300
	onEachMeeting(t, func(w *world, meet join) {
		push, err := w.zc.NewSocket(zmq.PUSH)
		w.must(err)
		pull := w.socket(zmq.PULL)
		meet(push, pull)
		for i := range messages {
			w.send(push, fmt.Sprint(i), "parts")
		}
		w.must(push.Close())
		for i := range messages {
			w.want(pull, fmt.Sprint(i), "parts")
		}
	})
}

// edge case 94
func TestImmediateWaitsForThePeer(t *testing.T) {
	for _, transport := range wires {
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t)
			ep := w.free(transport)
			w.over(ep, false, false)
			eager, patient := w.socket(zmq.PUSH), w.socket(zmq.PUSH, zmq.WithImmediate(true))
			w.connect(eager, ep)
			w.connect(patient, ep)
			w.wantError("send to nobody", patient.TrySend(nil), zmq.ErrAgain)
			w.send(eager, "queued")
			pull, _ := w.bound(zmq.PULL, ep)
			w.want(pull, "queued")
			w.send(patient, "connected")
			w.want(pull, "connected")
		})
	}
}

// TestPeerComesBack: whoever binds again at the same place is found again, and what
// was sent meanwhile reaches it (edge case 90).
func TestPeerComesBack(t *testing.T) {
	for _, transport := range wires {
		for _, bindFirst := range []bool{true, false} {
			t.Run(fmt.Sprint(transport, "/bind first ", bindFirst), func(t *testing.T) {
				w := newWorld(t)
				ep := w.free(transport)
				w.over(ep, false, bindFirst)
				push := w.socket(zmq.PUSH)
				var pull *zmq.Socket
				if bindFirst {
					pull = w.boundAgain(zmq.PULL, ep)
				}
				w.connect(push, ep)
				for i := range 3 {
					w.send(push, fmt.Sprint(i))
					events := push.Events(w.ctx, zmq.EventDisconnected)
					if pull == nil {
						pull = w.boundAgain(zmq.PULL, ep)
					}
					w.want(pull, fmt.Sprint(i))
					w.must(pull.Close())
					pull = nil
					until(events, zmq.EventDisconnected)
				}
			})
		}
	}
}

// edge case 192: with libzmq the second one stays, and is deaf for good.
func TestPairTakesItsNextPeerInTurn(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.PAIR, zmq.CHANNEL} {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(typ.String()+" "+transport, func(t *testing.T) {
				w := newWorld(t)
				pair, ep := w.bound(typ, transports[transport])
				first := w.connected(typ, ep)
				w.send(first, "first")
				w.want(pair, "first")
				var waiting []*zmq.Socket
				for i := range 3 {
					s := w.socket(typ, zmq.WithReconnectInterval(time.Millisecond))
					events := s.Events(w.ctx, zmq.EventAll&^zmq.EventMonitorStopped)
					w.must(s.Connect(ep))
					until(events, zmq.EventHandshakeSucceeded)
					w.must(pair.WaitConnected(w.ctx, 2+i))
					w.send(s, fmt.Sprint("waiting ", i))
					waiting = append(waiting, s)
				}
				w.wantNothing(pair)
				w.send(pair, "still to the first")
				w.want(first, "still to the first")
				w.must(waiting[1].Close()) // before its turn
				w.must(first.Shutdown(w.ctx))
				for _, i := range []int{0, 2} {
					w.want(pair, fmt.Sprint("waiting ", i))
					w.send(pair, "your turn")
					w.want(waiting[i], "your turn")
					st, err := waiting[i].Stats(w.ctx)
					w.must(err)
					if st.Peers[0].Reconnects != 0 {
						t.Errorf("connected %d times more", st.Peers[0].Reconnects)
					}
					w.must(waiting[i].Shutdown(w.ctx))
				}
			})
		}
	}
}

// edge case 207
func TestMultipartIsDroppedWhole(t *testing.T) {
	for typ, peerType := range map[zmq.SocketType]string{
		zmq.SERVER: "CLIENT", zmq.CLIENT: "SERVER", zmq.GATHER: "SCATTER", zmq.PEER: "PEER", zmq.CHANNEL: "CHANNEL",
	} {
		t.Run(typ.String(), func(t *testing.T) {
			onBothEnds(t, typ, func(w *world, s *zmq.Socket, p *peer) {
				p.shake(1, peerType)
				large := strings.Repeat("x", 70_000)
				p.say("\x01\x03one" + frame2("two") + frame2("single"))
				w.want(s, "single")
				p.say("\x03" + size8(len(large)) + large + "\x01\x00" + frame2(large) + frame2(large))
				w.want(s, large)
				w.wantNothing(s)
			})
			onMeetings(t, words["inproc"], func(w *world, meet join) { // where nobody asks for the type
				s, other := w.socket(typ), w.socket(zmq.DEALER)
				meet(s, other)
				large := strings.Repeat("x", 70_000)
				w.send(other, "one", "two")
				w.send(other, "single")
				w.want(s, "single")
				w.send(other, large, "", large)
				w.send(other, large)
				w.want(s, large)
				w.wantNothing(s)
			})
		})
	}
}
