// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// single are the types whose messages have one part, with whom they talk to.
var single = [][2]zmq.SocketType{
	{zmq.CLIENT, zmq.SERVER}, {zmq.SERVER, zmq.CLIENT}, {zmq.SCATTER, zmq.GATHER},
	{zmq.GATHER, zmq.SCATTER}, {zmq.PEER, zmq.PEER}, {zmq.CHANNEL, zmq.CHANNEL},
}

// fixed returns an endpoint on a transport that can be connected to before it is
// bound.
func fixed(t *testing.T, transport string) string {
	t.Helper()
	switch transport {
	case "inproc":
		return "inproc://fixed"
	case "ipc":
		return "ipc://" + filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "tcp://" + l.Addr().String()
}

// onEachOrder runs a test on each transport, bind first and connect first. join
// makes the two sockets meet.
func onEachOrder(t *testing.T, f func(w *world, join func(binder, connecter *zmq.Socket))) {
	for transport := range endpoints {
		for _, bindFirst := range []bool{true, false} {
			name := transport + "/connect first"
			if bindFirst {
				name = transport + "/bind first"
			}
			t.Run(name, func(t *testing.T) {
				w, ep := newWorld(t), fixed(t, transport)
				f(w, func(binder, connecter *zmq.Socket) {
					steps := []func(string) error{binder.Bind, connecter.Connect}
					if !bindFirst {
						slices.Reverse(steps)
					}
					for _, step := range steps {
						if err := step(ep); err != nil {
							t.Fatal(err)
						}
					}
				})
			})
		}
	}
}

// sendTo sends to a number.
func (w *world) sendTo(s *zmq.Socket, id uint32, text string) {
	w.Helper()
	m := zmq.NewMsg([]byte(text))
	if err := m.SetRoutingID(id); err != nil {
		w.Fatal(err)
	}
	if err := s.SendMsg(w.ctx, &m); err != nil {
		w.Fatalf("%v sends %q to %d: %v", s.Type(), text, id, err)
	}
}

// wantFrom receives, compares, and returns the sender's number.
func (w *world) wantFrom(s *zmq.Socket, text string) uint32 {
	w.Helper()
	m, err := s.Recv(w.ctx)
	if err != nil || string(m.Bytes()) != text || m.Len() != 1 {
		w.Fatalf("%v received %q, %v; want %q", s.Type(), m.Frames(), err, text)
	}
	if m.RoutingID() == 0 {
		w.Fatalf("%v received %q from nobody", s.Type(), text)
	}
	return m.RoutingID()
}

// TestSinglePartRefusesMultipart: the types that libzmq calls thread-safe refuse a
// message of several parts (edge case 207); those that do not send at all say so.
func TestSinglePartRefusesMultipart(t *testing.T) {
	w := newWorld(t)
	for _, pair := range single {
		s := w.socket(pair[0])
		want := zmq.ErrInvalid
		if pair[0] == zmq.GATHER {
			want = zmq.ErrNotSup
		}
		if err := s.TrySend([]byte("one"), []byte("two")); !errors.Is(err, want) {
			t.Errorf("%v sends two parts: %v, want %v", s.Type(), err, want)
		}
	}
}

// TestSinglePartDropsMultipart: a message of several parts that a peer sends all the
// same is dropped whole (edge case 207). Within a process types are not compared.
func TestSinglePartDropsMultipart(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.SERVER, zmq.CLIENT, zmq.GATHER, zmq.PEER, zmq.CHANNEL} {
		t.Run(typ.String(), func(t *testing.T) {
			w := newWorld(t)
			in, ep := w.bound(typ, "inproc://multipart")
			out := w.connected(zmq.DEALER, ep)
			big := string(make([]byte, 5000))
			w.send(out, "one", "two")
			w.send(out, big, big, big)
			w.send(out, "single")
			w.want(in, "single")
			w.send(out, "one", "", "")
			w.send(out, big)
			w.want(in, big)
		})
	}
}

// TestScatterGather: messages go to the gatherers in turn, and come from all.
func TestScatterGather(t *testing.T) {
	onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
		in, out := w.socket(zmq.GATHER), w.socket(zmq.SCATTER)
		join(in, out)
		second, ep := w.bound(zmq.GATHER, "inproc://second")
		if err := out.Connect(ep); err != nil {
			w.Fatal(err)
		}
		for i := range 10 {
			w.send(out, fmt.Sprint(i))
		}
		got := []string{}
		for range 5 {
			got = append(got, w.recv(in)[0], w.recv(second)[0])
		}
		slices.Sort(got)
		if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; !slices.Equal(got, want) {
			w.Errorf("received %q, want %q", got, want)
		}
		if _, err := out.TryRecv(); !errors.Is(err, zmq.ErrNotSup) {
			w.Errorf("SCATTER receives: %v", err)
		}
		if err := in.TrySend([]byte("x")); !errors.Is(err, zmq.ErrNotSup) {
			w.Errorf("GATHER sends: %v", err)
		}
	})
}

