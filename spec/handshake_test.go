// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 6
func TestServersWaitForEachOther(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		in := w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment))
		events := in.Events(w.ctx, zmq.EventDisconnected)
		meet(in, w.socket(zmq.PUSH, zmq.WithPlainServer(true), zmq.WithHandshakeInterval(patience)))
		w.timedOut(events)
	})
}

// edge case 6
func TestAsServerIsZeroAndNotLookedAt(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		claims := []byte(greeting(3, 1))
		claims[32] = 1
		p.say(string(claims) + ready("PUSH"))
		p.want(greeting(3, 1))
		p.say(frame2("x"))
		w.want(s, "x")
	})
	onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
		p.say(plain)
		p.want(plain)
	}, zmq.WithPlainServer(true))
}

// edge case 10
func TestUnversionedPeerHearsAll(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.PUB, zmq.XPUB} {
		for _, v := range oldPeers {
			onBothEnds(t, typ, func(w *world, s *zmq.Socket, p *peer) {
				v.greet(p, typ, zmq.SUB, "")
				if v.name != "unversioned" {
					p.want(v.frame("iii"))
					p.say(v.frame("\x01b")) // what it wants, it says
				}
				w.must(s.WaitSubscribed(w.ctx, 1))
				w.send(s, "a")
				w.send(s, "b")
				if v.name == "unversioned" {
					p.want(v.frame("a"))
				}
				p.want(v.frame("b"))
			}, named("iii"))
		}
	}
}

// edge case 23
func TestBrokenHandshakeEndsTheEndpoint(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		w.must(s.Connect(ep))
		w.send(s, "is queued")
		p := w.accept(l)
		p.say(greeting(3, 1) + "\x04\x01\x00")
		p.wantEnd()
		until(events, zmq.EventDisconnected)
		w.nobody(l)
		if n := w.peers(s); n != 0 {
			w.Errorf("%d queues are left", n)
		}
		w.wantError("send", s.TrySend([]byte("x")), zmq.ErrAgain)
		w.wantError("disconnect", s.Disconnect(ep), zmq.ErrNoEnt)
	})
}

// edge case 24
func TestAcceptedConnectionEndsForGood(t *testing.T) {
	for name, end := range map[string]func(p *peer){
		"lost": func(p *peer) { _ = p.Close() }, "silent": func(p *peer) { p.say(ping(1)) }, "broken": func(p *peer) { p.say("\x88\x01\x00") },
	} {
		t.Run(name, func(t *testing.T) {
			onEachWire(t, func(w *world) {
				s, ep := w.bound(zmq.PULL, w.any())
				p := w.dial(ep)
				p.shake(1, "PUSH")
				w.must(s.WaitConnected(w.ctx, 1))
				end(p)
				for w.peers(s) != 0 {
					w.must(w.ctx.Err())
				}
			})
		})
	}
}

// edge case 25: with libzmq such a connection stays, and is deaf.
func TestConnectionToItselfIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.over("tcp://", false, false) // it is its own peer
	address := strings.TrimPrefix(w.free("tcp"), "tcp://")
	s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond))
	events := s.Events(w.ctx, zmq.EventAll)
	w.must(s.Connect("tcp://" + address + ";" + address)) // from there to there
	want := []zmq.EventType{zmq.EventConnectDelayed, zmq.EventClosed, zmq.EventConnectRetried}
	if got := until(events, zmq.EventConnectRetried); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	w.must(s.Disconnect("tcp://" + address + ";" + address))
}

// edge case 44
func TestPingsAreForVersion3(t *testing.T) {
	every := zmq.WithHeartbeatInterval(time.Millisecond)
	for _, minor := range []byte{0, 1} {
		onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
			p.hear(10)
			p.quiet() // before the handshake is done
			p.say(greeting(3, minor))
			p.hear(54)
			p.want(ready("PULL"))
			p.quiet()
			p.say(ready("PUSH"))
			p.want(ping(0))
		}, every, zmq.WithHeartbeatTimeout(patience))
	}
	for _, v := range oldPeers {
		onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
			v.greet(p, zmq.PULL, zmq.PUSH, "")
			if v.name != "unversioned" {
				p.want(v.frame("iii"))
			}
			p.quiet()
			p.say(v.frame("x"))
			w.want(s, "x")
		}, every, named("iii"))
	}
}

// edge case 55
func TestHandlerMustAnswer(t *testing.T) {
	for typ, can := range map[zmq.SocketType]bool{
		zmq.REP: true, zmq.ROUTER: true, zmq.SERVER: true, zmq.PULL: false, zmq.DEALER: false, zmq.PAIR: false,
	} {
		t.Run(typ.String(), func(t *testing.T) {
			onEachEnd(t, func(w *world, meet byHand) {
				h, _ := w.bound(typ, "inproc://zeromq.zap.01")
				s := w.socket(zmq.PULL, zmq.WithPlainServer(true))
				events := s.Events(w.ctx, zmq.EventHandshakeFailedNoDetail)
				p := meet(s)
				p.say(plain + hello)
				p.hear(64)
				if typ == zmq.SERVER { // may be asked, and drops a question of many parts
					p.quiet()
					return
				}
				if can {
					w.must(ignore(h.Recv(w.ctx)))
					return
				}
				until(events, zmq.EventHandshakeFailedNoDetail)
				w.wantError("the handler's receive", ignore(h.TryRecv()), zmq.ErrAgain)
			})
		})
	}
}

