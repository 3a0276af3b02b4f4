// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// TestErrors: every failure is an *OpError that says what, where and why once,
// and answers errors.Is for libzmq's number, the system's, and Go's own.
func TestErrors(t *testing.T) {
	w := newWorld(t, zmq.WithMaxSockets(8))
	bound, taken := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
	w.bound(zmq.PULL, "inproc://taken")
	closed := w.socket(zmq.PULL)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(w.ctx)
	cancel()
	late, stop := context.WithTimeout(w.ctx, time.Millisecond)
	defer stop()
	patient := w.socket(zmq.PULL, zmq.WithRecvTimeout(time.Millisecond))
	s := w.socket(zmq.PUSH)
	recv := func(s *zmq.Socket, ctx context.Context) error { _, err := s.Recv(ctx); return err }
	for _, x := range []struct {
		name string
		err  error
		is   []error
	}{
		{"bind taken", s.Bind(taken), []error{zmq.ErrAddrInUse, syscall.EADDRINUSE}},
		{"bind inproc", s.Bind("inproc://taken"), []error{zmq.ErrAddrInUse, syscall.EADDRINUSE}},
		{"bind malformed", s.Bind("tcp://x"), []error{zmq.ErrInvalid, syscall.EINVAL}},
		{"connect unknown", s.Connect("no://x"), []error{zmq.ErrProtoNoSupport, syscall.EPROTONOSUPPORT}},
		{"connect too long", s.Connect("ipc://" + strings.Repeat("x", 200)), []error{zmq.ErrNameTooLong}},
		{"unbind", s.Unbind("tcp://127.0.0.1:1"), []error{zmq.ErrNoEnt, os.ErrNotExist}},
		{"wrong way", s.Subscribe("x"), []error{zmq.ErrInvalid}},
		{"receive from PUSH", recv(s, w.ctx), []error{zmq.ErrNotSup, errors.ErrUnsupported}},
		{"no peer", s.TrySend([]byte("x")), []error{zmq.ErrAgain, syscall.EAGAIN}},
		{"option", s.Set(zmq.WithSendHWM(-1)), []error{zmq.ErrInvalid}},
		{"closed", closed.Close(), []error{zmq.ErrNotSock, net.ErrClosed}},
		{"timeout", recv(patient, w.ctx), []error{zmq.ErrTimeout, zmq.ErrAgain, os.ErrDeadlineExceeded}},
		{"cancelled", recv(bound, ended), []error{context.Canceled}},
		{"deadline", recv(bound, late), []error{context.DeadlineExceeded}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var op *zmq.OpError
			if !errors.As(x.err, &op) {
				t.Fatalf("%v is no *OpError", x.err)
			}
			for _, target := range x.is {
				if !errors.Is(x.err, target) {
					t.Errorf("%v is not %v", x.err, target)
				}
			}
			if op.Endpoint != "" && strings.Count(x.err.Error(), op.Endpoint) != 1 {
				t.Errorf("%q does not say once where", x.err)
			}
		})
	}
}
