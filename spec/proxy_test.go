// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// proxied is a proxy between a PUSH and a PULL, and who talks over it.
type proxied struct {
	in, out         *zmq.Socket // the proxy's own
	front, back     *zmq.Socket
	captured, steer *zmq.Socket
	ended           chan error
	cancel          context.CancelFunc
}

// proxy starts one, which is steered where there is a type of control socket.
func (w *world) proxy(meet join, control, steer zmq.SocketType) *proxied {
	w.Helper()
	p := &proxied{ended: make(chan error, 1)}
	capture, c := w.socket(zmq.PUSH), w.socket(control)
	p.in, p.out, p.front, p.back = w.socket(zmq.PULL), w.socket(zmq.PUSH), w.socket(zmq.PUSH), w.socket(zmq.PULL)
	p.captured, p.steer = w.socket(zmq.PULL), w.socket(steer)
	meet(p.in, p.front)
	meet(p.out, p.back)
	meet(capture, p.captured)
	meet(c, p.steer)
	w.must(capture.WaitConnected(w.ctx, 1)) // it misses what there is no room for: differs
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(w.ctx)
	w.Cleanup(p.cancel)
	go func() { p.ended <- zmq.SteerableProxy(ctx, p.in, p.out, capture, c) }()
	return p
}

// edge case 216
func TestProxyIsSteeredAndCaptures(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		p := w.proxy(meet, zmq.REP, zmq.REQ)
		say := func(command string) {
			w.Helper()
			w.send(p.steer, command)
			w.want(p.steer, "")
		}
		for i := range 100 {
			w.send(p.front, fmt.Sprint(i), "more")
			w.want(p.back, fmt.Sprint(i), "more")
			w.want(p.captured, fmt.Sprint(i), "more")
		}
		say("PAUSE")
		w.send(p.front, "waits")
		say("whatever") // changes nothing: differs
		w.send(p.steer, "STATISTICS")
		m := w.recv(p.steer)
		var n [8]uint64
		for i := range m {
			n[i] = binary.NativeEndian.Uint64([]byte(m[i]))
		}
		if len(m) != 8 || n[0] != 100 || n[1] != 10+2*90+100*4 || n[6] != n[0] || n[7] != n[1] || n[2]+n[3]+n[4]+n[5] != 0 {
			w.Errorf("the statistics are %d", n)
		}
		w.wantNothing(p.back)
		say("RESUME")
		w.want(p.back, "waits")
		say("TERMINATE")
		w.must(<-p.ended)
	})
}

// edge case 216: a control socket that cannot answer is obeyed.
func TestProxyIsSteeredWithoutAnAnswer(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		p := w.proxy(meet, zmq.PULL, zmq.PUSH)
		w.send(p.front, "x")
		w.want(p.back, "x")
		w.send(p.steer, "STATISTICS")
		w.send(p.steer, "TERMINATE")
		w.must(<-p.ended)
	})
}

// edge case 217
func TestProxyBetweenASocketAndItself(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		s, peer, c, steer := w.socket(zmq.DEALER), w.socket(zmq.DEALER), w.socket(zmq.REP), w.socket(zmq.REQ)
		meet(s, peer)
		meet(c, steer)
		ended := make(chan error, 1)
		go func() { ended <- zmq.SteerableProxy(w.ctx, s, s, nil, c) }()
		w.send(peer, "x")
		w.want(peer, "x")
		w.send(steer, "TERMINATE")
		w.want(steer, "")
		w.must(<-ended)
	})
}

// edge case 218
func TestProxyEndsWithItsSockets(t *testing.T) {
	for end, want := range map[string]error{"socket": zmq.ErrNotSock, "context": zmq.ErrTerm, "call": context.Canceled} {
		t.Run(end, func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				p := w.proxy(meet, zmq.REP, zmq.REQ)
				w.send(p.front, "x")
				w.want(p.back, "x")
				w.must(p.back.Close()) // is not the end
				switch end {
				case "socket":
					w.must(p.out.Close())
				case "context":
					w.must(w.zc.Shutdown())
				case "call":
					p.cancel()
				}
				w.wantError("the proxy", <-p.ended, want)
			})
		})
	}
}