// TestChannelBothWays: a CHANNEL talks to one peer, in both directions.
func TestChannelBothWays(t *testing.T) {
	onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
		a, b := w.socket(zmq.CHANNEL), w.socket(zmq.CHANNEL)
		join(a, b)
		w.send(b, "there")
		w.want(a, "there")
		w.send(a, "back")
		w.want(b, "back")
	})
}

// TestServerAnswersByRoutingID: each client hears what was addressed to it, and
// keeps its number.
func TestServerAnswersByRoutingID(t *testing.T) {
	onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
		server, client := w.socket(zmq.SERVER), w.socket(zmq.CLIENT)
		join(server, client)
		if err := server.Bind("inproc://other"); err != nil {
			w.Fatal(err)
		}
		other := w.connected(zmq.CLIENT, "inproc://other")
		w.send(client, "first")
		one := w.wantFrom(server, "first")
		w.send(other, "second")
		two := w.wantFrom(server, "second")
		if one == two {
			w.Fatalf("both clients are %d", one)
		}
		w.sendTo(server, two, "to the second")
		w.sendTo(server, one, "to the first")
		w.want(client, "to the first")
		w.want(other, "to the second")
		w.send(client, "again")
		if id := w.wantFrom(server, "again"); id != one {
			w.Errorf("the client was %d, now it is %d", one, id)
		}
	})
}

// TestServerUnknownRoutingID: a message to nobody, or to a peer that is not there,
// is EHOSTUNREACH and stays whole (edge case 207).
func TestServerUnknownRoutingID(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.SERVER, zmq.PEER} {
		w := newWorld(t)
		s := w.socket(typ)
		m := zmq.NewMsg([]byte("x"))
		if err := s.SendMsg(w.ctx, &m); !errors.Is(err, zmq.ErrHostUnreach) {
			t.Errorf("%v without a routing id: %v", typ, err)
		}
		if err := m.SetRoutingID(0); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("%v: routing id 0: %v", typ, err)
		}
		if err := m.SetRoutingID(77); err != nil {
			t.Error(err)
		}
		if err := s.SendMsg(w.ctx, &m); !errors.Is(err, zmq.ErrHostUnreach) {
			t.Errorf("%v with an unknown routing id: %v", typ, err)
		}
		if m.Len() != 1 || m.RoutingID() != 77 {
			t.Errorf("%v: the refused message became %q for %d", typ, m.Frames(), m.RoutingID())
		}
	}
}

// TestServerFullPeer: a full peer is EAGAIN, and nobody else has to wait for it;
// who waits is woken by room at his own peer.
func TestServerFullPeer(t *testing.T) {
	w := newWorld(t)
	server, ep := w.bound(zmq.SERVER, "inproc://full", zmq.WithSendHWM(1))
	slow := w.connected(zmq.CLIENT, ep, zmq.WithRecvHWM(1))
	quick := w.connected(zmq.CLIENT, ep, zmq.WithRecvHWM(1))
	w.send(slow, "slow")
	one := w.wantFrom(server, "slow")
	w.send(quick, "quick")
	two := w.wantFrom(server, "quick")
	fill := func(id uint32) {
		for {
			m := zmq.NewMsg([]byte("fill"))
			_ = m.SetRoutingID(id)
			if err := server.TrySendMsg(&m); err != nil {
				if !errors.Is(err, zmq.ErrAgain) {
					t.Fatalf("to a full peer: %v", err)
				}
				return
			}
		}
	}
	fill(one)
	w.sendTo(server, two, "fill")
	fill(two)
	var waiting sync.WaitGroup
	const slowOnes = 16
	for i := range slowOnes + 1 {
		id := one
		if i == slowOnes {
			id = two
		}
		waiting.Go(func() {
			m := zmq.NewMsg([]byte("more"))
			_ = m.SetRoutingID(id)
			if err := server.SendMsg(w.ctx, &m); err != nil {
				t.Error(err)
			}
		})
	}
	for _, want := range []string{"fill", "fill", "more"} {
		w.want(quick, want)
	}
	for range 2 {
		w.want(slow, "fill")
	}
	for range slowOnes {
		w.want(slow, "more")
	}
	waiting.Wait()
}

// TestDisconnectPeer: the peer's connection ends, after what was sent to it; its
// number means nobody then.
func TestDisconnectPeer(t *testing.T) {
	onEachOrder(t, func(w *world, join func(binder, connecter *zmq.Socket)) {
		server, client := w.socket(zmq.SERVER), w.socket(zmq.CLIENT)
		join(server, client)
		w.send(client, "hello")
		id := w.wantFrom(server, "hello")
		w.sendTo(server, id, "goodbye")
		if err := server.DisconnectPeer(id); err != nil {
			w.Fatal(err)
		}
		w.want(client, "goodbye")
		if err := server.DisconnectPeer(id); !errors.Is(err, zmq.ErrHostUnreach) {
			w.Errorf("to disconnect twice: %v", err)
		}
		if err := client.DisconnectPeer(id); !errors.Is(err, zmq.ErrNotSup) {
			w.Errorf("CLIENT disconnects a peer: %v", err)
		}
	})
}

