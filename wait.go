// SPDX-License-Identifier: MPL-2.0

// Next: socket/await.go, socket/request.go.

package zmq

import (
	"context"
)

// WaitConnected waits until the socket has n peers at least: connections that are
// through their handshake, or inproc. They may have gone again when it returns. It
// fails with ctx's error, ErrTerm or ErrNotSock.
func (s *Socket) WaitConnected(ctx context.Context, n int) error {
	return wrap("wait connected", "", s.b.WaitConnected(ctx, n))
}

// WaitSubscribed waits until n peers at least of a PUB or XPUB socket have
// subscribed to something: what is published then is not lost on them. In manual
// mode it is the application that subscribes them. It fails with ctx's error,
// ErrTerm, ErrNotSock, or ErrNotSup for a socket of another type.
func (s *Socket) WaitSubscribed(ctx context.Context, n int) error {
	return wrap("wait subscribed", "", s.b.WaitSubscribed(ctx, n))
}

// Shutdown closes the socket and waits until everything that was sent has gone out:
// handed to the system, or to the peer over inproc. LINGER does not matter. Where
// ctx ends first, what is left is dropped and ctx's error returned. Blocked calls
// return ErrNotSock; messages that were not received are lost. ErrNotSock where the
// socket was closed before.
func (s *Socket) Shutdown(ctx context.Context) error {
	return wrap("shutdown", "", s.b.Shutdown(ctx))
}

// Receiving is a channel of received messages, for select.
type Receiving struct {
	// C has the messages. It is closed at the end.
	C <-chan Msg

	rest Msg
	err  error
}

// RecvChan receives until ctx ends or the socket fails, on a goroutine of its own,
// which is at most buffer and one message ahead of the reader. The messages are
// plain memory, safe to keep.
func (s *Socket) RecvChan(ctx context.Context, buffer int) *Receiving {
	c := make(chan Msg, max(buffer, 0))
	r := &Receiving{C: c}
	go func() {
		defer close(c)
		for m, err := range s.Messages(ctx) {
			if err != nil {
				r.err = err
				return
			}
			select {
			case c <- m:
			case <-ctx.Done():
				r.rest, r.err = m, wrap("receive", "", ctx.Err())
				return
			}
		}
	}()
	return r
}

// Err returns why C was closed, as Recv does. Only after C was closed.
func (r *Receiving) Err() error { return r.err }

// Rest returns the message that had been received when ctx ended and that nobody
// took; one without frames is none. Only after C was closed.
func (r *Receiving) Rest() Msg { return r.rest }

// Sending is a channel of messages to send, for select.
type Sending struct {
	// C takes the messages, which then are the socket's. Whoever sends on it closes
	// it in the end, or ends the context.
	C chan<- Msg
	// Done is closed when nothing is taken from C any more.
	Done <-chan struct{}

	err error
}

// SendChan sends what comes through a channel, on a goroutine of its own, until the
// channel is closed, ctx ends or a message cannot be sent. buffer is the channel's
// capacity; what is still in it after an error is not sent.
func (s *Socket) SendChan(ctx context.Context, buffer int) *Sending {
	c, done := make(chan Msg, max(buffer, 0)), make(chan struct{})
	out := &Sending{C: c, Done: done}
	go func() {
		defer close(done)
		out.err = s.sendAll(ctx, c)
	}()
	return out
}

func (s *Socket) sendAll(ctx context.Context, c <-chan Msg) error {
	for {
		select {
		case m, open := <-c:
			if !open {
				return nil
			}
			if err := s.SendMsg(ctx, &m); err != nil {
				return err
			}
		case <-ctx.Done():
			return wrap("send", "", ctx.Err())
		}
	}
}

// Err returns why Done was closed, as SendMsg does; nil after C was closed. Only
// after Done was closed.
func (s *Sending) Err() error { return s.err }

// Do sends frames, which it copies, as a request on a REQ socket and returns the
// reply, in plain memory. Any number of goroutines may do so at a time on one
// socket: requests go to the peers in turn, each carries a number as with
// WithReqCorrelate, the replies may come in any order, and each call has its own
// context. A reply that comes after its context has ended is dropped; a request
// whose peer has gone is not repeated, and waits for its context. It fails with
// ctx's error, ErrFSM while a request by Send waits for its reply, as Send and Recv
// do during a Do; and with ErrTimeout, ErrNotSock, ErrTerm as Send, ErrNotSup for a
// socket of another type, ErrInvalid for no frames, ErrNoBufs for more than 1048576
// at a time.
func (s *Socket) Do(ctx context.Context, frames ...[]byte) (Msg, error) {
	m, err := s.b.Do(ctx, frames)
	return m, wrap("do", "", err)
}
