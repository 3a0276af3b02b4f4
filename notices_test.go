// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestHelloMsg: the first message on every connection, on either side, also where
// others wait already; it does not count against the high-water mark (edge case
// 213).
func TestHelloMsg(t *testing.T) {
	for _, types := range [][2]zmq.SocketType{
		{zmq.ROUTER, zmq.DEALER}, {zmq.DEALER, zmq.DEALER}, {zmq.SERVER, zmq.CLIENT}, {zmq.PEER, zmq.PEER},
	} {
		t.Run(types[0].String(), func(t *testing.T) {
			onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
				big := strings.Repeat("h", 70_000)
				binder := w.socket(types[0], zmq.WithHelloMsg([]byte("from binder")), zmq.WithSendHWM(1), zmq.WithRecvHWM(1))
				connecter := w.socket(types[1], zmq.WithHelloMsg([]byte(big)), zmq.WithSendHWM(1), zmq.WithRecvHWM(1))
				join(binder, connecter)
				if types[1] != zmq.PEER {
					w.send(connecter, "second")
				}
				lastOf := func(s *zmq.Socket) string { f := w.recv(s); return f[len(f)-1] }
				if got := lastOf(connecter); got != "from binder" {
					t.Errorf("the connecter heard %.20q first", got)
				}
				if got := lastOf(binder); got != big {
					t.Errorf("the binder heard %.20q first", got)
				}
				if types[1] != zmq.PEER {
					if got := lastOf(binder); got != "second" {
						t.Errorf("the binder heard %.20q then", got)
					}
				}
			})
		})
	}
}

// TestHelloMsgIsForSome: others never say it, whatever is set.
func TestHelloMsgIsForSome(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.REP, "tcp://127.0.0.1:*", zmq.WithHelloMsg([]byte("hello")))
	out := w.connected(zmq.REQ, ep, zmq.WithHelloMsg([]byte("hello")))
	w.send(out, "question")
	w.want(in, "question")
	w.send(in, "answer")
	w.want(out, "answer")
}

// TestDisconnectMsg: whoever was connected to hears of the peer that goes, behind
// what it has sent, beside the high-water mark (edge cases 214 and 215).
func TestDisconnectMsg(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.ROUTER, zmq.SERVER, zmq.PEER} {
		t.Run(typ.String(), func(t *testing.T) {
			onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
				peers := map[zmq.SocketType]zmq.SocketType{zmq.ROUTER: zmq.DEALER, zmq.SERVER: zmq.CLIENT, zmq.PEER: zmq.PEER}
				in := w.socket(typ, zmq.WithDisconnectMsg([]byte("gone")), zmq.WithRecvHWM(1))
				out := w.socket(peers[typ], zmq.WithDisconnectMsg([]byte("not this")), zmq.WithHelloMsg([]byte("hello")))
				join(in, out)
				lastOf := func(s *zmq.Socket) string { f := w.recv(s); return f[len(f)-1] }
				if got := lastOf(in); got != "hello" {
					t.Fatalf("first came %q", got)
				}
				if err := out.Disconnect(out.LastEndpoint()); err != nil {
					t.Fatal(err)
				}
				if got := lastOf(in); got != "gone" {
					t.Errorf("after the peer had gone came %q", got)
				}
			})
		})
	}
}

// TestHiccupMsg: whoever has connected hears of the connection that breaks, each
// time (edge case 214).
func TestHiccupMsg(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.DEALER, zmq.CLIENT, zmq.PEER} {
		t.Run(typ.String(), func(t *testing.T) {
			w := newWorld(t)
			peers := map[zmq.SocketType]string{zmq.DEALER: "ROUTER", zmq.CLIENT: "SERVER", zmq.PEER: "PEER"}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s := w.connected(typ, "tcp://"+l.Addr().String(), zmq.WithHiccupMsg([]byte("hiccup")),
				zmq.WithDisconnectMsg([]byte("not this")), zmq.WithReconnectInterval(1e6))
			for range 2 {
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				p := zmtpPeer{t, c}
				p.say(greeting("NULL") + readyAs(peers[typ]) + "\x00\x05hello" + "\x01\x04half")
				w.want(s, "hello")
				_ = c.Close()
				w.want(s, "hiccup")
			}
		})
	}
}

