// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// fill sends until there is no room and returns how many messages there was room
// for.
func (w *world) fill(s *zmq.Socket, frames ...[]byte) (n int) {
	w.Helper()
	for {
		err := s.TrySend(frames...)
		if errors.Is(err, zmq.ErrAgain) {
			return n
		}
		w.must(err)
		n++
	}
}

// edge case 81
func TestHighWaterMarkCountsMessages(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://hwm", zmq.WithRecvHWM(2))
	out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(3))
	parts := make([][]byte, 20)
	if n := w.fill(out, parts...); n != 5 {
		t.Errorf("room for %d messages of 20 parts, want 5", n)
	}
	_ = in
}

// edge cases 81, 85 and 86: what has no peer yet has its own mark alone, on every
// transport.
func TestHighWaterMarkBeforeThePeer(t *testing.T) {
	for name := range transports {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ep := w.free(name)
			out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(3), zmq.WithReconnectInterval(time.Millisecond))
			parts := make([][]byte, 20)
			if n := w.fill(out, parts...); n != 3 {
				t.Errorf("room for %d messages of 20 parts, want 3", n)
			}
			w.must(out.Set(zmq.WithSendHWM(5)))
			if n := w.fill(out, parts...); n != 2 {
				t.Errorf("after raising the mark by 2 room for %d", n)
			}
			in := w.socket(zmq.PULL)
			w.must(in.Bind(ep))
			for range 5 {
				w.want(in, make([]string, 20)...)
			}
			w.send(out, "room again")
			w.want(in, "room again")
		})
	}
}

// edge case 81
func TestIdentityDoesNotCount(t *testing.T) {
	for _, id := range []string{"", "me"} {
		w := newWorld(t)
		in, ep := w.bound(zmq.ROUTER, "inproc://hwm", zmq.WithRecvHWM(1))
		var opts []zmq.Option
		if id != "" {
			opts = append(opts, zmq.WithRoutingID([]byte(id)))
		}
		out := w.connected(zmq.DEALER, ep, append(opts, zmq.WithSendHWM(1))...)
		if n := w.fill(out, nil); n != 2 {
			t.Errorf("room for %d messages, want 2", n)
		}
		_ = in
	}
}

// edge case 82
func TestRoomComesAfterHalf(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://lwm", zmq.WithRecvHWM(5))
	out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(5))
	for range 5 {
		w.send(out, "x")
		w.want(in, "x")
	}
	if n := w.fill(out, []byte("x")); n != 10 {
		t.Fatalf("room for %d messages, want 10", n)
	}
	for i := 1; i <= 5; i++ {
		w.want(in, "x")
		if got, want := out.TrySend([]byte("x")) == nil, i == 5; got != want {
			t.Fatalf("after %d of 10 were received there is room: %v, want %v", i, got, want)
		}
	}
}

// edge case 85
func TestInprocMarksAddUp(t *testing.T) {
	for _, x := range []struct{ send, recv, want int }{{3, 4, 7}, {1, 1, 2}, {0, 4, 0}, {3, 0, 0}} {
		w := newWorld(t)
		out := w.connected(zmq.PUSH, "inproc://sum", zmq.WithSendHWM(x.send))
		if x.send > 0 {
			if n := w.fill(out, nil); n != x.send {
				t.Errorf("room for %d before bind, want %d", n, x.send)
			}
		}
		in, _ := w.bound(zmq.PULL, "inproc://sum", zmq.WithRecvHWM(x.recv))
		_ = in
		if x.want > 0 {
			if n := w.fill(out, nil); n != x.want-x.send {
				t.Errorf("%d and %d: room for %d more, want %d", x.send, x.recv, n, x.want-x.send)
			}
			continue
		}
		for range 5000 {
			w.must(out.TrySend(nil))
		}
	}
}

// edge case 86
func TestMarksChangeAtOnce(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://change", zmq.WithRecvHWM(1))
	out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(1))
	if n := w.fill(out, nil); n != 2 {
		t.Errorf("room for %d, want 2", n)
	}
	w.must(out.Set(zmq.WithSendHWM(4)))
	if n := w.fill(out, nil); n != 3 {
		t.Errorf("after raising the mark by 3 room for %d", n)
	}
	w.must(out.Set(zmq.WithSendHWM(1)))
	if n := w.fill(out, nil); n != 0 {
		t.Errorf("after lowering it room for %d", n)
	}
	for range 5 {
		w.want(in, "")
	}
	if n := w.fill(out, nil); n == 0 {
		t.Error("no room in what was emptied")
	}
}

