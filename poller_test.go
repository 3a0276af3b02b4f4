// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"golang.org/x/sys/unix"
)

// polling makes a poller that is closed at the end.
func (w *world) polling() *zmq.Poller {
	w.Helper()
	p := zmq.NewPoller()
	w.Cleanup(func() { _ = p.Close() })
	return p
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// later does f on a goroutine of its own.
func (w *world) later(f func() error) {
	go func() {
		if err := f(); err != nil {
			w.Error(err)
		}
	}()
}

// waits waits for one report about s.
func (w *world) waits(p *zmq.Poller, s *zmq.Socket, events zmq.PollEvents) {
	w.Helper()
	e, err := p.Wait(w.ctx)
	if err != nil || e.Socket != s || e.Events != events || e.FD != -1 {
		w.Fatalf("waited for %v of %v and got %v, %+v", events, s.Type(), err, e)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// ignore leaves the error alone of what a call returns.
func ignore(_ zmq.Msg, err error) error { return err }

// TestPollerItems: what may be put in, changed and taken out, once.
func TestPollerItems(t *testing.T) {
	w := newWorld(t)
	p := w.polling()
	a, b := w.socket(zmq.PAIR), w.socket(zmq.PAIR)
	is(t, p.Modify(a, zmq.PollIn), zmq.ErrInvalid)
	is(t, p.Remove(a), zmq.ErrInvalid)
	is(t, p.Add(a, 64, nil), zmq.ErrInvalid)
	w.ok(p.Add(a, zmq.PollIn, nil))
	is(t, p.Add(a, zmq.PollIn, nil), zmq.ErrInvalid)
	w.ok(b.Close())
	is(t, p.Add(b, zmq.PollIn, nil), zmq.ErrNotSock)
	is(t, p.AddFD(-1, zmq.PollIn, nil), zmq.ErrBadFD)
	is(t, p.ModifyFD(0, zmq.PollIn), zmq.ErrInvalid)
	is(t, p.RemoveFD(0), zmq.ErrInvalid)
	if p.Len() != 1 {
		t.Errorf("%d items", p.Len())
	}
	w.ok(p.Remove(a))
	_, err := p.Wait(context.Background())
	is(t, err, zmq.ErrFault)
	_, err = p.WaitAll(w.ctx, nil)
	is(t, err, zmq.ErrInvalid)
	w.ok(p.Close())
	is(t, p.Close(), zmq.ErrNotSock)
	is(t, p.Add(a, zmq.PollIn, nil), zmq.ErrNotSock)
	_, err = p.Wait(w.ctx)
	is(t, err, zmq.ErrNotSock)
}

// TestPollerWaits: a wait ends with the message, says the same until it is
// received, and leaves alone what is not asked for; over each transport.
func TestPollerWaits(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		in, at := w.bound(zmq.PULL, ep)
		out := w.connected(zmq.PUSH, at)
		p := w.polling()
		w.ok(p.Add(in, zmq.PollIn, "in"))
		w.later(func() error { return out.Send(w.ctx, []byte("x")) })
		for range 2 {
			e, err := p.Wait(w.ctx)
			if err != nil || e.Data != "in" || e.Socket != in || e.Events != zmq.PollIn {
				t.Fatalf("%+v, %v", e, err)
			}
		}
		w.want(in, "x")
		_, err := p.TryWaitAll(make([]zmq.PollEvent, 3))
		is(t, err, zmq.ErrAgain)
		w.ok(p.Modify(in, 0))
		w.send(out, "y")
		w.want(in, "y")
		w.ok(p.Add(out, zmq.PollOut, nil))
		w.waits(p, out, zmq.PollOut)
	})
}

// TestPollerRoom: PollOut comes when the reader has made room.
func TestPollerRoom(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		in, at := w.bound(zmq.PULL, ep, zmq.WithRecvHWM(1), zmq.WithRecvBuffer(4096))
		out := w.connected(zmq.PUSH, at, zmq.WithSendHWM(1), zmq.WithSendBuffer(4096))
		p := w.polling()
		w.ok(p.Add(out, zmq.PollOut, nil))
		sent := 0
		for range 5 { // fill until a look says no, and let the reader make room
			for {
				if _, err := p.TryWaitAll(make([]zmq.PollEvent, 1)); err != nil {
					is(t, err, zmq.ErrAgain)
					break
				}
				if out.TrySend(make([]byte, 1<<16)) == nil {
					sent++
				}
			}
			n := sent
			go func() {
				for range n {
					_, _ = in.Recv(w.ctx)
				}
			}()
			w.waits(p, out, zmq.PollOut)
			sent = 0
		}
	})
}

