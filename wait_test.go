// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// soon is the end of waiting for what does not happen.
func (w *world) soon() context.Context {
	ctx, cancel := context.WithTimeout(w.ctx, time.Millisecond)
	w.Cleanup(cancel)
	return ctx
}

// TestWaitConnected: with peers that come before and later, on both ends.
func TestWaitConnected(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		s, at := w.bound(zmq.DEALER, ep)
		w.ok(s.WaitConnected(w.ctx, 0))
		is(t, s.WaitConnected(w.soon(), 1), context.DeadlineExceeded)
		first := w.connected(zmq.DEALER, at)
		w.ok(s.WaitConnected(w.ctx, 1))
		w.ok(first.WaitConnected(w.ctx, 1))
		is(t, s.WaitConnected(w.soon(), 2), context.DeadlineExceeded)
		done := make(chan error)
		go func() { done <- s.WaitConnected(w.ctx, 3) }()
		second, third := w.connected(zmq.DEALER, at), w.socket(zmq.ROUTER)
		w.ok(third.Connect(at))
		w.ok(<-done)
		w.ok(errors.Join(second.Close(), s.Close()))
		is(t, s.WaitConnected(w.ctx, 1), zmq.ErrNotSock)
	})
}

// TestWaitConnectedToNobody: an endpoint without a peer is no connection, and the
// end of the context and of the socket end the waiting.
func TestWaitConnectedToNobody(t *testing.T) {
	for _, at := range []string{"tcp://127.0.0.1:1", "inproc://nobody"} {
		w := newWorld(t)
		s := w.connected(zmq.PUSH, at)
		is(t, s.WaitConnected(w.soon(), 1), context.DeadlineExceeded)
		done := make(chan error)
		go func() { done <- s.WaitConnected(w.ctx, 1) }()
		w.ok(w.zc.Shutdown())
		is(t, <-done, zmq.ErrTerm)
	}
}

// TestWaitSubscribed: what is published after it arrives at all that it has counted.
func TestWaitSubscribed(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		for _, typ := range []zmq.SocketType{zmq.PUB, zmq.XPUB} {
			w := newWorld(t)
			pub, at := w.bound(typ, ep)
			is(t, pub.WaitSubscribed(w.soon(), 1), context.DeadlineExceeded)
			var subs []*zmq.Socket
			done := make(chan error)
			go func() { done <- pub.WaitSubscribed(w.ctx, 3) }()
			for i := range 3 {
				subs = append(subs, w.connected(zmq.SUB, at, zmq.WithSubscribe("a"), zmq.WithSubscribe(fmt.Sprint(i))))
			}
			w.ok(<-done)
			w.send(pub, "abc")
			for _, s := range subs {
				w.want(s, "abc")
			}
			w.ok(errors.Join(subs[0].Unsubscribe("a"), subs[0].Unsubscribe("0")))
			w.ok(pub.WaitSubscribed(w.ctx, 2))
			is(t, subs[0].WaitSubscribed(w.ctx, 1), zmq.ErrNotSup)
		}
	})
}

// TestShutdown: what was sent arrives although LINGER is 0; without a peer the end
// of the context ends it.
func TestShutdown(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		const messages = 500
		w := newWorld(t)
		in, at := w.bound(zmq.PULL, ep)
		out := w.socket(zmq.PUSH, zmq.WithLinger(0))
		w.ok(out.Connect(at))
		for i := range messages {
			w.send(out, fmt.Sprint(i), string(make([]byte, 1000)))
		}
		w.ok(out.Shutdown(w.ctx))
		for i := range messages {
			if got := w.recv(in); got[0] != fmt.Sprint(i) {
				t.Fatalf("%s instead of %d", got[0], i)
			}
		}
		is(t, out.Shutdown(w.ctx), zmq.ErrNotSock)
		is(t, out.Close(), zmq.ErrNotSock)
	})
	w := newWorld(t)
	out := w.connected(zmq.PUSH, "tcp://127.0.0.1:1", zmq.WithLinger(zmq.Forever))
	w.send(out, "to nobody")
	is(t, out.Shutdown(w.soon()), context.DeadlineExceeded)
}

// TestChannels: messages through channels, to the end of both.
func TestChannels(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		const messages = 100
		w := newWorld(t)
		in, at := w.bound(zmq.PULL, ep)
		s := w.connected(zmq.PUSH, at)
		out := s.SendChan(w.ctx, 3)
		ctx, cancel := context.WithCancel(w.ctx)
		r := in.RecvChan(ctx, 2)
		sent := 0
		for got := 0; got < messages; {
			c, next := out.C, zmq.NewMsg([]byte(fmt.Sprint(sent)))
			if sent == messages {
				c = nil
			}
			select {
			case c <- next:
				sent++
			case m := <-r.C:
				if string(m.Bytes()) != fmt.Sprint(got) {
					t.Fatalf("%s instead of %d", m.Bytes(), got)
				}
				got++
			}
		}
		close(out.C)
		<-out.Done
		w.ok(out.Err())
		cancel()
		for range r.C {
			t.Error("a message too many")
		}
		is(t, r.Err(), context.Canceled)
		if m := r.Rest(); m.Len() != 0 {
			t.Error("a message is left")
		}
	})
}

// TestChannelsEnd: with the context, with what they hold given back, and with the
// socket.
func TestChannelsEnd(t *testing.T) {
	w := newWorld(t)
	in, at := w.bound(zmq.PULL, "inproc://channels")
	s := w.connected(zmq.PUSH, at)
	ctx, cancel := context.WithCancel(w.ctx)
	out := s.SendChan(ctx, 0)
	r := in.RecvChan(ctx, 0)
	out.C <- zmq.NewMsg([]byte("first"))
	m := <-r.C
	if string(m.Bytes()) != "first" {
		t.Errorf("%s", m.Bytes())
	}
	out.C <- zmq.NewMsg([]byte("nobody takes it"))
	for { // until the goroutine has it
		st, err := in.Stats(w.ctx)
		w.ok(err)
		if st.Received == 2 {
			break
		}
	}
	cancel()
	for range r.C {
		t.Error("a message too many")
	}
	is(t, r.Err(), context.Canceled)
	if m := r.Rest(); string(m.Bytes()) != "nobody takes it" {
		t.Errorf("what is left: %s", m.Bytes())
	}
	<-out.Done
	is(t, out.Err(), context.Canceled)

	out, r = s.SendChan(w.ctx, 0), in.RecvChan(w.ctx, 0)
	w.ok(errors.Join(in.Close(), s.Close()))
	for range r.C {
		t.Error("a message too many")
	}
	is(t, r.Err(), zmq.ErrNotSock)
	out.C <- zmq.NewMsg([]byte("x"))
	<-out.Done
	is(t, out.Err(), zmq.ErrNotSock)
}

// TestHas: what is said to be there is there.
func TestHas(t *testing.T) {
	_, err := zmq.NewSocket(zmq.SocketType(12))
	for name, want := range map[string]bool{
		"ipc": true, "curve": true, "draft": err == nil, "gssapi": false, "pgm": false, "norm": false, "vmci": false, "": false, "tcp": false,
	} {
		if zmq.Has(name) != want {
			t.Errorf("Has(%q) is %v", name, !want)
		}
	}
	w := newWorld(t)
	for _, name := range []string{"ws", "wss", "tipc"} {
		err := w.socket(zmq.PUSH).Connect(name + "://localhost:80/")
		if zmq.Has(name) == errors.Is(err, zmq.ErrProtoNoSupport) {
			t.Errorf("Has(%q) is %v, Connect says %v", name, zmq.Has(name), err)
		}
	}
}