// edge case 86
func TestMarksChangeOnBothEnds(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "inproc://change", zmq.WithRecvHWM(1))
	out := w.connected(zmq.PUSH, ep, zmq.WithSendHWM(1))
	w.must(in.Set(zmq.WithRecvHWM(3)))
	w.must(out.Set(zmq.WithSendHWM(2)))
	if n := w.fill(out, nil); n != 5 {
		t.Errorf("with marks of 2 and 3 room for %d", n)
	}
}

// edge case 94
func TestImmediateHasNoQueueWithoutPeer(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		out := w.connected(zmq.PUSH, ep, zmq.WithImmediate(true), zmq.WithReconnectInterval(time.Millisecond))
		w.wantError("send before there is a peer", out.TrySend([]byte("x")), zmq.ErrAgain)
		p := w.accept(l)
		p.shake(1, "PULL")
		w.send(out, "one")
		p.want("\x00\x03one")
		events := out.Events(w.ctx, zmq.EventDisconnected)
		_ = p.Close()
		until(events, zmq.EventDisconnected)
		for out.TrySend([]byte("lost, perhaps")) == nil { // until the pipe is gone
		}
		p = w.accept(l)
		p.shake(1, "PULL")
		w.send(out, "two")
		p.want("\x00\x03two")
	})
}

// edge case 98
func TestPushDropsWhatComesIn(t *testing.T) {
	w := newWorld(t)
	out, ep := w.bound(zmq.PUSH, "inproc://nodelay")
	other := w.connected(zmq.DEALER, ep)
	w.send(other, "nobody reads this")
	w.must(other.Close())
	for w.peers(out) > 0 {
	}
}

// edge case 103
func TestCloseDoesNotWait(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s, err := w.zc.NewSocket(zmq.PUSH)
		w.must(err)
		w.must(s.Connect(ep))
		w.send(s, "sent in the background")
		w.must(s.Close())
		p := w.accept(l)
		p.shake(1, "PULL")
		p.want("\x00\x16sent in the background")
	})
}

// edge case 104
func TestClosedSocketIsNone(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PAIR)
	w.must(s.Close())
	_, err := s.TryRecv()
	w.wantError("receive", err, zmq.ErrNotSock)
	w.wantError("send", s.TrySend(nil), zmq.ErrNotSock)
	w.wantError("bind", s.Bind("inproc://x"), zmq.ErrNotSock)
	w.wantError("connect", s.Connect("inproc://x"), zmq.ErrNotSock)
	w.wantError("set", s.Set(zmq.WithLinger(0)), zmq.ErrNotSock)
	w.wantError("close", s.Close(), zmq.ErrNotSock)
}

// edge case 106
func TestDisconnectDropsUnread(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		in := w.connected(zmq.PULL, ep)
		p := w.accept(l)
		p.shake(1, "PUSH")
		p.say("\x00\x01a" + "\x00\x01b")
		w.want(in, "a")
		w.must(in.Disconnect(ep))
		_, err := in.TryRecv()
		w.wantError("receive after disconnect", err, zmq.ErrAgain)
		p.wantEnd()
	})
}

// edge case 112
func TestShutdownEndsEveryCall(t *testing.T) {
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	s, err := zc.NewSocket(zmq.PAIR)
	w.must(err)
	var blocked sync.WaitGroup
	blocked.Go(func() {
		_, err := s.Recv(w.ctx)
		w.wantError("blocked receive", err, zmq.ErrTerm)
	})
	blocked.Go(func() { w.wantError("blocked send", s.Send(w.ctx, nil), zmq.ErrTerm) })
	w.must(zc.Shutdown())
	blocked.Wait()
	w.wantError("send", s.TrySend(nil), zmq.ErrTerm)
	w.wantError("bind", s.Bind("inproc://x"), zmq.ErrTerm)
	_, err = s.SockOpt(16)
	w.wantError("get option", err, zmq.ErrTerm)
	_, err = s.Ready()
	w.wantError("ready", err, zmq.ErrTerm)
	_, err = zmq.Poll(w.ctx, []zmq.PollItem{{Socket: s, Events: zmq.PollIn}})
	w.wantError("poll", err, zmq.ErrTerm)
	// edge case 118
	w.wantError("set option", s.Set(zmq.WithLinger(0)), zmq.ErrTerm)
	_, err = zc.NewSocket(zmq.PAIR)
	w.wantError("new socket", err, zmq.ErrTerm)
	// edge case 113
	w.must(zc.Shutdown())
	brief, cancel := context.WithTimeout(w.ctx, moment)
	defer cancel()
	w.wantError("Term with an open socket", zc.Term(brief), context.DeadlineExceeded)
	w.must(s.Close())
	w.must(zc.Term(w.ctx))
}

