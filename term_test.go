// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

// calls are the calls that wait, each on sockets that will never be ready.
func (w *world) calls(ctx context.Context) map[string]func() error {
	s := func(typ zmq.SocketType, opts ...zmq.Option) *zmq.Socket { return w.socket(typ, opts...) }
	bound := func(typ zmq.SocketType) *zmq.Socket {
		b, _ := w.bound(typ, "tcp://127.0.0.1:*")
		return b
	}
	push, pull, req, pub, sub := s(zmq.PUSH), bound(zmq.PULL), s(zmq.REQ), bound(zmq.PUB), s(zmq.SUB)
	stuck := w.connected(zmq.PUSH, "tcp://127.0.0.1:1", zmq.WithSendHWM(1), zmq.WithLinger(0))
	in, out, control := bound(zmq.PULL), bound(zmq.PUSH), bound(zmq.REP)
	router, dealer := bound(zmq.ROUTER), bound(zmq.DEALER)
	silent, at := w.bound(zmq.ROUTER, "inproc://silent")
	asking := w.connected(zmq.REQ, at)
	r, wr, err := os.Pipe()
	w.ok(err)
	w.Cleanup(func() { _, _ = r.Close(), wr.Close() })
	withFD, without := w.polling(), w.polling()
	w.ok(errors.Join(withFD.Add(pull, zmq.PollIn, nil), withFD.AddFD(int(r.Fd()), zmq.PollIn, nil), without.Add(sub, zmq.PollIn, nil)))
	return map[string]func() error{
		"Send":            func() error { return push.Send(ctx, []byte("x")) },
		"Send to a queue": func() error { return errors.Join(stuck.Send(ctx, []byte("x")), stuck.Send(ctx, []byte("x"))) },
		"Recv":            func() error { return ignore(pull.Recv(ctx)) },
		"Do without peer": func() error { return ignore(req.Do(ctx, []byte("x"))) },
		"Do":              func() error { return ignore(asking.Do(ctx, []byte("x"))) },
		"Recv of a Do":    func() error { _, _ = silent.Recv(ctx); return ignore(silent.Recv(ctx)) },
		"Poller":          func() error { _, err := without.Wait(ctx); return err },
		"Poller with FD":  func() error { _, err := withFD.Wait(ctx); return err },
		"Poll":            func() error { _, err := zmq.Poll(ctx, []zmq.PollItem{{Socket: pull, Events: zmq.PollIn}}); return err },
		"Proxy":           func() error { return zmq.Proxy(ctx, router, dealer, push) },
		"SteerableProxy":  func() error { return zmq.SteerableProxy(ctx, in, out, nil, control) },
		"WaitConnected":   func() error { return stuck.WaitConnected(ctx, 1) },
		"WaitSubscribed":  func() error { return pub.WaitSubscribed(ctx, 1) },
		"RecvChan": func() error {
			c := sub.RecvChan(ctx, 1)
			<-c.C
			return c.Err()
		},
		"SendChan": func() error {
			c := push.SendChan(ctx, 1)
			c.C <- zmq.NewMsg([]byte("x"))
			<-c.Done
			return c.Err()
		},
		"Events": func() error {
			for range pull.Events(ctx, zmq.EventAll&^zmq.EventMonitorStopped) {
			}
			return errors.Join(ctx.Err(), pull.Send(context.Background(), nil))
		},
	}
}

// TestTermEndsAllCalls: whatever waits when the context is terminated ends with
// ErrTerm, and when the call's own context does, with that one's error.
func TestTermEndsAllCalls(t *testing.T) {
	for _, own := range []bool{false, true} {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(w.ctx)
		want := error(zmq.ErrTerm)
		if own {
			want = context.Canceled
		}
		var all, started sync.WaitGroup
		for name, call := range w.calls(ctx) {
			started.Add(1)
			all.Go(func() {
				started.Done()
				if err := call(); !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
			})
		}
		started.Wait()
		if own {
			cancel()
		} else {
			w.ok(w.zc.Shutdown())
		}
		all.Wait()
		cancel()
	}
}

// TestTermStress: rounds of a hundred sockets, each with a goroutine that connects,
// sends, receives and closes, while the context is terminated under them; half of
// them stay, bound to places of their own, until it is. Every call ends, with success
// or an error that fits, and nothing stays behind: no goroutine, descriptor or file,
// and no memory that something refers to.
func TestTermStress(t *testing.T) {
	const rounds, sockets, grownMax = 100, 100, 4 << 20
	leaktest.Check(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var before int64
	for round := range rounds {
		stressRound(t, sockets)
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Fatalf("after round %d there are %v, %v", round, files, err)
		}
		if round == rounds/10 {
			before = heapInUse()
		}
	}
	if grown := heapInUse() - before; grown > grownMax {
		t.Errorf("%d bytes more are in use after %d rounds", grown, rounds)
	}
}

func stressRound(t *testing.T, sockets int) {
	t.Helper()
	types := []zmq.SocketType{
		zmq.PUSH, zmq.PULL, zmq.DEALER, zmq.ROUTER, zmq.PUB, zmq.SUB, zmq.XPUB, zmq.REQ, zmq.REP, zmq.PAIR, zmq.STREAM,
	}
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	hub, err := zc.NewSocket(zmq.ROUTER, zmq.WithLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	at := []string{"inproc://stress"}
	for _, ep := range []string{"tcp://127.0.0.1:*", "ipc://*", at[0]} {
		if err := hub.Bind(ep); err != nil {
			t.Fatal(err)
		}
		at = append(at, hub.LastEndpoint())
	}
	var all, begun sync.WaitGroup
	begun.Add(sockets / 2)
	for i := range sockets {
		all.Go(func() {
			stays := i%2 != 0
			stressOne(t, zc, types[i%len(types)], at[i%len(at)], stays)
			if !stays {
				begun.Done()
			}
		})
	}
	begun.Wait()
	if err := errors.Join(zc.Shutdown(), hub.Close()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := zc.Term(ctx); err != nil {
		t.Fatal(err)
	}
}

// stressOne is the life of one socket, which waits for the end where it stays.
func stressOne(t *testing.T, zc *zmq.Context, typ zmq.SocketType, at string, stays bool) {
	s, err := zc.NewSocket(typ, zmq.WithLinger(0), zmq.WithReconnectInterval(time.Millisecond))
	if err != nil {
		is(t, err, zmq.ErrTerm)
		return
	}
	fits := func(err error) {
		for _, e := range []error{zmq.ErrTerm, zmq.ErrAgain, zmq.ErrNotSup, zmq.ErrFSM, zmq.ErrHostUnreach} {
			if err == nil || errors.Is(err, e) {
				return
			}
		}
		t.Errorf("%v: %v", typ, err)
	}
	fits(s.Connect(at))
	if stays {
		fits(errors.Join(s.Bind("ipc://*"), s.Bind("tcp://127.0.0.1:*")))
	}
	for range 5 {
		fits(s.TrySend([]byte("to"), []byte("message")))
		fits(ignore(s.TryRecv()))
	}
	if typ == zmq.SUB {
		fits(s.Subscribe("a"))
	}
	for stays {
		err := ignore(s.Recv(t.Context()))
		if err != nil && !errors.Is(err, zmq.ErrTerm) { // does not receive, or not now
			err = s.WaitConnected(t.Context(), 1<<20)
		}
		fits(err)
		stays = !errors.Is(err, zmq.ErrTerm)
	}
	if err := s.Close(); err != nil {
		t.Errorf("%v: %v", typ, err)
	}
}
