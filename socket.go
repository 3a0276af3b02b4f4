// SPDX-License-Identifier: MPL-2.0

// Next: socket/base_send.go, socket/base_recv.go.

package zmq

import (
	"context"
	"iter"
	"sync"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// SocketType is a messaging pattern's role, with libzmq's number.
type SocketType int

// The socket types.
const (
	PAIR   SocketType = option.Pair
	PUB    SocketType = option.Pub
	SUB    SocketType = option.Sub
	REQ    SocketType = option.Req
	REP    SocketType = option.Rep
	DEALER SocketType = option.Dealer
	ROUTER SocketType = option.Router
	PULL   SocketType = option.Pull
	PUSH   SocketType = option.Push
	XPUB   SocketType = option.XPub
	XSUB   SocketType = option.XSub
	STREAM SocketType = option.Stream

	SERVER  SocketType = option.Server
	CLIENT  SocketType = option.Client
	RADIO   SocketType = option.Radio
	DISH    SocketType = option.Dish
	DGRAM   SocketType = option.Dgram
	GATHER  SocketType = option.Gather
	SCATTER SocketType = option.Scatter
	PEER    SocketType = option.Peer
	CHANNEL SocketType = option.Channel
)

// String returns the type's name as it stands in ZMTP.
func (t SocketType) String() string { return socket.TypeName(int(t)) }

// Socket is a ZeroMQ socket. All methods may be called from any goroutine at any
// time, Close included; sends and receives do not exclude each other. A context
// given to a call bounds that call only. A call that ends with an error has sent
// or received nothing.
type Socket struct {
	b *socket.Base
}

// Type returns the socket's type.
func (s *Socket) Type() SocketType { return SocketType(s.b.Type()) }

// Bind accepts connections at endpoint, for example "tcp://*:5555",
// "tcp://127.0.0.1:*", "ipc:///tmp/x", "inproc://name" (zmq_bind). LastEndpoint
// tells what a wildcard has become. Errors: ErrInvalid, ErrAddrInUse,
// ErrAddrNotAvail, ErrNoDev, ErrProtoNoSupport, ErrMThread, ErrNameTooLong.
func (s *Socket) Bind(endpoint string) error { return wrap("bind", endpoint, s.b.Bind(endpoint)) }

// Connect connects to endpoint and stays connected: it returns at once, the peer
// may come later, go and come back (zmq_connect). Errors concern the form of the
// endpoint only: ErrInvalid, ErrProtoNoSupport, ErrMThread, ErrNameTooLong.
func (s *Socket) Connect(endpoint string) error {
	return wrap("connect", endpoint, s.b.Connect(endpoint))
}

// Unbind stops accepting at endpoint, given as LastEndpoint had it, and ends the
// connections accepted there (zmq_unbind). ErrNoEnt if there is no such one.
func (s *Socket) Unbind(endpoint string) error {
	return wrap("unbind", endpoint, s.b.Unbind(endpoint))
}

// Disconnect ends the connections to endpoint, given as to Connect
// (zmq_disconnect). What was sent goes out in the background for as long as
// LINGER says; what was not received is dropped. ErrNoEnt if there is no such one.
func (s *Socket) Disconnect(endpoint string) error {
	return wrap("disconnect", endpoint, s.b.Disconnect(endpoint))
}

// LastEndpoint returns the endpoint of the last Bind, with wildcards resolved, or
// Connect (ZMQ_LAST_ENDPOINT).
func (s *Socket) LastEndpoint() string { return s.b.LastEndpoint() }

// Close ends the socket; blocked calls return ErrNotSock. It does not wait: what
// was sent goes out in the background for as long as LINGER says, and
// Context.Term waits for that (zmq_close). The second call returns ErrNotSock.
func (s *Socket) Close() error { return wrap("close", "", s.b.Close()) }

// messages are recycled for Send and Recv.
var messages = sync.Pool{New: func() any { return new(Msg) }}

// Send sends frames as one message. It copies them, and waits while no peer has
// room, where the socket type does not drop instead. Errors: ErrTimeout after the
// send timeout, ctx's error, ErrFSM, ErrHostUnreach, ErrNotSup, ErrNotSock,
// ErrTerm.
func (s *Socket) Send(ctx context.Context, frames ...[]byte) error {
	return s.send(ctx, true, frames)
}

// TrySend is Send without waiting: ErrAgain where there is no room.
func (s *Socket) TrySend(frames ...[]byte) error {
	return s.send(context.Background(), false, frames)
}

func (s *Socket) send(ctx context.Context, block bool, frames [][]byte) error {
	m := messages.Get().(*Msg)
	for _, f := range frames {
		if len(f) >= msg.RefBytesMin {
			body := buf.NewBody(len(f))
			copy(body.Bytes(), f)
			m.AppendBody(body)
		} else {
			m.Append(f)
		}
	}
	err := s.b.Send(ctx, m, block)
	m.Close()
	messages.Put(m)
	return wrap("send", "", err)
}

// SendMsg sends m without copying what is large. On success m is empty and its
// memory has passed to the socket; on failure m is as it was. Waits and fails as
// Send.
func (s *Socket) SendMsg(ctx context.Context, m *Msg) error {
	if err := s.b.Send(ctx, m, true); err != nil {
		return wrap("send", "", err)
	}
	return nil
}

// TrySendMsg is SendMsg without waiting: ErrAgain where there is no room.
func (s *Socket) TrySendMsg(m *Msg) error {
	return wrap("send", "", s.b.Send(context.Background(), m, false))
}

// SendBatch sends messages from the front of ms, each as SendMsg does, as many as
// there is room for. It waits for room for the first one only and returns how
// many it sent: at least one, unless ms is empty or there is an error.
func (s *Socket) SendBatch(ctx context.Context, ms []Msg) (int, error) {
	n, err := s.b.SendBatch(ctx, ms)
	return n, wrap("send", "", err)
}

// Recv receives one message, waiting for it. Its frames are plain memory, safe to
// keep. Errors: ErrTimeout after the receive timeout, ctx's error, ErrFSM,
// ErrNotSup, ErrNotSock, ErrTerm.
func (s *Socket) Recv(ctx context.Context) (Msg, error) { return s.recv(ctx, true) }

// TryRecv is Recv without waiting: ErrAgain where there is nothing.
func (s *Socket) TryRecv() (Msg, error) { return s.recv(context.Background(), false) }

func (s *Socket) recv(ctx context.Context, block bool) (Msg, error) {
	var m Msg
	if err := s.b.Recv(ctx, &m, block); err != nil {
		return Msg{}, wrap("receive", "", err)
	}
	m.Detach()
	return m, nil
}

// RecvMsg receives one message into m, waiting for it. What m held before is
// released; what it holds then is valid until m is received into again or closed.
// It allocates nothing once m's memory has grown to fit. Fails as Recv, and then
// leaves m as it was.
func (s *Socket) RecvMsg(ctx context.Context, m *Msg) error {
	if err := s.b.Recv(ctx, m, true); err != nil {
		return wrap("receive", "", err)
	}
	return nil
}

// TryRecvMsg is RecvMsg without waiting: ErrAgain where there is nothing.
func (s *Socket) TryRecvMsg(m *Msg) error {
	return wrap("receive", "", s.b.Recv(context.Background(), m, false))
}

// RecvBatch receives into the front of ms, each as RecvMsg does, as many messages
// as are there. It waits for the first one only and returns how many it received:
// at least one, unless ms is empty or there is an error.
func (s *Socket) RecvBatch(ctx context.Context, ms []Msg) (int, error) {
	n, err := s.b.RecvBatch(ctx, ms)
	return n, wrap("receive", "", err)
}

// Messages receives until the loop is left or there is an error, which it yields
// last, with an empty message.
func (s *Socket) Messages(ctx context.Context) iter.Seq2[Msg, error] {
	return func(yield func(Msg, error) bool) {
		for {
			m, err := s.Recv(ctx)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// Subscribe lets a SUB socket receive the messages that begin with prefix; ""
// is all of them. Subscribing twice asks for unsubscribing twice. On an XPUB
// socket with XPUB_MANUAL it subscribes the peer whose notification was received
// last (ZMQ_SUBSCRIBE).
func (s *Socket) Subscribe(prefix string) error {
	return wrap("subscribe", "", s.b.Subscribe([]byte(prefix)))
}

// Unsubscribe takes one Subscribe back (ZMQ_UNSUBSCRIBE). Where there was none it
// does nothing.
func (s *Socket) Unsubscribe(prefix string) error {
	return wrap("unsubscribe", "", s.b.Unsubscribe([]byte(prefix)))
}
