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
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(2)), w.socket(zmq.PUSH, zmq.WithSendHWM(3))
		meet(in, out)
		parts := make([][]byte, 20)
		if n := w.fill(out, parts...); n != 5 {
			w.Errorf("room for %d messages of 20 parts, want 5", n)
		}
	})
}

// edge cases 81 and 86: behind a message that the peer does not read there is room
// for as many more as the mark says, of whatever number of parts.
func TestHighWaterMarkBehindTheWire(t *testing.T) {
	const huge, mark, more = 64 << 20, 10, 7 // more than any kernel holds
	parts := make([][]byte, 20)
	onBothEnds(t, zmq.PUSH, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PULL")
		w.send(s, strings.Repeat("x", huge))
		p.want("\x02" + size8(huge)) // it is no longer in the queue
		// That it has gone is told when half of the mark has.
		if n := w.fill(s, parts...); n != mark && n != mark-1 {
			w.Errorf("room for %d messages of 20 parts, the mark is %d", n, mark)
		}
		w.must(s.Set(zmq.WithSendHWM(mark + more)))
		w.must(s.TrySend(parts...))
		w.must(s.Set(zmq.WithSendHWM(mark)))
		if n := w.fill(s, parts...); n != 0 {
			w.Errorf("after lowering the mark room for %d", n)
		}
		w.must(s.Set(zmq.WithSendHWM(mark + more)))
		if n := w.fill(s, parts...); n != more-1 {
			w.Errorf("after raising the mark by %d and sending one room for %d", more, n)
		}
	}, zmq.WithSendHWM(mark))
}

// edge cases 81, 85 and 86: what has no peer yet has its own mark alone, on every
// transport.
func TestHighWaterMarkBeforeThePeer(t *testing.T) {
	for name := range transports {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ep := w.free(name)
			w.over(ep, false, false)
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
		onMeetings(t, words["inproc"], func(w *world, meet join) {
			in, out := w.socket(zmq.ROUTER, zmq.WithRecvHWM(1)), w.socket(zmq.DEALER, zmq.WithSendHWM(1))
			if id != "" {
				w.must(out.Set(named(id)))
			}
			meet(in, out)
			if n := w.fill(out, nil); n != 2 {
				w.Errorf("room for %d messages, want 2", n)
			}
		})
	}
}

// edge case 82
func TestRoomComesAfterHalf(t *testing.T) {
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(5)), w.socket(zmq.PUSH, zmq.WithSendHWM(5))
		meet(in, out)
		for range 5 {
			w.send(out, "x")
			w.want(in, "x")
		}
		if n := w.fill(out, []byte("x")); n != 10 {
			w.Fatalf("room for %d messages, want 10", n)
		}
		for i := 1; i <= 5; i++ {
			w.want(in, "x")
			if got, want := out.TrySend([]byte("x")) == nil, i == 5; got != want {
				w.Fatalf("after %d of 10 were received there is room: %v, want %v", i, got, want)
			}
		}
	})
}

// edge cases 84 and 85
func TestInprocMarksAddUp(t *testing.T) {
	for _, x := range []struct{ send, recv, want int }{{3, 4, 7}, {1, 1, 2}, {0, 4, 0}, {3, 0, 0}} {
		onMeetings(t, words["inproc"], func(w *world, meet join) {
			out, in := w.socket(zmq.PUSH, zmq.WithSendHWM(x.send)), w.socket(zmq.PULL, zmq.WithRecvHWM(x.recv))
			meet(out, in)
			if x.want > 0 {
				if n := w.fill(out, nil); n != x.want {
					w.Errorf("%d and %d: room for %d, want %d", x.send, x.recv, n, x.want)
				}
				return
			}
			for range 5000 {
				w.must(out.TrySend(nil))
			}
		})
	}
}