// TestRouterNotify: [id][] when a peer comes, and when it goes, behind what it has
// sent and in the place of what it has half sent (edge case 181).
func TestRouterNotify(t *testing.T) {
	for _, name := range []string{"tcp", "ipc"} {
		for _, mask := range []int{0, zmq.NotifyConnect, zmq.NotifyDisconnect, zmq.NotifyConnect | zmq.NotifyDisconnect} {
			w := newWorld(t)
			router, ep := w.bound(zmq.ROUTER, endpoints[name], zmq.WithRouterNotify(mask), zmq.WithRecvHWM(1))
			dealer := w.connected(zmq.DEALER, ep, zmq.WithRoutingID([]byte("d")))
			if mask&zmq.NotifyConnect != 0 {
				w.want(router, "d", "")
			}
			w.send(dealer, "x")
			w.want(router, "d", "x")
			if err := dealer.Close(); err != nil {
				t.Fatal(err)
			}
			if mask&zmq.NotifyDisconnect != 0 {
				w.want(router, "d", "")
			}
			other := w.connected(zmq.DEALER, ep, zmq.WithRoutingID([]byte("e")))
			if mask&zmq.NotifyConnect != 0 {
				w.want(router, "e", "")
			}
			w.send(other, "y")
			w.want(router, "e", "y")
		}
	}
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", zmq.WithRouterNotify(zmq.NotifyDisconnect))
	p := comeAs(t, ep, "DEALER")
	p.say("\x00\x05whole" + "\x01\x04half")
	m := w.recv(router)
	_ = p.Close()
	w.want(router, m[0], "")
}

// TestReconnectStopRefused: the endpoint is given up when the peer refuses; it can
// be connected to again.
func TestReconnectStopRefused(t *testing.T) {
	w, ep := newWorld(t), fixed(t, "tcp")
	s := w.socket(zmq.PUSH, zmq.WithReconnectStop(zmq.StopConnRefused), zmq.WithReconnectInterval(1e6))
	wantEvent(w, s, zmq.EventClosed, func() {
		if err := s.Connect(ep); err != nil {
			t.Fatal(err)
		}
	})
	w.abandoned(s)
	if err := s.Disconnect(ep); !errors.Is(err, zmq.ErrNoEnt) {
		t.Errorf("disconnect from what was given up: %v", err)
	}
	in := w.socket(zmq.PULL)
	if err := errors.Join(in.Bind(ep), s.Connect(ep)); err != nil {
		t.Fatal(err)
	}
	w.send(s, "at last")
	w.want(in, "at last")
}

// abandoned waits until a socket has no endpoints left.
func (w *world) abandoned(s *zmq.Socket) {
	w.Helper()
	for {
		stats, err := s.Stats(w.ctx)
		if err != nil {
			w.Fatal(err)
		}
		if len(stats.Peers) == 0 {
			return
		}
	}
}

// TestReconnectStopHandshake: the endpoint is given up when the peer leaves in the
// handshake; without the option it is tried again.
func TestReconnectStopHandshake(t *testing.T) {
	for _, stop := range []bool{false, true} {
		w := newWorld(t)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		opts := []zmq.Option{zmq.WithReconnectInterval(1e6)}
		if stop {
			opts = append(opts, zmq.WithReconnectStop(zmq.StopHandshakeFailed))
		}
		s := w.socket(zmq.PUSH, opts...)
		ep := "tcp://" + l.Addr().String()
		wantEvent(w, s, zmq.EventDisconnected, func() {
			if err := s.Connect(ep); err != nil {
				t.Fatal(err)
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		})
		if !stop {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
		_ = l.Close()
		if !stop {
			continue
		}
		w.abandoned(s)
	}
}

// TestReconnectStopAfterDisconnect: what waits for a peer that is not there is
// dropped when the application disconnects, whatever LINGER says.
func TestReconnectStopAfterDisconnect(t *testing.T) {
	for _, name := range []string{"tcp", "ipc"} {
		zc, err := zmq.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		w, ep := newWorld(t), fixed(t, name)
		s, err := zc.NewSocket(zmq.PUSH, zmq.WithReconnectStop(zmq.StopAfterDisconnect), zmq.WithLinger(zmq.Forever))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Connect(ep); err != nil {
			t.Fatal(err)
		}
		w.send(s, "to nobody")
		if err := errors.Join(s.Disconnect(ep), s.Close(), zc.Term(w.ctx)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