// edge case 56
func TestHandlerAsRouter(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		h, _ := w.bound(zmq.ROUTER, "inproc://zeromq.zap.01")
		in := w.socket(zmq.PULL, zmq.WithPlainServer(true), named("who asks"))
		out := w.socket(zmq.PUSH, zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret"))
		meet(in, out)
		m, err := h.Recv(w.ctx)
		w.must(err)
		// A name that was made up, as what came first was no name.
		if id := m.Frame(0); len(id) != 5 || id[0] != 0 {
			w.Errorf("the name is %q", id)
		}
		if f := m.Frames(); len(f) != 10 || len(f[1]) != 0 || string(f[2]) != "1.0" || string(f[6]) != "who asks" {
			w.Fatalf("the request is %q", f)
		}
		w.must(h.Send(w.ctx, m.Frame(0), nil, []byte("1.0"), m.Frame(3), []byte("200"), nil, nil, nil))
		w.send(out, "x")
		w.want(in, "x")
	})
}

// edge case 64
func TestNullAsksWhereThereIsADomain(t *testing.T) {
	for name, c := range map[string]struct {
		one, two []zmq.Option
		domains  []string
	}{
		"neither": {nil, nil, nil},
		"one":     {[]zmq.Option{zmq.WithZAPDomain("b")}, nil, []string{"b"}},
		"two":     {nil, []zmq.Option{zmq.WithZAPDomain("c")}, []string{"c"}},
		"both":    {[]zmq.Option{zmq.WithZAPDomain("b")}, []zmq.Option{zmq.WithZAPDomain("c")}, []string{"b", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			onMeetings(t, wires, func(w *world, meet join) {
				h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
				in, out := w.socket(zmq.PULL, c.one...), w.socket(zmq.PUSH, c.two...)
				meet(in, out)
				var asked []string
				for range c.domains {
					m := w.recv(h)
					asked = append(asked, m[2])
					w.send(h, "1.0", m[1], "200", "", "", "")
				}
				slices.Sort(asked)
				if !slices.Equal(asked, c.domains) {
					w.Errorf("asked for %q", asked)
				}
				w.send(out, "x")
				w.want(in, "x")
				w.wantNothing(h)
			})
		})
	}
}

// edge case 69
func TestNothingMayComeWhileTheHandlerThinks(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		s := w.socket(zmq.PULL, zmq.WithPlainServer(true))
		events := s.Events(w.ctx, zmq.EventHandshakeFailedProtocol)
		p := meet(s)
		p.say(plain + hello)
		w.must(ignore(h.Recv(w.ctx)))
		p.say(command("INITIATE", ""))
		p.wantEnd()
		for e := range events {
			if e.Value>>28 != 1 { // ZMQ_PROTOCOL_ERROR_ZMTP_…
				w.Errorf("the value is %#x", e.Value)
			}
			break
		}
	})
}

// edge case 71: it takes room in the queue with libzmq, and nothing arrives.
func TestUserIDTakesNoRoom(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		in := w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithRecvHWM(1),
			zmq.WithAuthenticator(func(context.Context, zmq.AuthRequest) (zmq.Identity, error) { return zmq.Identity{UserID: "joe"}, nil }))
		out := w.socket(zmq.PUSH, zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret"))
		meet(in, out)
		for range 3 {
			w.send(out, "x")
			w.want(in, "x")
		}
	})
}

// edge case 76
func TestMechanismIsThatOfTheLastOption(t *testing.T) {
	const number, null, plainly, curve = 43, 0, 1, 2 // ZMQ_MECHANISM
	w := newWorld(t)
	public, secret := zmq.NewCurveKeypair()
	s := w.socket(zmq.PULL)
	for i, c := range []struct {
		opt  zmq.Option
		want uint32
	}{
		{zmq.WithPlainServer(true), plainly}, {zmq.WithCurveServer(true), curve}, {zmq.WithPlainServer(false), null},
		{zmq.WithPlainUsername("joe"), plainly}, {zmq.WithCurvePublicKey(public), curve}, {zmq.WithPlainPassword("x"), plainly},
		{zmq.WithCurveSecretKey(secret), curve}, {zmq.WithCurveServer(false), null}, {zmq.WithCurveServerKey(public), curve},
	} {
		w.must(s.Set(c.opt))
		value, err := s.SockOpt(number)
		w.must(err)
		if got := binary.NativeEndian.Uint32(value); got != c.want {
			t.Errorf("after option %d the mechanism is %d, want %d", i, got, c.want)
		}
	}
}

// edge case 78
func TestFormOfHello(t *testing.T) {
	const malformedHello = 0x10000013
	for body, good := range map[string]bool{
		"\x03joe\x06secret": true, "\x00\x00": true, "\x03joe\x00": true, "\x00\x01x": true,
		"\x03joe\x06secret!": false, "\x00\x00\x00": false, "\x03jo": false, "\x00": false, "": false, "\x00\x05xxxx": false,
	} {
		onEachEnd(t, func(w *world, meet byHand) {
			s := w.socket(zmq.PULL, zmq.WithPlainServer(true),
				zmq.WithAuthenticator(func(context.Context, zmq.AuthRequest) (zmq.Identity, error) { return zmq.Identity{}, nil }))
			events := s.Events(w.ctx, zmq.EventHandshakeFailedProtocol)
			p := meet(s)
			p.say(plain + command("HELLO", body))
			p.hear(64)
			if good {
				p.want(command("WELCOME", ""))
				return
			}
			for e := range events {
				if e.Value != malformedHello {
					w.Errorf("%q: the value is %#x", body, e.Value)
				}
				break
			}
		})
	}
}