// TestConnectPeer: the number that connect gives is good before the connection is
// there (edge case 208).
func TestConnectPeer(t *testing.T) {
	for transport := range endpoints {
		t.Run(transport, func(t *testing.T) {
			w, ep := newWorld(t), fixed(t, transport)
			a, b := w.socket(zmq.PEER), w.socket(zmq.PEER)
			id, err := a.ConnectPeer(ep)
			if err != nil || id == 0 {
				t.Fatalf("connect: %d, %v", id, err)
			}
			w.sendTo(a, id, "early")
			if err := b.Bind(ep); err != nil {
				t.Fatal(err)
			}
			w.sendTo(b, w.wantFrom(b, "early"), "reply")
			if from := w.wantFrom(a, "reply"); from != id {
				t.Errorf("the reply is from %d, want %d", from, id)
			}
			if err := a.DisconnectPeer(id); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConnectPeerRefuses: other types with ENOTSUP, IMMEDIATE with EFAULT.
func TestConnectPeerRefuses(t *testing.T) {
	w := newWorld(t)
	for _, typ := range []zmq.SocketType{zmq.SERVER, zmq.CLIENT, zmq.ROUTER, zmq.CHANNEL} {
		if _, err := w.socket(typ).ConnectPeer("inproc://x"); !errors.Is(err, zmq.ErrNotSup) {
			t.Errorf("%v: %v", typ, err)
		}
	}
	if _, err := w.socket(zmq.PEER, zmq.WithImmediate(true)).ConnectPeer("inproc://x"); !errors.Is(err, zmq.ErrFault) {
		t.Errorf("with IMMEDIATE: %v", err)
	}
	if _, err := w.socket(zmq.PEER).ConnectPeer("x"); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("to nowhere: %v", err)
	}
}

// TestPeerState: ROUTER tells of its peers, others do not.
func TestPeerState(t *testing.T) {
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "inproc://state", zmq.WithSendHWM(1))
	dealer := w.connected(zmq.DEALER, ep, zmq.WithRoutingID([]byte("d")), zmq.WithRecvHWM(1))
	w.send(dealer, "x")
	w.want(router, "d", "x")
	if ok, err := router.PeerWritable([]byte("d")); !ok || err != nil {
		t.Errorf("an empty peer: %v, %v", ok, err)
	}
	w.send(router, "d", "1")
	w.send(router, "d", "2")
	if ok, err := router.PeerWritable([]byte("d")); ok || err != nil {
		t.Errorf("a full peer: %v, %v", ok, err)
	}
	if _, err := router.PeerWritable([]byte("e")); !errors.Is(err, zmq.ErrHostUnreach) {
		t.Errorf("no peer: %v", err)
	}
	if _, err := dealer.PeerWritable([]byte("d")); !errors.Is(err, zmq.ErrNotSup) {
		t.Errorf("a DEALER: %v", err)
	}
}

// TestAddressOfMsg: it lasts until the message is sent, closed or received into, and
// goes with a clone.
func TestAddressOfMsg(t *testing.T) {
	w := newWorld(t)
	a, ep := w.bound(zmq.PUSH, "inproc://address")
	b := w.connected(zmq.PULL, ep)
	m := zmq.NewMsg([]byte("x"))
	if err := errors.Join(m.SetRoutingID(7), m.SetGroup("g")); err != nil {
		t.Fatal(err)
	}
	c := m.Clone()
	if err := a.SendMsg(w.ctx, &m); err != nil {
		t.Fatal(err)
	}
	if m.RoutingID() != 0 || m.Group() != "" {
		t.Error("a sent message has an address")
	}
	if c.RoutingID() != 7 || c.Group() != "g" {
		t.Error("a clone has none")
	}
	if err := b.RecvMsg(w.ctx, &c); err != nil || c.RoutingID() != 0 || c.Group() != "" {
		t.Errorf("a received message has the old address, or %v", err)
	}
	if err := m.SetGroup(string(make([]byte, 256))); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("a group of 256 bytes: %v", err)
	}
}

// TestClientsShareServer: goroutines that share sockets of both kinds get their own
// answers.
func TestClientsShareServer(t *testing.T) {
	for _, transport := range []string{"tcp", "inproc"} {
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t)
			server, ep := w.bound(zmq.SERVER, endpoints[transport], zmq.WithSendHWM(4), zmq.WithRecvHWM(4))
			const clients, each = 6, 300
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() { serveEcho(w, server, clients*each/3) })
			}
			for c := range clients {
				client := w.connected(zmq.CLIENT, ep, zmq.WithSendHWM(4), zmq.WithRecvHWM(4))
				all.Go(func() {
					for i := range each {
						text := fmt.Sprintf("%d of %d", i, c)
						w.send(client, text)
						w.want(client, text)
					}
				})
			}
			all.Wait()
		})
	}
}

func serveEcho(w *world, s *zmq.Socket, n int) {
	var m zmq.Msg
	for range n {
		if err := errors.Join(s.RecvMsg(w.ctx, &m), s.SendMsg(w.ctx, &m)); err != nil {
			w.Error(err)
			return
		}
	}
}