// TestPollerStates: a wait learns that another goroutine's call has made a REQ or
// REP socket able to send, or to receive.
func TestPollerStates(t *testing.T) {
	w := newWorld(t)
	rep, at := w.bound(zmq.REP, "inproc://states")
	first, second := w.connected(zmq.REQ, at), w.connected(zmq.REQ, at)
	p := w.polling()
	parked := func(s *zmq.Socket, mask, want zmq.PollEvents, act func() error) {
		t.Helper()
		w.ok(p.Add(s, mask, nil))
		if _, err := p.TryWaitAll(make([]zmq.PollEvent, 1)); err == nil {
			t.Fatalf("%v is ready too soon", s.Type())
		}
		w.later(act)
		w.waits(p, s, want)
		w.ok(p.Remove(s))
	}
	w.send(first, "1")
	parked(rep, zmq.PollOut, zmq.PollOut, func() error { return ignore(rep.Recv(w.ctx)) })
	w.send(second, "2")
	parked(rep, zmq.PollIn, zmq.PollIn, func() error { return rep.Send(w.ctx, []byte("one")) })
	parked(first, zmq.PollOut, zmq.PollOut, func() error { return ignore(first.Recv(w.ctx)) })
}

// TestPollerDescriptors: a pipe is waited for like a socket, with the end of its
// other side, and sockets next to it.
func TestPollerDescriptors(t *testing.T) {
	w := newWorld(t)
	var fds [2]int
	w.ok(unix.Pipe(fds[:]))
	defer unix.Close(fds[0])
	p := w.polling()
	in, at := w.bound(zmq.PULL, "inproc://fds")
	out := w.connected(zmq.PUSH, at)
	w.ok(p.Add(in, zmq.PollIn, nil))
	w.ok(p.AddFD(fds[0], zmq.PollIn|zmq.PollErr, "pipe"))
	is(t, p.AddFD(fds[0], zmq.PollIn, nil), zmq.ErrInvalid)
	wait := func(want zmq.PollEvents) {
		t.Helper()
		e, err := p.Wait(w.ctx)
		if err != nil || e.Socket != nil || e.FD != fds[0] || e.Data != "pipe" || e.Events&want == 0 {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	go unix.Write(fds[1], []byte("x"))
	wait(zmq.PollIn)
	wait(zmq.PollIn) // nobody has read it
	var b [1]byte
	_, _ = unix.Read(fds[0], b[:])
	w.later(func() error { return out.Send(w.ctx, []byte("x")) })
	w.waits(p, in, zmq.PollIn)
	w.want(in, "x")
	_, err := p.TryWaitAll(make([]zmq.PollEvent, 1))
	is(t, err, zmq.ErrAgain)
	go unix.Close(fds[1])
	wait(zmq.PollIn | zmq.PollErr)
	w.ok(p.ModifyFD(fds[0], 0))
	_, err = p.TryWaitAll(make([]zmq.PollEvent, 1))
	is(t, err, zmq.ErrAgain)
	w.ok(p.RemoveFD(fds[0]))
	file, err := os.CreateTemp(t.TempDir(), "")
	w.ok(err)
	defer file.Close()
	if err := p.AddFD(int(file.Fd()), zmq.PollIn, nil); err == nil {
		t.Error("a file on disk is waited for")
	}
}

// TestPollerIsInterrupted: a wait ends with its context, the sockets' context, a
// socket, the poller; and takes note of what is added meanwhile; with a descriptor
// in the poller and without.
func TestPollerIsInterrupted(t *testing.T) {
	for _, withFD := range []bool{false, true} {
		t.Run(fmt.Sprint(withFD), func(t *testing.T) { interruptPoller(t, withFD) })
	}
}

func interruptPoller(t *testing.T, withFD bool) {
	w := newWorld(t)
	r, wr, err := os.Pipe()
	w.ok(err)
	defer r.Close()
	defer wr.Close()
	conn, err := r.SyscallConn()
	w.ok(err)
	var fd int
	w.ok(conn.Control(func(n uintptr) { fd = int(n) }))
	start := func(s *zmq.Socket) (*zmq.Poller, context.CancelFunc, chan error) {
		p := w.polling()
		w.ok(p.Add(s, zmq.PollIn, nil))
		if withFD {
			w.ok(p.AddFD(fd, zmq.PollIn, nil))
		}
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan error, 1)
		go func() {
			_, err := p.Wait(ctx)
			done <- err
		}()
		return p, cancel, done
	}
	s := w.socket(zmq.PULL)
	_, cancel, done := start(s)
	cancel()
	is(t, <-done, context.Canceled)

	p, cancel, done := start(s)
	w.ok(p.Close())
	is(t, <-done, zmq.ErrNotSock)
	cancel()

	p, cancel, done = start(s)
	w.ok(p.Add(w.socket(zmq.PUB), zmq.PollOut, nil))
	w.ok(<-done)
	cancel()

	_, cancel, done = start(s)
	w.ok(s.Close())
	is(t, <-done, zmq.ErrNotSock)
	cancel()

	p, cancel, done = start(w.socket(zmq.SUB))
	w.ok(w.zc.Shutdown())
	is(t, <-done, zmq.ErrTerm)
	e, err := p.Wait(w.ctx)
	is(t, err, zmq.ErrTerm)
	if e.Socket == nil || e.Socket.Type() != zmq.SUB || e.Events != zmq.PollErr {
		t.Errorf("the report says %+v", e)
	}
	cancel()
}

// TestPollerLosesNothing: several goroutines wait at one poller while sockets get
// messages and change places.
func TestPollerLosesNothing(t *testing.T) {
	const sockets, messages = 8, 200
	w := newWorld(t)
	p := w.polling()
	var senders, waiters sync.WaitGroup
	for i := range sockets {
		ep := "tcp://127.0.0.1:*"
		if i%2 == 0 {
			ep = fmt.Sprintf("inproc://many%d", i)
		}
		in, at := w.bound(zmq.PULL, ep)
		out := w.connected(zmq.PUSH, at)
		w.ok(p.Add(in, zmq.PollIn, nil))
		senders.Go(func() {
			for range messages {
				if err := out.Send(w.ctx, []byte("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ctx, cancel := context.WithCancel(w.ctx)
	var mu sync.Mutex
	left := sockets * messages
	for range 3 {
		waiters.Go(func() {
			events := make([]zmq.PollEvent, 3)
			for {
				n, err := p.WaitAll(ctx, events)
				if err != nil {
					return
				}
				for _, e := range events[:n] {
					if _, err := e.Socket.TryRecv(); err != nil {
						continue
					}
					mu.Lock()
					if left--; left == 0 {
						cancel()
					}
					mu.Unlock()
				}
			}
		})
	}
	senders.Wait()
	waiters.Wait()
	if left != 0 || w.ctx.Err() != nil {
		t.Errorf("%d messages are missing", left)
	}
	cancel()
}

// TestPollerAllocatesNothing while sockets are ready.
func TestPollerAllocatesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.polling()
	s := w.socket(zmq.PUB)
	w.ok(p.Add(s, zmq.PollOut, nil))
	events := make([]zmq.PollEvent, 4)
	if n := testing.AllocsPerRun(100, func() { _, _ = p.WaitAll(w.ctx, events) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPoll: the one-shot form, with what is there several times, what is left out,
// and what has ended.
func TestPoll(t *testing.T) {
	w := newWorld(t)
	in, at := w.bound(zmq.PAIR, "inproc://poll")
	out := w.connected(zmq.PAIR, at)
	var fds [2]int
	w.ok(unix.Pipe(fds[:]))
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	items := []zmq.PollItem{
		{Socket: in, Events: zmq.PollIn}, {Socket: in, Events: zmq.PollIn | zmq.PollErr}, {Socket: out},
		{FD: fds[0], Events: zmq.PollIn}, {FD: fds[0], Events: zmq.PollErr},
	}
	w.later(func() error { return out.Send(w.ctx, []byte("x")) })
	n, err := zmq.Poll(w.ctx, items)
	if err != nil || n != 2 || items[0].Ready != zmq.PollIn || items[1].Ready != zmq.PollIn || items[2].Ready != 0 {
		t.Errorf("%d, %v: %+v", n, err, items)
	}
	w.want(in, "x")
	go unix.Write(fds[1], []byte("x"))
	if n, err = zmq.Poll(w.ctx, items); err != nil || n != 1 || items[3].Ready != zmq.PollIn {
		t.Errorf("%d, %v: %+v", n, err, items)
	}
	if n, err = zmq.PollTimeout(items[:3], 0); n != 0 || err != nil {
		t.Errorf("%d, %v at once", n, err)
	}
	if n, err = zmq.PollTimeout(nil, time.Millisecond); n != 0 || err != nil {
		t.Errorf("%d, %v for nothing", n, err)
	}
	_, err = zmq.Poll(context.Background(), nil)
	is(t, err, zmq.ErrFault)
	w.ok(in.Close())
	_, err = zmq.PollTimeout(items, -1)
	is(t, err, zmq.ErrNotSock)
}

// TestReady: what a socket can do now, and the descriptor that tells of changes.
func TestReady(t *testing.T) {
	w := newWorld(t)
	in, at := w.bound(zmq.PAIR, "inproc://ready")
	out := w.connected(zmq.PAIR, at)
	fd, err := in.FD()
	w.ok(err)
	if e, err := in.Ready(); e != zmq.PollOut || err != nil {
		t.Errorf("%v, %v", e, err)
	}
	w.send(out, "x")
	p := w.polling()
	w.ok(p.AddFD(fd, zmq.PollIn, nil))
	if e, err := p.Wait(w.ctx); e.FD != fd || err != nil {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := in.Ready(); e != zmq.PollIn|zmq.PollOut || err != nil {
		t.Errorf("%v, %v", e, err)
	}
	w.ok(p.RemoveFD(fd))
	w.ok(in.Close())
	_, err = in.Ready()
	is(t, err, zmq.ErrNotSock)
}

// TestPollerEveryType: with each type of sockets a wait parks until the message is
// there, and what Ready, a Poller and TryRecv say agrees, message for message.
func TestPollerEveryType(t *testing.T) {
	for out, in := range map[zmq.SocketType]zmq.SocketType{
		zmq.PAIR: zmq.PAIR, zmq.PUB: zmq.SUB, zmq.XPUB: zmq.XSUB, zmq.DEALER: zmq.ROUTER, zmq.PUSH: zmq.PULL,
		zmq.REQ: zmq.REP, zmq.CLIENT: zmq.SERVER, zmq.SCATTER: zmq.GATHER, zmq.CHANNEL: zmq.CHANNEL, zmq.RADIO: zmq.DISH,
	} {
		onEach(t, func(t *testing.T, ep string) {
			w := newWorld(t)
			from, at := w.bound(out, ep)
			to := w.connected(in, at)
			switch in {
			case zmq.SUB:
				w.ok(to.Subscribe(""))
			case zmq.XSUB:
				w.ok(to.Send(w.ctx, []byte("\x01")))
			case zmq.DISH:
				w.ok(to.Join("g"))
			}
			if in == zmq.SUB || in == zmq.XSUB {
				w.ok(from.WaitSubscribed(w.ctx, 1))
			}
			w.ok(from.WaitConnected(w.ctx, 1))
			pollEachMessage(w, from, to)
		})
	}
}

func pollEachMessage(w *world, from, to *zmq.Socket) {
	w.Helper()
	p, one := w.polling(), make([]zmq.PollEvent, 1)
	w.ok(p.Add(to, zmq.PollIn, nil))
	send := func() error {
		m := zmq.NewMsg([]byte("message"))
		if from.Type() == zmq.RADIO {
			if err := m.SetGroup("g"); err != nil {
				return err
			}
		}
		return from.SendMsg(w.ctx, &m)
	}
	w.ok(send())
	for from.Type() == zmq.RADIO { // until the peer is known to have joined
		if _, err := p.TryWaitAll(one); err == nil {
			break
		}
		w.ok(send())
	}
	for n := range 3 {
		if n > 0 && from.Type() == zmq.REQ {
			break // its states are TestPollerStates's
		}
		sent := make(chan error, 1)
		if n > 0 {
			go func() { sent <- send() }()
		} else {
			sent <- nil
		}
		w.waits(p, to, zmq.PollIn)
		for {
			_, pollErr := p.TryWaitAll(one)
			ready, err := to.Ready() // later: it knows at least as much
			w.ok(err)
			if ready&zmq.PollIn == 0 {
				is(w.T, pollErr, zmq.ErrAgain)
				break
			}
			if pollErr == nil {
				w.ok(ignore(to.TryRecv()))
			}
		}
		w.ok(<-sent) // what was waited for may have been left from before
	}
}
