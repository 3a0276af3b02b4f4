// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 1
func TestGreetingGoesInStages(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
		p.want(signature)
		p.say(signature[:9])
		p.quiet()
		p.say(signature[9:])
		p.want("\x03")
		p.quiet()
		p.say("\x03")
		p.want(greeting(3, 1)[11:])
	})
}

// edge case 2
func TestSignatureHasLengthOfIdentity(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			for _, id := range []string{"", "abc", strings.Repeat("x", 255)} {
				w := newWorldOn(t, wire)
				var opts []zmq.Option
				if id != "" {
					opts = append(opts, zmq.WithRoutingID([]byte(id)))
				}
				_, ep := w.bound(zmq.DEALER, w.any(), opts...)
				n := len(id) + 1
				w.dial(ep).want("\xff\x00\x00\x00\x00\x00\x00" + string([]byte{byte(n >> 8), byte(n)}) + "\x7f")
			}
		})
	}
}

// edge cases 4 and 29
func TestRevisions(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			for _, v := range []struct {
				major, minor byte
				subscription string
				cancel       string
			}{
				{3, 0, "\x00\x02\x01a", "\x00\x02\x00a"},
				{3, 1, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
				{3, 9, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
				{2, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
				{4, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
				{200, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
			} {
				w := newWorldOn(t, wire)
				s, ep := w.bound(zmq.SUB, w.any(), zmq.WithSubscribe("a"))
				p := w.dial(ep)
				p.say(greeting(v.major, v.minor) + ready("PUB"))
				p.hear(64)
				p.want(ready("SUB"))
				p.want(v.subscription)
				w.must(s.Unsubscribe("a"))
				p.want(v.cancel)
			}
		})
	}
}

// edge case 7
func TestOtherMechanismIsNotTriedAgain(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(1))
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(ep))
		p := w.accept(l)
		p.say(signature + "\x03\x01PLAIN" + strings.Repeat("\x00", 47))
		const mismatch = 0x11000002
		var got []zmq.EventType
		for e := range events {
			got = append(got, e.Type)
			if e.Type == zmq.EventHandshakeFailedProtocol && e.Value != mismatch {
				w.Errorf("the value is %#x", e.Value)
			}
			if e.Type == zmq.EventDisconnected {
				break
			}
		}
		if want := []zmq.EventType{zmq.EventHandshakeFailedProtocol, zmq.EventDisconnected}; !slices.Equal(got[len(got)-2:], want) {
			w.Errorf("events %v, want %v in the end", got, want)
		}
		w.nobody(l)
	})
}

// edge case 7
func TestMechanismIsComparedWhole(t *testing.T) {
	for _, name := range []string{"", "NUL", "NULLS", "null", "NULL\x00x", "NULL" + strings.Repeat("\x00", 15) + "x"} {
		onBothEnds(t, zmq.PULL, func(_ *world, s *zmq.Socket, p *peer) {
			p.say(signature + "\x03\x01" + name + strings.Repeat("\x00", 52-len(name)) + ready("PUSH"))
			p.wantEnd()
		})
	}
}

// edge case 13
func TestReadyProperties(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			w := newWorldOn(t, wire)
			for typ, want := range map[zmq.SocketType]string{
				zmq.DEALER: property("Socket-Type", "DEALER") + property("Identity", ""),
				zmq.ROUTER: property("Socket-Type", "ROUTER") + property("Identity", ""),
				zmq.REQ:    property("Socket-Type", "REQ") + property("Identity", ""),
				zmq.REP:    property("Socket-Type", "REP"),
				zmq.PUSH:   property("Socket-Type", "PUSH"),
				zmq.PULL:   property("Socket-Type", "PULL"),
				zmq.PAIR:   property("Socket-Type", "PAIR"),
				zmq.PUB:    property("Socket-Type", "PUB"),
				zmq.SUB:    property("Socket-Type", "SUB"),
				zmq.XPUB:   property("Socket-Type", "XPUB"),
				zmq.XSUB:   property("Socket-Type", "XSUB"),
				zmq.SERVER: property("Socket-Type", "SERVER"),
				zmq.CLIENT: property("Socket-Type", "CLIENT"),
			} {
				_, ep := w.bound(typ, w.any(), zmq.WithMetadata("X-b", "2"), zmq.WithMetadata("X-a", "11"))
				p := w.dial(ep)
				p.say(greeting(3, 1))
				p.hear(64)
				p.want(command("READY", want+property("X-a", "11")+property("X-b", "2")))
			}
		})
	}
}

