// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"fmt"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// last receives a message and returns its last part.
func (w *world) last(s *zmq.Socket) string {
	w.Helper()
	m := w.recv(s)
	return m[len(m)-1]
}

func (w *world) wantLast(s *zmq.Socket, text string) {
	w.Helper()
	if got := w.last(s); got != text {
		w.Fatalf("%v received %.20q, want %.20q", s.Type(), got, text)
	}
}

// edge case 213: first of all, on each connection and either side; there is room for
// it where there is none.
func TestHelloComesFirst(t *testing.T) {
	big := strings.Repeat("h", 70_000)
	for a, b := range map[zmq.SocketType]zmq.SocketType{zmq.ROUTER: zmq.DEALER, zmq.DEALER: zmq.DEALER, zmq.SERVER: zmq.CLIENT} {
		t.Run(a.String(), func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				tight := []zmq.Option{zmq.WithSendHWM(1), zmq.WithRecvHWM(1)}
				one := w.socket(a, append(tight, zmq.WithHelloMsg([]byte("from the one")))...)
				two := w.socket(b, append(tight, zmq.WithHelloMsg([]byte(big)))...)
				meet(one, two)
				w.send(two, "second")
				w.wantLast(two, "from the one")
				w.wantLast(one, big)
				w.wantLast(one, "second")
			})
		})
	}
	onBothEnds(t, zmq.DEALER, func(w *world, s *zmq.Socket, p *peer) {
		for range 3 {
			p.shake(1, "ROUTER")
			p.want(frame2("hello"))
			_ = p.Close()
			p = p.again()
		}
	}, zmq.WithHelloMsg([]byte("hello")))
	onBothEnds(t, zmq.REQ, func(w *world, s *zmq.Socket, p *peer) { // which never says it
		p.shake(1, "REP")
		w.send(s, "question")
		p.want("\x01\x00" + frame2("question"))
	}, zmq.WithHelloMsg([]byte("hello")))
}

// edge cases 214 and 215: whoever was connected to hears of the peer that goes, behind
// what it has sent, beside the mark, in its own words.
func TestDisconnectMessageIsOnesOwn(t *testing.T) {
	for typ, other := range map[zmq.SocketType]zmq.SocketType{zmq.ROUTER: zmq.DEALER, zmq.SERVER: zmq.CLIENT, zmq.PEER: zmq.PEER} {
		t.Run(typ.String(), func(t *testing.T) {
			onEachOrder(t, true, func(w *world, meet join) {
				in := w.socket(typ, zmq.WithDisconnectMsg([]byte("gone")), zmq.WithRecvHWM(1))
				for _, end := range []func(s *zmq.Socket) error{func(s *zmq.Socket) error { return s.Disconnect(s.LastEndpoint()) }, (*zmq.Socket).Close} {
					out := w.socket(other, zmq.WithDisconnectMsg([]byte("not this")), zmq.WithHelloMsg([]byte("hello")))
					meet(in, out)
					w.wantLast(in, "hello")
					w.must(end(out))
					w.wantLast(in, "gone")
				}
			})
		})
	}
	onEachEnd(t, func(w *world, meet byHand) { // whoever has connected does not
		s := w.socket(zmq.ROUTER, zmq.WithDisconnectMsg([]byte("gone")))
		p := meet(s)
		for range 2 {
			p.shake(1, "DEALER")
			p.say(frame2("here"))
			w.wantLast(s, "here")
			_ = p.Close()
			if p.l == nil {
				w.wantLast(s, "gone")
			}
			p = p.again()
		}
	})
}

// edge case 214: whoever has connected hears of the connection that breaks, each time.
func TestHiccupMessage(t *testing.T) {
	for typ, kind := range map[zmq.SocketType]string{zmq.DEALER: "ROUTER", zmq.CLIENT: "SERVER", zmq.PEER: "PEER"} {
		t.Run(typ.String(), func(t *testing.T) {
			onBothEnds(t, typ, func(w *world, s *zmq.Socket, p *peer) {
				for range 3 {
					p.shake(1, kind)
					p.say(frame2("here"))
					if typ != zmq.DEALER {
						p.say("\x01\x04half")
					}
					w.want(s, "here")
					_ = p.Close()
					if p.l != nil {
						w.want(s, "hiccup")
					}
					p = p.again()
				}
			}, zmq.WithHiccupMsg([]byte("hiccup")), zmq.WithDisconnectMsg([]byte{}))
		})
	}
}

// edge case 181: [id][] when a peer comes, and when it goes, behind what it has sent
// and in the place of what it has half sent.
func TestRouterTellsWhoComesAndGoes(t *testing.T) {
	for _, mask := range []int{0, zmq.NotifyConnect, zmq.NotifyDisconnect, zmq.NotifyConnect | zmq.NotifyDisconnect} {
		comes, goes := mask&zmq.NotifyConnect != 0, mask&zmq.NotifyDisconnect != 0
		t.Run(fmt.Sprint(mask), func(t *testing.T) {
			onMeetings(t, wires, func(w *world, meet join) {
				router := w.socket(zmq.ROUTER, zmq.WithRouterNotify(mask), zmq.WithRecvHWM(1))
				for _, name := range []string{"one", "two"} {
					dealer := w.socket(zmq.DEALER, named(name))
					meet(router, dealer)
					if comes {
						w.want(router, name, "")
					}
					w.send(dealer, "x")
					w.want(router, name, "x")
					w.must(dealer.Close())
					if goes {
						w.want(router, name, "")
					}
				}
			})
			onBothEnds(t, zmq.ROUTER, func(w *world, s *zmq.Socket, p *peer) {
				p.say(greeting(3, 1) + command("READY", property("Socket-Type", "DEALER")+property("Identity", "me")))
				p.say(frame2("whole") + "\x01\x04half")
				if comes {
					w.want(s, "me", "")
				}
				w.want(s, "me", "whole")
				_ = p.Close()
				if goes {
					w.want(s, "me", "")
				}
				p = p.again() // comes to nothing
				p.say(greeting(3, 1) + ready("PUB"))
				p.wantEnd()
				w.wantNothing(s)
			}, zmq.WithRouterNotify(mask))
		})
	}
}
