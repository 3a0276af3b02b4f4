// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge cases 90 and 189
func TestHalfSentMessageIsNotContinued(t *testing.T) {
	onEachWire(t, func(w *world) {
		const huge = 64 << 20 // more than any kernel holds
		l, ep := w.listen()
		s := w.connected(zmq.PUSH, ep, zmq.WithReconnectInterval(1))
		p := w.accept(l)
		p.shake(1, "PULL")
		w.send(s, strings.Repeat("x", huge), "rest of the first")
		w.send(s, "two", "parts")
		w.send(s, "three")
		p.want("\x03" + size8(huge))
		_ = p.Close()
		p = w.accept(l)
		p.shake(1, "PULL")
		p.want("\x01\x03two\x00\x05parts\x00\x05three")
	})
}

// edge case 91
func TestQueueOfAcceptedConnectionGoesWithIt(t *testing.T) {
	onEachWire(t, func(w *world) {
		const huge = 64 << 20
		s, ep := w.bound(zmq.PUSH, w.any())
		p := w.dial(ep)
		p.shake(1, "PULL")
		w.send(s, strings.Repeat("x", huge))
		w.send(s, "lost")
		_ = p.Close()
		for w.peers(s) > 0 {
		}
		p = w.dial(ep)
		p.shake(1, "PULL")
		w.send(s, "new")
		p.want(frame2("new"))
	})
}

// wish hears that somebody wants a topic, 1, or no longer, -1: by a command of these
// names, or, where XSUB passes on what it was given, by a message.
func (p *peer) wish(in, out string) (topic string, on int) {
	p.Helper()
	head := p.hear(2)
	body := p.hear(int(head[1]))
	if head[0] == 0 {
		return body[1:], 2*int(body[0]) - 1
	}
	if topic, ok := strings.CutPrefix(body, string([]byte{byte(len(in))})+in); ok {
		return topic, 1
	}
	return strings.TrimPrefix(body, string([]byte{byte(len(out))})+out), -1
}

// edge case 92
func TestSubscriptionsAreToldAgain(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.SUB, zmq.XSUB, zmq.DISH} {
		t.Run(typ.String(), func(t *testing.T) {
			onEachWire(t, func(w *world) {
				l, ep := w.listen()
				s := w.connected(typ, ep, zmq.WithReconnectInterval(1))
				in, out, peer := "SUBSCRIBE", "CANCEL", "PUB"
				want := func(topic string) { w.must(s.Subscribe(topic)) }
				unwant := func(topic string) { w.must(s.Unsubscribe(topic)) }
				switch typ {
				case zmq.XSUB:
					want = func(topic string) { w.send(s, "\x01"+topic) }
					unwant = func(topic string) { w.send(s, "\x00"+topic) }
				case zmq.DISH:
					in, out, peer = "JOIN", "LEAVE", "RADIO"
					want = func(topic string) { w.must(s.Join(topic)) }
					unwant = func(topic string) { w.must(s.Leave(topic)) }
				}
				p := w.accept(l)
				p.shake(1, peer)
				for _, topic := range []string{"a", "b"} {
					want(topic)
					if got, on := p.wish(in, out); got != topic || on != 1 {
						w.Errorf("told %q, %d", got, on)
					}
				}
				for i := range 3 {
					_ = p.Close()
					p = w.accept(l)
					unwant("a") // behind the end of the one connection, before the next is ready
					want("c")
					p.shake(1, peer)
					last := string(rune('x' + i))
					want(last)
					told := map[string]int{}
					for told[last] == 0 {
						topic, on := p.wish(in, out)
						told[topic] += on
					}
					delete(told, last)
					if told["a"] == 0 {
						delete(told, "a")
					}
					if !maps.Equal(told, map[string]int{"b": 1, "c": 1}) {
						w.Fatalf("told %v", told)
					}
					for _, topic := range []string{"c", last} {
						unwant(topic)
						if got, on := p.wish(in, out); got != topic || on != -1 {
							w.Errorf("told %q, %d", got, on)
						}
					}
					want("a")
					if got, on := p.wish(in, out); got != "a" || on != 1 {
						w.Errorf("told %q, %d", got, on)
					}
				}
			})
		})
	}
}

// edge case 94
func TestImmediateLosesItsQueueWithThePeer(t *testing.T) {
	const huge = 64 << 20
	for _, immediate := range []bool{true, false} {
		onEachWire(t, func(w *world) {
			l, ep := w.listen()
			s := w.connected(zmq.PUSH, ep, zmq.WithImmediate(immediate), zmq.WithReconnectInterval(1))
			events := s.Events(w.ctx, zmq.EventDisconnected)
			p := w.accept(l)
			p.shake(1, "PULL")
			w.send(s, strings.Repeat("x", huge))
			w.send(s, "queued")
			_ = p.Close()
			until(events, zmq.EventDisconnected)
			for immediate && w.peers(s) > 0 {
			}
			if immediate {
				w.wantError("send to nobody", s.TrySend(nil), zmq.ErrAgain)
			}
			p = w.accept(l)
			p.shake(1, "PULL")
			w.send(s, "new")
			want := frame2("queued") + frame2("new")
			if immediate {
				want = frame2("new")
			}
			p.want(want)
		})
	}
}

// edge case 106
func TestDisconnectLingers(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		other, at := w.bound(zmq.PULL, w.any())
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond))
		w.must(errors.Join(s.Connect(ep), s.Connect(at)))
		w.send(s, "to the one")
		w.send(s, "to the other")
		w.must(s.Disconnect(ep))
		w.send(s, "also to the other")
		p := w.accept(l)
		p.shake(1, "PULL")
		p.want(frame2("to the one"))
		p.wantEnd()
		w.want(other, "to the other")
		w.want(other, "also to the other")
	})
}

// edge case 106
func TestUnbindDropsUnread(t *testing.T) {
	onEachWire(t, func(w *world) {
		in, ep := w.bound(zmq.PULL, w.any())
		other := w.socket(zmq.PUSH)
		w.must(errors.Join(in.Bind("inproc://stays"), other.Connect("inproc://stays")))
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say(frame2("a") + frame2("b"))
		w.want(in, "a")
		w.must(in.Unbind(ep))
		_, err := in.TryRecv()
		w.wantError("receive after unbind", err, zmq.ErrAgain)
		p.wantEnd()
		w.send(other, "c")
		w.want(in, "c")
	})
}

// edge case 108
func TestLingeringSocketConnectsAgain(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s, err := w.zc.NewSocket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond))
		w.must(err)
		w.must(s.Connect(ep))
		w.send(s, "one")
		w.send(s, "two")
		w.must(s.Close())
		for range 3 { // that hang up in the handshake
			p := w.accept(l)
			p.say(greeting(3, 1))
			_ = p.Close()
		}
		p := w.accept(l)
		p.shake(1, "PULL")
		p.want(frame2("one") + frame2("two"))
		p.wantEnd()
		w.nobody(l)
	})
}