// edge case 14
func TestMetadataEndsAtZero(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PULL, w.any(), zmq.WithMetadata("X-a", "b\x00c"), zmq.WithMetadata("X-a", "second"))
		w.wantError("four bytes", s.Set(zmq.WithMetadata("X-", "1")), zmq.ErrInvalid)
		p := w.dial(ep)
		p.say(greeting(3, 1))
		p.hear(64)
		p.want(command("READY", property("Socket-Type", "PULL")+property("X-a", "b")))
	})
}

// edge case 18
func TestIdentitiesThatNobodyHereMayChoose(t *testing.T) {
	for _, id := range []string{strings.Repeat("i", 300), "\x00abc", "\x00"} {
		onBothEnds(t, zmq.ROUTER, func(w *world, s *zmq.Socket, p *peer) {
			body := "\x05READY" + property("Socket-Type", "DEALER") + "\x08Identity" + size8(len(id))[4:] + id
			p.say(greeting(3, 1) + "\x06" + size8(len(body)) + body + frame2("hello"))
			w.want(s, id, "hello")
			p.hear(64)
			head := p.hear(2)
			p.hear(int(head[1]))
			w.send(s, id, "you too")
			p.want(frame2("you too"))
		})
	}
}

// edge case 19
func TestOnlyHandshakesTimeOut(t *testing.T) {
	w := newWorld(t)
	if d := w.socket(zmq.STREAM).Options().HandshakeInterval; d != 30*time.Second {
		t.Errorf("by default a handshake may last %v", d)
	}
	stream, raw := w.bound(zmq.STREAM, "tcp://127.0.0.1:*", zmq.WithHandshakeInterval(time.Millisecond))
	_, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*", zmq.WithHandshakeInterval(moment))
	silent := w.dial(raw)
	m, err := stream.Recv(w.ctx)
	w.must(err)
	id := string(m.Frame(0))
	p := w.dial(ep) // its time begins later, and is longer
	p.say(greeting(3, 1))
	p.wantEnd()
	silent.say("still here")
	w.want(stream, id, "still here")
}

// edge case 20
func TestAcceptedPeerExistsAfterHandshake(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			w := newWorldOn(t, wire)
			s, ep := w.bound(zmq.PUSH, w.any())
			p := w.dial(ep)
			p.say(greeting(3, 1))
			p.hear(64)
			p.want(ready("PUSH"))
			w.wantError("send in the handshake", s.TrySend([]byte("x")), zmq.ErrAgain)
			p.say(ready("PULL"))
			w.send(s, "x")
			p.want("\x00\x01x")
			l, ep := w.listen()
			w.must(w.connected(zmq.PUSH, ep).TrySend([]byte("connecting is enough")))
			_ = l
		})
	}
}

// edge case 21
func TestMaxMsgSizeCountsInHandshake(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithMaxMsgSize(10), zmq.WithReconnectInterval(1))
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(ep))
		w.accept(l).say(greeting(3, 1) + ready("PULL"))
		for _, typ := range until(events, zmq.EventDisconnected) {
			if typ == zmq.EventHandshakeFailedProtocol || typ == zmq.EventHandshakeFailedNoDetail {
				w.Errorf("the event %v came", typ)
			}
		}
		w.nobody(l)
	})
}

// edge case 22
func TestDataWithTheGreeting(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.say(greeting(3, 1) + ready("PUSH") + "\x00\x03one" + "\x01\x03two\x00\x05three")
		w.want(s, "one")
		w.want(s, "two", "three")
	})
}

