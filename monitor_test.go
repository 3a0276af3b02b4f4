// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestEventTypeString: an event prints as in zmq.h, several with a bar between.
func TestEventTypeString(t *testing.T) {
	for typ, want := range map[zmq.EventType]string{
		0:                                  "0",
		zmq.EventConnected:                 "CONNECTED",
		zmq.EventMonitorStopped:            "MONITOR_STOPPED",
		zmq.EventHandshakeFailedAuth:       "HANDSHAKE_FAILED_AUTH",
		zmq.EventPipesStats:                "PIPES_STATS",
		zmq.EventAccepted | 0x8:            "LISTENING|ACCEPTED",
		0x8000 | zmq.EventConnected:        "CONNECTED|0x8000",
		1 << 31:                            "0x80000000",
		zmq.EventClosed | zmq.EventType(0): "CLOSED",
	} {
		if got := typ.String(); got != want {
			t.Errorf("%#x prints as %q, want %q", uint32(typ), got, want)
		}
	}
}

// listen opens a TCP listener that closes each connection at once.
func listen(t *testing.T) (endpoint string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "tcp://" + l.Addr().String()
}

// wantEvent returns the next event of a type from a fresh watch, after act.
func wantEvent(w *world, s *zmq.Socket, typ zmq.EventType, act func()) zmq.Event {
	w.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	seq := s.Events(ctx, typ)
	act()
	for e := range seq {
		return e
	}
	w.Fatalf("no %v came", typ)
	return zmq.Event{}
}

// TestEventErrors: the error of an event answers errors.Is for our number and for
// the system's, as that of a call does.
func TestEventErrors(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name string
		typ  zmq.EventType
		do   func(s *zmq.Socket)
		ours zmq.Errno
		sys  syscall.Errno
	}{
		{"peer closes", zmq.EventDisconnected, func(s *zmq.Socket) {
			_ = s.Connect(listen(t))
		}, zmq.ErrPipe, syscall.EPIPE},
		{"handshake", zmq.EventHandshakeFailedNoDetail, func(s *zmq.Socket) {
			_ = s.Connect(listen(t))
		}, zmq.ErrPipe, syscall.EPIPE},
		{"refused", zmq.EventClosed, func(s *zmq.Socket) {
			_ = s.Connect("tcp://127.0.0.1:1")
		}, zmq.ErrConnRefused, syscall.ECONNREFUSED},
		{"bind", zmq.EventBindFailed, func(s *zmq.Socket) {
			_, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
			_ = s.Bind(ep)
		}, zmq.ErrAddrInUse, syscall.EADDRINUSE},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := w.socket(zmq.PUSH)
			e := wantEvent(w, s, c.typ, func() { c.do(s) })
			reset := c.ours == zmq.ErrPipe && errors.Is(e.Err, zmq.ErrConnReset) && errors.Is(e.Err, syscall.ECONNRESET)
			if !reset && (!errors.Is(e.Err, c.ours) || !errors.Is(e.Err, c.sys)) {
				t.Errorf("%v says %v, want %v", e.Type, e.Err, c.ours)
			}
		})
	}
}

// TestEventsEndWithMonitorStopped: whatever ends a watch, the last event is
// MONITOR_STOPPED, once, and only where it was asked for.
func TestEventsEndWithMonitorStopped(t *testing.T) {
	for _, end := range []string{"close", "context", "shutdown"} {
		for _, mask := range []zmq.EventType{zmq.EventAll, zmq.EventAll &^ zmq.EventMonitorStopped} {
			t.Run(fmt.Sprintf("%s/%t", end, mask&zmq.EventMonitorStopped != 0), func(t *testing.T) {
				w := newWorld(t)
				s := w.socket(zmq.PULL)
				ctx, cancel := context.WithCancel(w.ctx)
				defer cancel()
				seq := s.Events(ctx, mask)
				_ = s.Bind("tcp://127.0.0.1:*")
				stop := map[string]func(){
					"close":    func() { _ = s.Close() },
					"context":  cancel,
					"shutdown": func() { _ = w.zc.Shutdown() },
				}[end]
				var got []zmq.EventType
				for e := range seq {
					if got = append(got, e.Type); len(got) == 1 {
						stop()
					}
				}
				stopped := 0
				for _, typ := range got {
					if typ == zmq.EventMonitorStopped {
						stopped++
					}
				}
				last := got[len(got)-1] == zmq.EventMonitorStopped
				if asked := mask&zmq.EventMonitorStopped != 0; last != asked || stopped > 1 {
					t.Errorf("events %v", got)
				}
			})
		}
	}
}
