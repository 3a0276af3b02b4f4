// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	zmq "github.com/zeroloop/zmq"
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
