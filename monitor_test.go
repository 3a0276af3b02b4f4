// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestMonitorVersions: a monitor of version 2 tells value and both endpoints, by
// PAIR, PUB or PUSH; one that is replaced or stopped says so and frees its name.
func TestMonitorVersions(t *testing.T) {
	for typ, reader := range map[zmq.SocketType]zmq.SocketType{
		zmq.PAIR: zmq.PAIR, zmq.PUB: zmq.SUB, zmq.PUSH: zmq.PULL,
	} {
		t.Run(typ.String(), func(t *testing.T) {
			w := newWorld(t)
			s := w.socket(zmq.PULL)
			if err := s.Monitor("inproc://m", zmq.EventAllV2, 2, typ); err != nil {
				t.Fatal(err)
			}
			m := w.connected(reader, "inproc://m")
			if reader == zmq.SUB {
				if err := m.Subscribe(""); err != nil {
					t.Fatal(err)
				}
			}
			fs := listening(w, s, m)
			if len(fs) != 5 || number(fs[0]) != uint64(zmq.EventListening) || number(fs[1]) != 1 || number(fs[2]) == 0 ||
				!strings.HasPrefix(fs[3], "tcp://127.0.0.1:") || fs[4] != "" {
				t.Errorf("LISTENING came as %q", fs)
			}
			if err := s.Monitor("inproc://m", zmq.EventAll, 1, zmq.PAIR); err != nil {
				t.Fatalf("the name of a monitor before is not free: %v", err)
			}
			for fs = w.recv(m); len(fs) == 5 && number(fs[0]) == uint64(zmq.EventListening); {
				fs = w.recv(m)
			}
			if len(fs) != 5 || number(fs[0]) != uint64(zmq.EventMonitorStopped) {
				t.Errorf("the last message was %q", fs)
			}
			if err := s.Monitor("", 0, 1, zmq.PAIR); err != nil {
				t.Error(err)
			}
			if err := w.socket(zmq.PAIR).Bind("inproc://m"); err != nil {
				t.Errorf("after the stop: %v", err)
			}
		})
	}
}

// listening binds s until the reader of its monitor has heard of it: a publisher's
// first events may come before the subscription.
func listening(w *world, s, m *zmq.Socket) (frames []string) {
	w.Helper()
	for frames == nil {
		if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
		got, err := m.Recv(ctx)
		cancel()
		if err == nil {
			for _, f := range got.Frames() {
				frames = append(frames, string(f))
			}
		} else if w.ctx.Err() != nil {
			w.Fatal(err)
		}
	}
	return frames
}

// number reads 8 bytes in the machine's order.
func number(s string) uint64 {
	if len(s) != 8 {
		return 0
	}
	return binary.NativeEndian.Uint64([]byte(s))
}

// TestMonitorRefuses: what zmq_socket_monitor_versioned refuses.
func TestMonitorRefuses(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.DEALER)
	_, taken := w.bound(zmq.PAIR, "inproc://taken")
	for _, c := range []struct {
		endpoint string
		mask     zmq.EventType
		version  int
		typ      zmq.SocketType
		want     error
	}{
		{"inproc://m", zmq.EventAllV2, 1, zmq.PAIR, zmq.ErrInvalid},
		{"inproc://m", zmq.EventAll, 0, zmq.PAIR, zmq.ErrInvalid},
		{"inproc://m", zmq.EventAll, 3, zmq.PAIR, zmq.ErrInvalid},
		{"inproc://m", zmq.EventAll, 2, zmq.DEALER, zmq.ErrInvalid},
		{"tcp://127.0.0.1:1", zmq.EventAll, 2, zmq.PAIR, zmq.ErrProtoNoSupport},
		{"nonsense", zmq.EventAll, 2, zmq.PAIR, zmq.ErrInvalid},
		{taken, zmq.EventAll, 2, zmq.PAIR, zmq.ErrAddrInUse},
	} {
		if err := s.Monitor(c.endpoint, c.mask, c.version, c.typ); !errors.Is(err, c.want) {
			t.Errorf("monitor at %s, version %d, %v: %v, want %v", c.endpoint, c.version, c.typ, err, c.want)
		}
	}
	_ = w.zc.Shutdown()
	if err := s.Monitor("inproc://m", zmq.EventAll, 2, zmq.PAIR); !errors.Is(err, zmq.ErrTerm) {
		t.Errorf("monitor after the end: %v", err)
	}
}

// TestMonitorWithoutConsumer: a monitor that nobody hears holds nobody up, and
// the context ends.
func TestMonitorWithoutConsumer(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		s := w.socket(zmq.PULL)
		for i := range 3 {
			if err := s.Monitor(fmt.Sprintf("inproc://unheard/%d/%d", n, i), zmq.EventAll, 1, zmq.PAIR); err != nil {
				t.Fatal(err)
			}
			if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
