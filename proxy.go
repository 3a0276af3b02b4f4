// SPDX-License-Identifier: MPL-2.0

// Next: socket/proxy.go.

package zmq

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/zeroloop/zmq/socket"
)

// Proxy passes messages between frontend and backend in both directions, whole
// and in order, until ctx ends or a socket fails, and returns why: ctx's error,
// ErrTerm, ErrNotSock (zmq_proxy). A direction that a socket type has not is left
// out; both may be the same socket. What passes is also sent to capture, unless
// that is nil; a capture that has no room misses messages. Messages that have been
// received and find no room, at most 64 in each direction, are lost when the proxy
// ends. It works on goroutines of its own, which end with it, and leaves the sockets
// open.
func Proxy(ctx context.Context, frontend, backend, capture *Socket) error {
	return wrap("proxy", "", newProxy(frontend, backend, capture).Run(ctx))
}

func newProxy(frontend, backend, capture *Socket) *socket.Proxy {
	var c *socket.Base
	if capture != nil {
		c = capture.b
	}
	return socket.NewProxy(frontend.b, backend.b, c)
}

// SteerableProxy is Proxy with a socket that steers it, by messages of one frame
// (zmq_proxy_steerable): PAUSE and RESUME receiving; TERMINATE, upon which
// SteerableProxy returns nil; and STATISTICS, which is answered with 8 frames of 8
// bytes each, numbers in the machine's byte order: messages and bytes received by
// frontend, sent by it, received by backend, sent by it. A control socket of type
// REP answers everything else with an empty message. Messages that are no command
// change nothing. After the answer to PAUSE nothing is received that was not there
// before.
func SteerableProxy(ctx context.Context, frontend, backend, capture, control *Socket) error {
	p := newProxy(frontend, backend, capture)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	steered := make(chan struct{})
	go func() {
		defer close(steered)
		cancel(steer(ctx, p, control))
	}()
	err := p.Run(ctx)
	cancel(err) // the first cause stays
	<-steered
	if errors.Is(context.Cause(ctx), errTerminated) {
		return nil
	}
	return wrap("proxy", "", context.Cause(ctx))
}

// errTerminated is the cause of a proxy's end by TERMINATE.
var errTerminated = errors.New("terminated")

// steer obeys control until ctx ends, TERMINATE comes or control fails, and
// returns why.
func steer(ctx context.Context, p *socket.Proxy, control *Socket) error {
	for {
		m, err := control.Recv(ctx)
		if err != nil {
			return unwrapped(err)
		}
		answer, end := [][]byte{nil}, false
		switch command(&m) {
		case "PAUSE":
			p.Pause()
		case "RESUME":
			p.Resume()
		case "TERMINATE":
			end = true
		case "STATISTICS":
			answer = statistics(p)
		}
		if len(answer) > 1 || control.Type() == REP {
			err = control.Send(ctx, answer...)
		}
		switch {
		case end:
			return errTerminated
		case err != nil && !errors.Is(err, ErrNotSup) && !errors.Is(err, ErrHostUnreach):
			return unwrapped(err)
		}
	}
}

// command returns what a control message says, or "".
func command(m *Msg) string {
	if m.Len() != 1 {
		return ""
	}
	return string(m.Bytes())
}

func statistics(p *socket.Proxy) (frames [][]byte) {
	for _, n := range p.Statistics() {
		frames = append(frames, binary.NativeEndian.AppendUint64(nil, n))
	}
	return frames
}

// unwrapped takes what wrap has put around an error off, to be wrapped again.
func unwrapped(err error) error {
	var op *OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