// edge case 27
func TestLongLengthOfShortFrame(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PAIR, w.any())
		p := w.dial(ep)
		p.shake(1, "PAIR")
		p.say("\x02\x00\x00\x00\x00\x00\x00\x00\x01x")
		w.want(s, "x")
		for _, n := range []int{0, 255, 256} {
			w.send(s, strings.Repeat("y", n))
			head := "\x00" + string([]byte{byte(n)})
			if n > 255 {
				head = "\x02\x00\x00\x00\x00\x00\x00\x01\x00"
			}
			p.want(head + strings.Repeat("y", n))
		}
	})
}

// edge case 30
func TestPublisherTakesBothForms(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			for _, minor := range []byte{0, 1} {
				w := newWorldOn(t, wire)
				s, ep := w.bound(zmq.XPUB, w.any())
				p := w.dial(ep)
				p.shake(minor, "SUB")
				p.say(command("SUBSCRIBE", "a") + "\x00\x02\x01b" + "\x00\x02\x00b" + command("CANCEL", "a"))
				for _, want := range []string{"\x01a", "\x01b", "\x00b", "\x00a"} {
					w.want(s, want)
				}
			}
		})
	}
}

// edge case 33
func TestMaxMsgSizeIsOfAFrame(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.connected(zmq.PULL, ep, zmq.WithMaxMsgSize(100), zmq.WithReconnectInterval(1))
		p := w.accept(l)
		p.shake(1, "PUSH")
		frame := "\x64" + strings.Repeat("x", 100)
		p.say("\x01" + frame + "\x00" + frame)
		w.want(s, frame[1:], frame[1:])
		p.say("\x00\x65" + frame)
		p.wantEnd()
		w.nobody(l)
	})
}

// edge case 38
func TestPingBetweenParts(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PULL, w.any())
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say("\x01\x03one" + command("PING", "\x00\x00ctx") + "\x00\x03two")
		p.want(command("PONG", "ctx"))
		w.want(s, "one", "two")
	})
}

// edge case 39
func TestUnknownCommandIsIgnored(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PULL, w.any())
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say(command("WHATEVER", "x") + "\x04\x02\x09x" + "\x00\x04then")
		w.want(s, "then")
	})
}

// edge case 49
func TestPongEchoesSixteenBytes(t *testing.T) {
	onEachWire(t, func(w *world) {
		_, ep := w.bound(zmq.PULL, w.any())
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say(command("PING", "\x00\x00"+"0123456789abcdefX"))
		p.want(command("PONG", "0123456789abcdef"))
	})
}

// edge case 90
func TestHalfReceivedMessageIsForgotten(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.connected(zmq.PULL, ep, zmq.WithReconnectInterval(1))
		for range 2 {
			p := w.accept(l)
			p.shake(1, "PUSH")
			p.say("\x00\x05whole" + "\x01\x04half")
			w.want(s, "whole")
			_ = p.Close()
		}
		p := w.accept(l)
		p.shake(1, "PUSH")
		p.say("\x00\x03new")
		w.want(s, "new")
	})
}

// edge case 91
func TestReceivedStaysReadable(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PULL, w.any())
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say("\x00\x01a" + "\x00\x01b")
		_ = p.Close()
		until(events, zmq.EventDisconnected)
		w.want(s, "a")
		w.want(s, "b")
	})
}

// edge case 182
func TestProbeIsEmpty(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		w.connected(zmq.DEALER, ep, zmq.WithProbeRouter(true))
		p := w.accept(l)
		p.shake(1, "ROUTER")
		p.want("\x00\x00")
	})
}

// edge case 186
func TestReplyWithoutEnvelope(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.connected(zmq.REQ, ep, zmq.WithReconnectInterval(1))
		p := w.accept(l)
		p.shake(1, "REP")
		w.send(s, "question")
		p.want("\x01\x00\x00\x08question")
		p.say("\x00\x06answer")
		p.wantEnd()
		w.nobody(l)
	})
}