// edge case 86
func TestMarksChangeAtOnce(t *testing.T) {
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(1)), w.socket(zmq.PUSH, zmq.WithSendHWM(1))
		meet(in, out)
		if n := w.fill(out, nil); n != 2 {
			w.Errorf("room for %d, want 2", n)
		}
		w.must(out.Set(zmq.WithSendHWM(4)))
		w.must(out.TrySend(nil))
		w.must(out.Set(zmq.WithSendHWM(1)))
		if n := w.fill(out, nil); n != 0 {
			w.Errorf("after lowering the mark room for %d", n)
		}
		w.must(out.Set(zmq.WithSendHWM(4)))
		if n := w.fill(out, nil); n != 2 {
			w.Errorf("after raising the mark by 3 and sending one room for %d", n)
		}
		for range 5 {
			w.want(in, "")
		}
		if n := w.fill(out, nil); n == 0 {
			w.Error("no room in what was emptied")
		}
	})
}

// edge case 86
func TestMarksChangeOnBothEnds(t *testing.T) {
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(1)), w.socket(zmq.PUSH, zmq.WithSendHWM(1))
		meet(in, out)
		w.must(in.Set(zmq.WithRecvHWM(3)))
		w.must(out.Set(zmq.WithSendHWM(2)))
		if n := w.fill(out, nil); n != 5 {
			w.Errorf("with marks of 2 and 3 room for %d", n)
		}
	})
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
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		out, other := w.socket(zmq.PUSH), w.socket(zmq.DEALER)
		meet(out, other)
		w.send(other, "nobody reads this")
		w.must(other.Close())
		for w.peers(out) > 0 {
		}
	})
	onBothEnds(t, zmq.PUSH, func(w *world, s *zmq.Socket, p *peer) {
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p.shake(1, "PULL")
		p.say(frame2("nobody") + frame2("reads") + frame2("this"))
		_ = p.Close()
		until(events, zmq.EventDisconnected)
		for p.l == nil && w.peers(s) > 0 { // what has connected stays
		}
		p = p.again()
		p.shake(1, "PULL")
		w.send(s, "x")
		p.want(frame2("x"))
	})
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

// edge cases 112, 113 and 118
func TestShutdownEndsEveryCall(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		s, full, other := w.socket(zmq.PULL), w.socket(zmq.PUSH, zmq.WithSendHWM(1)), w.socket(zmq.PULL, zmq.WithRecvHWM(1))
		meet(s, w.socket(zmq.PUSH))
		meet(full, other)
		w.must(full.WaitConnected(w.ctx, 1))
		w.fill(full, make([]byte, 1<<20))
		var blocked sync.WaitGroup
		blocked.Go(func() { w.wantError("blocked receive", ignore(s.Recv(w.ctx)), zmq.ErrTerm) })
		blocked.Go(func() {
			for { // the kernel may take some more
				if err := full.Send(w.ctx, make([]byte, 1<<20)); err != nil {
					w.wantError("blocked send", err, zmq.ErrTerm)
					return
				}
			}
		})
		w.must(w.zc.Shutdown())
		blocked.Wait()
		w.wantError("receive", ignore(s.TryRecv()), zmq.ErrTerm)
		w.wantError("send", full.TrySend(nil), zmq.ErrTerm)
		w.wantError("bind", s.Bind("inproc://x"), zmq.ErrTerm)
		_, err := s.SockOpt(16)
		w.wantError("get option", err, zmq.ErrTerm)
		_, err = s.Ready()
		w.wantError("ready", err, zmq.ErrTerm)
		_, err = zmq.Poll(w.ctx, []zmq.PollItem{{Socket: s, Events: zmq.PollIn}})
		w.wantError("poll", err, zmq.ErrTerm)
		w.wantError("set option", s.Set(zmq.WithLinger(0)), zmq.ErrTerm) // edge case 118
		_, err = w.zc.NewSocket(zmq.PAIR)
		w.wantError("new socket", err, zmq.ErrTerm)
		w.must(w.zc.Shutdown()) // edge case 113
		brief, cancel := context.WithTimeout(w.ctx, time.Millisecond)
		defer cancel()
		w.wantError("Term with an open socket", w.zc.Term(brief), context.DeadlineExceeded)
	})
}

