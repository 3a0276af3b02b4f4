// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 134
func TestConnectTwice(t *testing.T) {
	for typ, c := range map[zmq.SocketType]struct {
		peer        zmq.SocketType
		connections int
	}{
		zmq.DEALER: {zmq.ROUTER, 1}, zmq.SUB: {zmq.PUB, 1}, zmq.PUB: {zmq.SUB, 1}, zmq.REQ: {zmq.REP, 1},
		zmq.PUSH: {zmq.PULL, 2}, zmq.PULL: {zmq.PUSH, 2}, zmq.ROUTER: {zmq.DEALER, 2}, zmq.XSUB: {zmq.XPUB, 2},
		zmq.XPUB: {zmq.XSUB, 2}, zmq.REP: {zmq.REQ, 2},
	} {
		onConnects(t, c.peer, func(w *world, ep string, bind func()) {
			s := w.socket(typ)
			w.must(errors.Join(s.Connect(ep), s.Connect(ep)))
			bind()
			if n := w.peers(s); n != c.connections {
				w.Errorf("%v has %d connections to %s, want %d", typ, n, ep, c.connections)
			}
		})
	}
}

// onConnects runs a test of a socket that connects on each transport, before and
// after a socket of a type is bound where it connects to; bind does that, unless it
// is.
func onConnects(t *testing.T, typ zmq.SocketType, f func(w *world, ep string, bind func())) {
	for transport := range transports {
		onConnect(t, transport, typ, f)
	}
}

// onConnect is onConnects on one transport.
func onConnect(t *testing.T, transport string, typ zmq.SocketType, f func(w *world, ep string, bind func())) {
	for name, first := range map[string]bool{"bind first": true, "connect first": false} {
		t.Run(transport+"/"+name, func(t *testing.T) {
			w := newWorld(t)
			ep, peer := w.free(transport), w.socket(typ)
			w.over(ep, false, first)
			if first {
				w.must(peer.Bind(ep))
			}
			f(w, ep, func() {
				if !first {
					w.must(peer.Bind(ep))
				}
			})
		})
	}
}

// edge cases 135, 139 and 140: names are looked up later, and again and again.
func TestConnectLooksAtTheTextOnly(t *testing.T) {
	w := newWorld(t)
	w.over("tcp://", false, false)
	s := w.socket(zmq.PUSH)
	for _, ep := range []string{
		"tcp://no-such-host.invalid:1", "tcp://[::1]:1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65535", "tcp://a-b_c.invalid:1",
		"tcp://127.0.0.1:0;127.0.0.1:1",
	} {
		w.must(s.Connect(ep))
	}
	for _, ep := range []string{
		"tcp://", "tcp://x", "x", "", "tcp://x:y", "inproc://", "://x", "tcp://127.0.0.1:", "tcp://127.0.0.1:*", "tcp://*:1",
		"tcp://127.0.0.1:-1", "tcp://-a:1", "tcp://_a:1", "tcp://a b:1", "tcp://a@b:1", "tcp://a/b:1", "tcp://a:1/", "tcp://[::1:1", "tcp://:1",
		"tcp://127.0.0.1:65536", "tcp://127.0.0.1:65537", "tcp://127.0.0.1:1x",
	} {
		w.wantError(ep, s.Connect(ep), zmq.ErrInvalid)
	}
	w.wantError("unknown", s.Connect("xyz://x"), zmq.ErrProtoNoSupport)
	in := w.socket(zmq.PULL)
	for _, ep := range []string{"tcp://127.0.0.1:65536", "tcp://127.0.0.1:x", "tcp://127.0.0.1"} {
		w.wantError(ep, in.Bind(ep), zmq.ErrInvalid)
	}
	w.must(in.Bind("tcp://127.0.0.1:0")) // is what * is
	w.over("tcp://", true, true)
}

