// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 134
func TestConnectTwice(t *testing.T) {
	w := newWorld(t)
	for typ, want := range map[zmq.SocketType]int{
		zmq.DEALER: 1, zmq.SUB: 1, zmq.PUB: 1, zmq.REQ: 1,
		zmq.PUSH: 2, zmq.PULL: 2, zmq.ROUTER: 2, zmq.XSUB: 2, zmq.XPUB: 2, zmq.REP: 2,
	} {
		for _, ep := range []string{"tcp://127.0.0.1:1", "ipc:///nobody/is/here", "inproc://twice"} {
			s := w.socket(typ)
			w.must(errors.Join(s.Connect(ep), s.Connect(ep)))
			if n := w.peers(s); n != want {
				t.Errorf("%v has %d connections to %s, want %d", typ, n, ep, want)
			}
		}
	}
}

// edge case 135
func TestConnectLooksAtTheTextOnly(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PUSH)
	w.must(s.Connect("tcp://no-such-host.invalid:1"))
	for _, ep := range []string{"tcp://", "tcp://x", "x", "", "tcp://x:y", "inproc://", "://x"} {
		w.wantError(ep, s.Connect(ep), zmq.ErrInvalid)
	}
	w.wantError("unknown", s.Connect("xyz://x"), zmq.ErrProtoNoSupport)
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
		resolved := s.LastEndpoint()
		if (resolved == ep) != (transport == "inproc") || !strings.HasPrefix(resolved, transport+"://") {
			t.Errorf("after bind to %q it is %q", ep, resolved)
		}
		w.must(s.Unbind(resolved))
	}
}

// edge case 137
func TestUnbindWantsTheResolvedName(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PULL, w.any())
		w.wantError("unbind the wildcard", s.Unbind(w.any()), zmq.ErrNoEnt)
		w.wantError("disconnect from nothing", s.Disconnect("tcp://127.0.0.1:1"), zmq.ErrNoEnt)
		w.must(s.Unbind(ep))
		w.wantError("unbind twice", s.Unbind(ep), zmq.ErrNoEnt)
	})
}

// edge case 138
func TestDisconnectEndsAllOfAName(t *testing.T) {
	for _, ep := range []string{"tcp://127.0.0.1:1", "ipc:///nobody/is/here", "inproc://all"} {
		w := newWorld(t)
		s := w.socket(zmq.PUSH, zmq.WithLinger(0))
		w.must(errors.Join(s.Connect(ep), s.Connect(ep), s.Disconnect(ep)))
		if n := w.peers(s); n != 0 {
			t.Errorf("%d connections to %s are left", n, ep)
		}
		w.wantError("disconnect twice", s.Disconnect(ep), zmq.ErrNoEnt)
	}
}

// edge case 145
func TestInprocUnbindKeepsConnections(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://kept")
	out := w.connected(zmq.PUSH, ep)
	w.must(in.Unbind(ep))
	w.send(out, "still there")
	w.want(in, "still there")
	other := w.socket(zmq.PULL)
	w.must(other.Bind(ep))
}

// edge case 146
func TestInprocConnectFirst(t *testing.T) {
	w := newWorld(t)
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

// edge case 148
func TestInprocHasNoEventsNorProperties(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://bare", zmq.WithZAPDomain("nobody asks"))
	ctx, cancel := context.WithCancel(w.ctx)
	events := in.Events(ctx, zmq.EventAll)
	out := w.connected(zmq.PUSH, ep)
	w.send(out, "x")
	m, err := in.Recv(w.ctx)
	w.must(err)
	for _, name := range []string{"Socket-Type", "Peer-Address", "__fd", "Identity"} {
		if value, ok := m.Property(name); ok {
			t.Errorf("%s is %q", name, value)
		}
	}
	cancel()
	for e := range events {
		if e.Type != zmq.EventMonitorStopped {
			t.Errorf("the event %v came", e.Type)
		}
	}
}

// edge case 149
func TestConnectRetriedBearsTheInterval(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		w := newWorld(t)
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(3*time.Millisecond))
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(w.free(transport)))
		first := true
		for e := range events {
			if first && e.Type == zmq.EventConnectRetried {
				t.Errorf("%s: the first attempt is called a retry", transport)
			}
			first = false
			if e.Type == zmq.EventConnectRetried {
				if e.Value < 3 || e.Value >= 6 {
					t.Errorf("%s: the interval is %d ms", transport, e.Value)
				}
				break
			}
		}
	}
}

// edge case 151
func TestNoReconnectInterval(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.connected(zmq.PUSH, ep, zmq.WithReconnectInterval(zmq.Forever))
		p := w.accept(l)
		p.shake(1, "PULL")
		_ = p.Close()
		for w.peers(s) > 0 {
		}
		w.nobody(l)
		w.must(l.SetDeadline(time.Time{}))
		w.must(s.Connect(ep))
		p = w.accept(l)
		p.shake(1, "PULL")
		w.send(s, "again")
		p.want("\x00\x05again")
	})
}

// edge case 169
func TestNoDisconnectedOfOnesOwn(t *testing.T) {
	onEachWire(t, func(w *world) {
		_, ep := w.bound(zmq.PULL, w.any())
		s, err := w.zc.NewSocket(zmq.PUSH)
		w.must(err)
		events := s.Events(w.ctx, zmq.EventAll)
		w.must(s.Connect(ep))
		w.must(s.WaitConnected(w.ctx, 1))
		w.must(errors.Join(s.Disconnect(ep), s.Close()))
		got := until(events, zmq.EventMonitorStopped)
		if slices.Contains(got, zmq.EventDisconnected) {
			w.Errorf("the events are %v", got)
		}
	})
}