// edge case 114
func TestTermWithPendingInproc(t *testing.T) {
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.over("inproc://never", false, false)
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
	onEachMeeting(t, func(w *world, meet join) {
		at0 := []zmq.Option{zmq.WithRecvTimeout(0), zmq.WithSendTimeout(0)}
		s, other := w.socket(zmq.PAIR, at0...), w.socket(zmq.PAIR, at0...)
		w.wantError("receive", ignore(s.Recv(w.ctx)), zmq.ErrAgain)
		w.wantError("send", s.Send(w.ctx, nil), zmq.ErrAgain)
		meet(s, other)
		w.must(s.WaitConnected(w.ctx, 1))
		w.wantError("receive with a peer", ignore(s.Recv(w.ctx)), zmq.ErrAgain)
		w.must(s.Send(w.ctx, []byte("there is room")))
		w.must(other.Set(zmq.WithRecvTimeout(zmq.Forever)))
		w.want(other, "there is room")
		w.must(other.Send(w.ctx, []byte("and back")))
		for { // it comes when it comes, but no call waits for it
			m, err := s.Recv(w.ctx)
			if err == nil {
				if string(m.Frame(0)) != "and back" {
					w.Errorf("received %q", m.Frames())
				}
				return
			}
			w.wantError("receive", err, zmq.ErrAgain)
		}
	})
}

// edge case 127: a timeout, the call's context, whichever is first.
func TestTimeoutsEndTheWait(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		s, full := w.socket(zmq.PULL, zmq.WithRecvTimeout(time.Millisecond)), w.socket(zmq.PUSH, zmq.WithSendTimeout(time.Millisecond))
		fails := func(ctx context.Context, want error) {
			w.Helper()
			w.wantError("receive", ignore(s.Recv(ctx)), want)
			err := full.Send(ctx, make([]byte, 1<<20))
			for err == nil { // the kernel takes some more, perhaps
				err = full.Send(ctx, make([]byte, 1<<20))
			}
			w.wantError("send", err, want)
		}
		fails(w.ctx, zmq.ErrTimeout)
		meet(s, w.socket(zmq.PUSH))
		w.must(full.Set(zmq.WithSendHWM(1)))
		meet(full, w.socket(zmq.PULL, zmq.WithRecvHWM(1)))
		w.must(full.WaitConnected(w.ctx, 1))
		fails(w.ctx, zmq.ErrTimeout)
		w.must(errors.Join(s.Set(zmq.WithRecvTimeout(patience)), full.Set(zmq.WithSendTimeout(patience))))
		brief, cancel := context.WithTimeout(w.ctx, time.Millisecond)
		defer cancel()
		fails(brief, context.DeadlineExceeded)
		w.must(errors.Join(s.Set(zmq.WithRecvTimeout(zmq.Forever)), full.Set(zmq.WithSendTimeout(zmq.Forever))))
		fails(brief, context.DeadlineExceeded)
	})
}

// edge case 191
func TestPushSendsIntoWhatIsConnecting(t *testing.T) {
	for name := range transports {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
			w.together(true, false, w.free(name), in, out)
			nobody := w.free(name)
			w.over(nobody, false, false)
			w.must(out.Connect(nobody))
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
	onEachMeeting(t, func(w *world, meet join) {
		s, in := w.socket(zmq.PUSH), w.socket(zmq.PULL)
		m := zmq.NewMsg([]byte("small"), []byte(strings.Repeat("x", 10_000)))
		w.wantError("send to nobody", s.TrySendMsg(&m), zmq.ErrAgain)
		if m.Len() != 2 || string(m.Frame(0)) != "small" || len(m.Frame(1)) != 10_000 {
			w.Errorf("the message became %d frames", m.Len())
		}
		meet(s, in)
		w.must(s.WaitConnected(w.ctx, 1))
		w.must(s.TrySendMsg(&m))
		if m.Len() != 0 {
			w.Errorf("a sent message has %d frames", m.Len())
		}
		w.want(in, "small", strings.Repeat("x", 10_000))
	})
}

// edge case 227
func TestOptionsAreCopiedByEndpoints(t *testing.T) {
	const long = "longer than one byte"
	onEachWire(t, func(w *world) {
		in, ep := w.bound(zmq.PULL, w.any())
		w.must(in.Set(zmq.WithMaxMsgSize(1)))
		l, at := w.listen()
		out := w.connected(zmq.PULL, at)
		w.must(out.Set(zmq.WithMaxMsgSize(1)))
		for s, p := range map[*zmq.Socket]*peer{in: w.dial(ep), out: w.accept(l)} {
			p.shake(1, "PUSH")
			p.say(frame2(long))
			w.want(s, long)
		}
	})
}