// edge case 136
func TestLastEndpoint(t *testing.T) {
	w := newWorld(t)
	s := w.connected(zmq.PUSH, "tcp://localhost:1")
	if got := s.LastEndpoint(); got != "tcp://localhost:1" {
		t.Errorf("after connect it is %q", got)
	}
	for transport, ep := range transports {
		w.must(s.Bind(ep))
		w.over(ep, true, true)
		resolved := s.LastEndpoint()
		if (resolved == ep) != (transport == "inproc") || !strings.HasPrefix(resolved, transport+"://") {
			t.Errorf("after bind to %q it is %q", ep, resolved)
		}
		w.must(s.Unbind(resolved))
	}
	onConnects(t, zmq.PULL, func(w *world, ep string, _ func()) {
		s := w.connected(zmq.PUSH, ep)
		if got := s.LastEndpoint(); got != ep {
			w.Errorf("after connect to %q it is %q", ep, got)
		}
	})
}

// edge case 137: by the text; either call ends what is bound, or has connected.
func TestUnbindWantsTheResolvedName(t *testing.T) {
	onEach(t, func(w *world, endpoint string) {
		s, ep := w.bound(zmq.PULL, endpoint)
		w.over(ep, true, true)
		if ep != endpoint {
			w.wantError("unbind the wildcard", s.Unbind(endpoint), zmq.ErrNoEnt)
		}
		w.wantError("unbind another one", s.Unbind(ep+"1"), zmq.ErrNoEnt)
		w.must(s.Unbind(ep))
		w.wantError("unbind twice", s.Unbind(ep), zmq.ErrNoEnt)
		w.must(s.Bind(endpoint))
		w.must(s.Disconnect(s.LastEndpoint()))
	})
	onConnects(t, zmq.PULL, func(w *world, ep string, _ func()) {
		s := w.connected(zmq.PUSH, ep)
		w.wantError("disconnect from another one", s.Disconnect(ep+"1"), zmq.ErrNoEnt)
		w.must(s.Disconnect(ep))
		w.wantError("disconnect twice", s.Disconnect(ep), zmq.ErrNoEnt)
		w.must(errors.Join(s.Connect(ep), s.Unbind(ep)))
	})
}

// edge case 138
func TestDisconnectEndsAllOfAName(t *testing.T) {
	onConnects(t, zmq.PULL, func(w *world, ep string, bind func()) {
		s := w.socket(zmq.PUSH, zmq.WithLinger(0))
		w.must(errors.Join(s.Connect(ep), s.Connect(ep), s.Disconnect(ep)))
		if n := w.peers(s); n != 0 {
			w.Errorf("%d connections to %s are left", n, ep)
		}
		w.wantError("disconnect twice", s.Disconnect(ep), zmq.ErrNoEnt)
		bind()
		w.wantError("send to nobody", s.TrySend(nil), zmq.ErrAgain)
	})
}

// edge case 145
func TestInprocUnbindKeepsConnections(t *testing.T) {
	onOrders(t, words["inproc"], true, func(w *world, meet join) {
		binds, connects := w.socket(zmq.PAIR), w.socket(zmq.PAIR)
		meet(binds, connects)
		ep := binds.LastEndpoint()
		w.must(binds.Unbind(ep))
		for _, text := range []string{"still", "there"} {
			w.send(binds, text)
			w.want(connects, text)
			w.send(connects, text)
			w.want(binds, text)
		}
		w.must(w.socket(zmq.PAIR).Bind(ep)) // the name is free
		w.send(connects, "on its way")
		w.must(connects.Disconnect(ep))
		w.want(binds, "on its way")
	})
}