// edge case 114
func TestTermWithPendingInproc(t *testing.T) {
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	s, err := zc.NewSocket(zmq.PUSH)
	w.must(err)
	w.must(s.Connect("inproc://never"))
	w.send(s, "to nobody")
	w.must(s.Close())
	w.must(zc.Term(w.ctx))
}

// edge case 115
func TestTermWithoutSocket(t *testing.T) {
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	if err := zc.Term(t.Context()); err != nil {
		t.Error(err)
	}
}

// edge case 117
func TestLingerDefaults(t *testing.T) {
	w := newWorld(t)
	for typ := zmq.PAIR; typ <= zmq.CHANNEL; typ++ {
		want := zmq.Forever
		if typ == zmq.SUB || typ == zmq.XSUB || typ == zmq.DISH {
			want = 0
		}
		if got := w.socket(typ).Options().Linger; got != want {
			t.Errorf("%v lingers %v, want %v", typ, got, want)
		}
	}
	zc, err := zmq.NewContext(zmq.WithBlocky(false))
	w.must(err)
	s, err := zc.NewSocket(zmq.PUSH)
	w.must(err)
	if got := s.Options().Linger; got != 0 {
		t.Errorf("without BLOCKY a socket lingers %v", got)
	}
	w.must(s.Close())
	w.must(zc.Term(w.ctx))
}

// edge case 127
func TestTimeoutOfZeroDoesNotWait(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PAIR, zmq.WithRecvTimeout(0), zmq.WithSendTimeout(0))
	_, err := s.Recv(w.ctx)
	w.wantError("receive", err, zmq.ErrAgain)
	w.wantError("send", s.Send(w.ctx, nil), zmq.ErrAgain)
}

// edge case 127: a timeout, the call's context, whichever is first.
func TestTimeoutsEndTheWait(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PAIR, zmq.WithRecvTimeout(time.Millisecond), zmq.WithSendTimeout(time.Millisecond))
	w.wantError("receive", ignore(s.Recv(w.ctx)), zmq.ErrTimeout)
	w.wantError("send", s.Send(w.ctx, nil), zmq.ErrTimeout)
	w.must(s.Set(zmq.WithRecvTimeout(patience), zmq.WithSendTimeout(patience)))
	brief, cancel := context.WithTimeout(w.ctx, time.Millisecond)
	defer cancel()
	w.wantError("receive", ignore(s.Recv(brief)), context.DeadlineExceeded)
	w.wantError("send", s.Send(brief, nil), context.DeadlineExceeded)
	w.must(s.Set(zmq.WithRecvTimeout(zmq.Forever), zmq.WithSendTimeout(zmq.Forever)))
	w.wantError("receive", ignore(s.Recv(brief)), context.DeadlineExceeded)
}

// edge case 191
func TestPushSendsIntoWhatIsConnecting(t *testing.T) {
	for name := range transports {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in, ep := w.bound(zmq.PULL, transports[name])
			out := w.connected(zmq.PUSH, ep)
			w.must(out.Connect(w.free(name)))
			for i := range 4 {
				w.send(out, fmt.Sprint(i))
			}
			w.want(in, "0")
			w.want(in, "2")
			w.send(out, "4")
			w.want(in, "4")
			_, err := in.TryRecv()
			w.wantError("the rest", err, zmq.ErrAgain)
		})
	}
}

// edge case 219
func TestFailedSendLeavesMessage(t *testing.T) {
	onEach(t, func(w *world, endpoint string) {
		s := w.socket(zmq.PUSH)
		m := zmq.NewMsg([]byte("small"), []byte(strings.Repeat("x", 10_000)))
		w.wantError("send to nobody", s.TrySendMsg(&m), zmq.ErrAgain)
		if m.Len() != 2 || string(m.Frame(0)) != "small" || len(m.Frame(1)) != 10_000 {
			w.Errorf("the message became %d frames", m.Len())
		}
		in, ep := w.bound(zmq.PULL, endpoint)
		w.must(s.Connect(ep))
		w.must(s.TrySendMsg(&m))
		if m.Len() != 0 {
			w.Errorf("a sent message has %d frames", m.Len())
		}
		w.want(in, "small", strings.Repeat("x", 10_000))
	})
}

// edge case 227
func TestOptionsAreCopiedByEndpoints(t *testing.T) {
	onEachWire(t, func(w *world) {
		in, ep := w.bound(zmq.PULL, w.any())
		w.must(in.Set(zmq.WithMaxMsgSize(1)))
		out := w.connected(zmq.PUSH, ep)
		w.send(out, "longer than one byte")
		w.want(in, "longer than one byte")
	})
}
