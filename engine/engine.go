// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// Host is the socket, as sessions and listeners see it. All methods may be
// called from any loop, with no lock held.
type Host interface {
	// Adopt makes the socket responsible for an object of endpoint; false means
	// that it is closing and the object must not start.
	Adopt(o Object, endpoint string) bool
	// Left says that an adopted object has ended.
	Left(o Object)
	// Attach gives the socket its end of a new pipe that belongs to o.
	Attach(p *pipe.Pipe, o Object, endpoint string, routingID []byte)
	// Identified says that the peer of a pipe which the socket already has is
	// through its handshake; props are what it told, nil for nothing.
	Identified(p *pipe.Pipe, routingID []byte, props *msg.Properties)
	// Hiccuped says that what was queued in a pipe for a lost peer is gone.
	Hiccuped(p *pipe.Pipe)
	// Rested lets the pipe give its storage back, while the caller holds the other end
	// of it; false means that something is still in there.
	Rested(p *pipe.Pipe) bool
	// Publish makes visible what the socket has written to p, its end, and has held back
	// as the other end gathers. It waits for whoever is sending just now.
	Publish(p *pipe.Pipe)
	// Lends reports whether Lend is worth a try: whether a receiver has waited who could
	// sleep at a descriptor. whole says that they read all messages there, and not only
	// the small ones. Any lock may be held.
	Lends() (lends, whole bool)
	// Lend has the socket's receivers sleep at fd, the descriptor of s; false means that
	// they do not. From then on they call s.Attended when it has something to read.
	Lend(s *Session, fd int) bool
	// TakeBack ends that. Any lock may be held.
	TakeBack(fd int)
	// Stays reports whether the caller of Fetch will sleep at the descriptor if nothing
	// is there. Called within Fetch only.
	Stays() bool
	// Authenticate asks who may decide about a peer. o are the options of the
	// connection; wake is called, on any goroutine and with any lock held, when it is
	// worth looking for the answer. Errors: ErrNoAuthenticator, ErrAuthenticatorGone.
	Authenticate(o *option.Options, r *option.AuthRequest, wake func()) (Inquiry, error)
	// Event reports what happened; it never blocks.
	Event(e Event)
}

// Object is something that a socket owns on a loop: a session or a listener.
type Object interface {
	// Term asks the object to end, after flushing for at most linger; negative is
	// without limit. Any goroutine.
	Term(linger time.Duration)
}

// Reason classifies why a stream came to its end.
type Reason uint8

const (
	// ConnectionLost: the peer or the network closed the connection.
	ConnectionLost Reason = iota
	// ProtocolBroken: the peer broke the protocol; connecting again is pointless.
	ProtocolBroken
	// TimedOut: handshake or heartbeat took too long.
	TimedOut
)

// Error is why a connection ended.
type Error struct {
	Reason Reason
	Remote string // the peer, as an endpoint
	Err    error
}

// Error returns the cause with the peer it concerns.
func (e *Error) Error() string {
	if e.Remote == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Remote, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether time ran out.
func (e *Error) Timeout() bool { return e.Reason == TimedOut }

var (
	errHandshakeTimeout = errors.New("the handshake took too long")
	errHeartbeatTimeout = errors.New("the peer sent nothing in time")
)

// classify turns an error of a codec, a mechanism or the kernel into a verdict.
func classify(err error) Reason {
	var proto *zmtp.ProtocolError
	var refused *mechanism.RefusedError
	var size *zmtp.SizeError
	switch {
	case errors.Is(err, errHandshakeTimeout), errors.Is(err, errHeartbeatTimeout):
		return TimedOut
	case errors.As(err, &proto), errors.As(err, &refused), errors.As(err, &size),
		errors.Is(err, errEnvelope):
		return ProtocolBroken
	}
	return ConnectionLost
}

// number returns the errno that err stands for, as an event's value.
func number(err error) int64 {
	var own errno.Errno
	var system syscall.Errno
	switch {
	case errors.As(err, &own):
		return int64(own)
	case errors.As(err, &system):
		return int64(system)
	}
	return int64(syscall.EPIPE)
}