// edge case 146
func TestInprocConnectFirst(t *testing.T) {
	w := newWorld(t)
	w.over("inproc://", false, false)
	one := w.connected(zmq.DEALER, "inproc://later", zmq.WithRoutingID([]byte("one")))
	two := w.connected(zmq.DEALER, "inproc://later", zmq.WithRoutingID([]byte("two")))
	pub := w.connected(zmq.PUB, "inproc://sub")
	w.send(one, "1")
	w.send(two, "2")
	w.send(pub, "lost")
	router, _ := w.bound(zmq.ROUTER, "inproc://later")
	w.want(router, "one", "1")
	w.want(router, "two", "2")
	sub, _ := w.bound(zmq.SUB, "inproc://sub", zmq.WithSubscribe(""))
	w.must(pub.WaitSubscribed(w.ctx, 1))
	w.send(pub, "heard")
	w.want(sub, "heard")
}

// edge case 147
func TestInprocTakesOptionsOfBind(t *testing.T) {
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "inproc://snapshot", zmq.WithRoutingID([]byte("before")))
	w.must(router.Set(zmq.WithRoutingID([]byte("after"))))
	other := w.connected(zmq.ROUTER, ep, zmq.WithRoutingID([]byte("other")))
	w.send(other, "after", "x")
	w.send(other, "before", "y")
	w.want(router, "other", "y")
}

// edge cases 148 and 171: there is but the end of the watch.
func TestInprocHasNoEventsNorProperties(t *testing.T) {
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		domain := zmq.WithZAPDomain("nobody asks")
		in, out := w.socket(zmq.PULL, domain), w.socket(zmq.PUSH, domain)
		ctx, cancel := context.WithCancel(w.ctx)
		events := in.Events(ctx, zmq.EventAll)
		meet(in, out)
		w.send(out, "x")
		m, err := in.Recv(w.ctx)
		w.must(err)
		for _, name := range []string{"Socket-Type", "Peer-Address", "__fd", "Identity"} {
			if value, ok := m.Property(name); ok {
				w.Errorf("%s is %q", name, value)
			}
		}
		cancel()
		if got := until(events, zmq.EventMonitorStopped); len(got) != 1 {
			w.Errorf("the events are %v", got)
		}
	})
}

// edge case 149
func TestConnectRetriedBearsTheInterval(t *testing.T) {
	const interval = 3 // milliseconds
	bears := func(w *world, e zmq.Event) {
		w.Helper()
		if e.Type == zmq.EventConnectRetried && (e.Value < interval || e.Value >= 2*interval) {
			w.Errorf("the interval is %d ms", e.Value)
		}
	}
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(interval*time.Millisecond))
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(ep))
		_ = w.accept(l).Close()
		last := zmq.EventMonitorStopped
		for e := range events {
			bears(w, e)
			if e.Type == zmq.EventConnectRetried && last == zmq.EventMonitorStopped {
				w.Error("the first attempt is called a retry")
			}
			if last = e.Type; last == zmq.EventDisconnected {
				return
			}
		}
	})
	for _, transport := range wires {
		w := newWorld(t)
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(interval*time.Millisecond))
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(w.free(transport)))
		retries := 0
		for e := range events {
			bears(w, e)
			if e.Type == zmq.EventConnectRetried {
				if retries++; retries == 3 {
					break
				}
			}
		}
	}
}

// edge case 151
func TestNoReconnectInterval(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(zmq.Forever))
		events := s.Events(w.ctx, zmq.EventClosed)
		w.must(s.Connect(ep))
		again := func() {
			w.nobody(l)
			w.must(errors.Join(l.SetDeadline(time.Time{}), s.Connect(ep)))
		}
		if w.late { // the first attempt was the only one; the endpoint is there, and dead
			until(events, zmq.EventClosed)
			w.must(s.TrySend([]byte("to nobody")))
			w.nobody(l)
			w.must(errors.Join(s.Set(zmq.WithLinger(0)), s.Disconnect(ep)))
			again()
		}
		p := w.accept(l)
		p.shake(1, "PULL")
		_ = p.Close()
		for w.peers(s) > 0 { // the endpoint goes
		}
		again()
		p = w.accept(l)
		p.shake(1, "PULL")
		w.send(s, "again")
		p.want("\x00\x05again")
	})
}
