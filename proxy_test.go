// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// proxied is a proxy between a PUSH and a PULL socket.
type proxied struct {
	*world
	in, out  *zmq.Socket // the proxy's own
	out2     *zmq.Socket // what goes in
	in2      *zmq.Socket // what comes out
	captured *zmq.Socket
	control  *zmq.Socket
	ended    chan error
	cancel   context.CancelFunc
}

func newProxied(t *testing.T, ep string, control zmq.SocketType) *proxied {
	w := newWorld(t)
	p := &proxied{world: w, ended: make(chan error, 1)}
	name := func(s string) string {
		if ep == endpoints["inproc"] {
			return ep + s
		}
		return ep
	}
	var at string
	p.in, at = w.bound(zmq.PULL, name("in"))
	p.out2 = w.connected(zmq.PUSH, at)
	p.out, at = w.bound(zmq.PUSH, name("out"))
	p.in2 = w.connected(zmq.PULL, at)
	capture, at := w.bound(zmq.PUSH, "inproc://capture")
	p.captured = w.connected(zmq.PULL, at)
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(w.ctx)
	if control < 0 {
		go func() { p.ended <- zmq.Proxy(ctx, p.in, p.out, capture) }()
		return p
	}
	peer := map[zmq.SocketType]zmq.SocketType{zmq.REP: zmq.REQ, zmq.PAIR: zmq.PAIR, zmq.SUB: zmq.XPUB}[control]
	c, at := w.bound(control, name("control"))
	if control == zmq.SUB {
		w.ok(c.Subscribe(""))
	}
	p.control = w.connected(peer, at)
	go func() { p.ended <- zmq.SteerableProxy(ctx, p.in, p.out, capture, c) }()
	return p
}

// statistics asks, and returns messages and bytes.
func (p *proxied) statistics() (n [8]uint64) {
	p.Helper()
	p.send(p.control, "STATISTICS")
	frames := p.recv(p.control)
	if len(frames) != len(n) {
		p.Fatalf("%d frames", len(frames))
	}
	for i, f := range frames {
		if len(f) != 8 {
			p.Fatalf("frame %d has %d bytes", i, len(f))
		}
		n[i] = binary.NativeEndian.Uint64([]byte(f))
	}
	return n
}

// TestProxyCapture: what passes is whole, in order and seen; the end comes with
// the context.
func TestProxyCapture(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		p := newProxied(t, ep, -1)
		for i := range 200 {
			p.send(p.out2, fmt.Sprint(i), "more")
		}
		for i := range 200 {
			p.want(p.in2, fmt.Sprint(i), "more")
			p.want(p.captured, fmt.Sprint(i), "more")
		}
		p.cancel()
		is(t, <-p.ended, context.Canceled)
	})
}

// TestProxyEnds: with a socket, with the sockets' context, and at once where there
// is nothing to pass.
func TestProxyEnds(t *testing.T) {
	p := newProxied(t, endpoints["inproc"], -1)
	p.ok(p.out.Close())
	is(t, <-p.ended, zmq.ErrNotSock)
	p.cancel()
	p = newProxied(t, endpoints["inproc"], zmq.REP)
	p.ok(p.zc.Shutdown())
	is(t, <-p.ended, zmq.ErrTerm)
	p.cancel()
	w := newWorld(t)
	is(t, zmq.Proxy(w.ctx, w.socket(zmq.PUSH), w.socket(zmq.PUSH), nil), zmq.ErrNotSup)
	is(t, zmq.SteerableProxy(w.ctx, w.socket(zmq.PUSH), w.socket(zmq.PUSH), nil, w.socket(zmq.PAIR)), zmq.ErrNotSup)
}

// TestProxyOfOneSocket: both sides may be the same one (edge case 217).
func TestProxyOfOneSocket(t *testing.T) {
	w := newWorld(t)
	s, at := w.bound(zmq.DEALER, "inproc://echo")
	peer := w.connected(zmq.DEALER, at)
	control, at := w.bound(zmq.REP, "inproc://steer")
	steer := w.connected(zmq.REQ, at)
	ended := make(chan error, 1)
	go func() { ended <- zmq.SteerableProxy(w.ctx, s, s, nil, control) }()
	w.send(peer, "x")
	w.want(peer, "x")
	w.send(steer, "TERMINATE")
	w.want(steer, "")
	w.ok(<-ended)
}

// TestProxyIsSteered: PAUSE, RESUME, STATISTICS and TERMINATE, and what is none of
// them.
func TestProxyIsSteered(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		p := newProxied(t, ep, zmq.REP)
		say := func(command ...string) {
			t.Helper()
			p.send(p.control, command...)
			p.want(p.control, "")
		}
		p.send(p.out2, "one", "two")
		p.want(p.in2, "one", "two")
		say("PAUSE")
		say("PAUSE")
		if n := p.statistics(); n != [8]uint64{1, 6, 0, 0, 0, 0, 1, 6} {
			t.Errorf("statistics %d", n)
		}
		p.send(p.out2, "three")
		for range 3 {
			say("something else")
			say("RESUME", "RESUME")
		}
		if n := p.statistics(); n[0] != 1 {
			t.Errorf("a message passed: %d", n)
		}
		if _, err := p.in2.TryRecv(); err == nil {
			t.Error("a message came through")
		}
		say("RESUME")
		p.want(p.in2, "three")
		say("PAUSE")
		say("TERMINATE")
		p.ok(<-p.ended)
		p.cancel()
	})
}

// TestProxyIsSteeredByOthers: a control socket that is not REP answers STATISTICS
// alone; one that cannot answer is obeyed.
func TestProxyIsSteeredByOthers(t *testing.T) {
	p := newProxied(t, endpoints["tcp"], zmq.PAIR)
	p.send(p.control, "PAUSE")
	p.send(p.control, "RESUME")
	p.send(p.out2, "one")
	p.want(p.in2, "one")
	p.statistics()
	p.send(p.control, "PAUSE")
	p.cancel()
	is(t, <-p.ended, context.Canceled)

	p = newProxied(t, endpoints["inproc"], zmq.SUB)
	p.want(p.control, "\x01")
	p.send(p.control, "STATISTICS")
	p.send(p.control, "TERMINATE")
	p.ok(<-p.ended)
	p.cancel()
}
