// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"context"
	"errors"
	"fmt"

	zmq "github.com/zeroloop/zmq"
)

// ends is a context and the sockets of one program. Not safe for use by more
// than one goroutine.
type ends struct {
	zc   *zmq.Context
	open []*zmq.Socket
	err  error // the first failure to open; later calls do nothing
}

func newEnds() *ends {
	zc, err := zmq.NewContext()
	return &ends{zc: zc, err: err}
}

func (e *ends) socket(t zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	if e.err != nil {
		return nil
	}
	s, err := e.zc.NewSocket(t, opts...)
	if err != nil {
		e.err = err
		return nil
	}
	e.open = append(e.open, s)
	return s
}

// bind makes a bound socket; nil after a failure.
func (e *ends) bind(t zmq.SocketType, endpoint string, opts ...zmq.Option) *zmq.Socket {
	s := e.socket(t, opts...)
	if s != nil {
		e.err = s.Bind(endpoint)
	}
	return s
}

// connect makes a connected socket; nil after a failure.
func (e *ends) connect(t zmq.SocketType, endpoint string, opts ...zmq.Option) *zmq.Socket {
	s := e.socket(t, opts...)
	if s != nil {
		e.err = s.Connect(endpoint)
	}
	return s
}

// run calls f, unless opening has failed, closes all sockets and waits until
// what they have sent is gone. After a failure it does not wait: there may be
// nobody who takes it.
func (e *ends) run(ctx context.Context, f func() error) error {
	if e.zc == nil {
		return e.err
	}
	err := e.err
	if err == nil {
		err = f()
	}
	for _, s := range e.open {
		if err != nil {
			err = errors.Join(err, s.Set(zmq.WithLinger(0)))
		}
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return errors.Join(err, e.zc.Term(ctx))
}

// concurrently runs the functions on a goroutine each and waits for all. The
// first failure cancels the others' context and is returned.
func concurrently(ctx context.Context, fs ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, len(fs))
	for _, f := range fs {
		go func() {
			err := f(ctx)
			if err != nil {
				cancel(err)
			}
			done <- err
		}()
	}
	failed := false
	for range fs {
		failed = <-done != nil || failed
	}
	if failed {
		return context.Cause(ctx)
	}
	return nil
}

// check says what is wrong with message i, if it is not a single frame of size
// bytes.
func check(m *zmq.Msg, i, size int) error {
	if m.Len() == 1 && m.Size() == size {
		return nil
	}
	return fmt.Errorf("message %d has %d bytes in %d frames, want %d bytes in one",
		i+1, m.Size(), m.Len(), size)
}
