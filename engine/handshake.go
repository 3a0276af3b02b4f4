// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"
	"strconv"
	"syscall"

	"github.com/valyala/bytebufferpool"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/transport"
)

const (
	// earlyBytesMax bounds what a peer may send before it is through the handshake.
	earlyBytesMax = 64 << 10
	// earlyReadBytes is how much is read at a time then.
	earlyReadBytes = 1 << 10
)

// startGreeting sends the first ten bytes and waits for the peer's.
func (e *Stream) startGreeting() {
	e.greet.Init(len(e.opts.RoutingID), mechanism.Name(e.opts), byte(e.opts.Type))
	if d := e.opts.HandshakeInterval; d > 0 {
		e.loop.SetTimer(&e.shake, d, e)
	}
	e.early = bytebufferpool.Get()
	e.sendBytes(e.greet.Start())
	// What arrived together with the connection gave its edge already.
	if e.state != closed {
		e.readEarly()
	}
}

// readEarly reads during greeting and handshake.
func (e *Stream) readEarly() {
	for e.state != active && e.state != closed {
		b := e.early
		if len(b.B) >= earlyBytesMax {
			e.s.failed(e, &zmtp.ProtocolError{Code: zmtp.ErrorUnspecified, Msg: "handshake too long"})
			return
		}
		at := len(b.B)
		b.B = append(b.B, make([]byte, earlyReadBytes)...)
		n, no := transport.Read(e.fd, b.B[at:])
		b.B = b.B[:at+max(n, 0)]
		switch {
		case no == syscall.EAGAIN:
			return
		case no != 0:
			e.s.failed(e, no)
			return
		case n == 0:
			e.s.failed(e, syscall.EPIPE)
			return
		}
		if err := e.advance(); err != nil {
			e.s.failed(e, err)
			return
		}
	}
}

// advance consumes what it can of the early bytes.
func (e *Stream) advance() error {
	if e.state == greeting {
		n, err := e.greet.Feed(e.early.B)
		e.consumeEarly(n)
		if err != nil {
			return err
		}
		e.sendBytes(e.greet.Out())
		if !e.greet.Done() {
			return nil
		}
		if err := e.greeted(); err != nil {
			return err
		}
	}
	for e.state == handshaking || e.state == identifying {
		done, err := e.earlyFrame()
		if err != nil || !done {
			return err
		}
	}
	return nil
}

func (e *Stream) consumeEarly(n int) {
	e.early.B = append(e.early.B[:0], e.early.B[n:]...)
}

// greeted goes on after both greetings, by the version that came out.
func (e *Stream) greeted() error {
	e.version = e.greet.Version()
	if e.version == zmtp.V3_0 || e.version == zmtp.V3_1 {
		return e.startMechanism()
	}
	if e.opts.SecurityRequired() {
		return &zmtp.ProtocolError{Code: zmtp.ErrorMechanismMismatch, Msg: "a peer of an old version, without mechanism"}
	}
	e.state = identifying
	if e.version == zmtp.V1Unversioned {
		e.early.B = append(append([]byte(nil), e.greet.Unread()...), e.early.B...)
	}
	e.sendBytes(e.greet.AppendIdentity(nil, e.opts.RoutingID))
	return nil
}

// startMechanism begins the handshake of the socket's mechanism, which must be
// the peer's too.
func (e *Stream) startMechanism() error {
	if peer := e.greet.Mechanism(); peer != mechanism.Name(e.opts) {
		return &zmtp.ProtocolError{Code: zmtp.ErrorMechanismMismatch,
			Msg: "the peer's mechanism is " + strconv.Quote(peer)}
	}
	m := mechanism.New(e.opts, mechanism.Local{
		Type: e.opts.Type, RoutingID: e.opts.RoutingID, SendsID: e.opts.SendsRoutingID(),
		Metadata: e.metadata(),
	}, asks(e.opts))
	if m == nil {
		return errno.ENOTSUP
	}
	e.mech = m
	e.state = handshaking
	return e.progress()
}

// progress goes on with the handshake as far as it goes without the peer.
func (e *Stream) progress() error {
	e.sendHandshake()
	switch e.mech.Status() {
	case mechanism.Authenticating:
		return e.authenticate()
	case mechanism.Ready:
		e.activate(e.mech.Peer().RoutingID)
	}
	return nil
}

// sendHandshake sends whatever command the mechanism has to send.
func (e *Stream) sendHandshake() {
	for {
		body, ok := e.mech.Next(nil)
		if !ok {
			return
		}
		e.sendBytes(append(zmtp.AppendHeader(nil, zmtp.FlagCommand, len(body)), body...))
	}
}

// earlyFrame takes one whole frame of a handshake, or the identity message of
// ZMTP 1 and 2. It returns false where there is none yet.
func (e *Stream) earlyFrame() (bool, error) {
	body, n, err := e.parseEarly()
	if err != nil || n == 0 {
		return false, err
	}
	body = append([]byte(nil), body...)
	e.consumeEarly(n)
	if e.state == identifying {
		e.activate(body)
		return true, nil
	}
	// Edge case 12: the COMMAND flag is not asked for.
	err = e.mech.Process(body)
	clear(body) // there may be a password in it
	if err != nil {
		return true, err
	}
	return true, e.progress()
}

func (e *Stream) parseEarly() (body []byte, n int, err error) {
	limit := int64(earlyBytesMax)
	if e.opts.MaxMsgSize >= 0 {
		limit = min(limit, e.opts.MaxMsgSize)
	}
	f, n, err := zmtp.Decode(e.version, e.early.B, limit)
	return f.Body, n, err
}

// activate opens the connection for messages.
func (e *Stream) activate(routingID []byte) {
	e.loop.CancelTimer(&e.shake)
	e.state = active
	if e.version == zmtp.V3_0 || e.version == zmtp.V3_1 {
		e.s.host.Event(Event{
			Type: EventHandshakeSucceeded, Bound: !e.s.connects, Local: e.local, Remote: e.remote, RoutingID: routingID,
		})
	}
	e.s.ready(routingID, e.properties())
	e.startInput()
	e.sayHello()
	e.notifyUp()
	e.open.Store(true)
	e.tryOut()
	if e.state != active {
		return
	}
	e.startBeat()
	// The rest of what arrived with the handshake, and what came since.
	rest := e.early
	e.early = nil
	e.feed(rest.B)
	clear(rest.B[:cap(rest.B)])
	bytebufferpool.Put(rest)
	if e.state == active {
		e.read()
	}
	e.releaseInput()
}

// reportHandshake tells the socket that a handshake has failed (edge cases 7,
// 17, 62, 79, 168).
func (e *Stream) reportHandshake(err *Error) {
	var proto *zmtp.ProtocolError
	var refused *mechanism.RefusedError
	var size *zmtp.SizeError
	switch {
	case e.auth.rejected: // it is told already
	case errors.As(err.Err, &refused):
		// Another reason is told by the end of the connection only (edge case 62).
		if code, ok := refusalCode(refused.Reason); ok {
			e.event(EventHandshakeFailedAuth, code, err)
		}
	case errors.As(err.Err, &proto):
		e.event(EventHandshakeFailedProtocol, int64(proto.Code), err)
	case errors.As(err.Err, &size):
	default:
		e.event(EventHandshakeFailedNoDetail, number(err.Err), err)
	}
}

// refusalCode reads the status from an ERROR reason of the form [345]00.
func refusalCode(reason string) (int64, bool) {
	switch reason {
	case "300", "400", "500":
		n, _ := strconv.Atoi(reason)
		return int64(n), true
	}
	return 0, false
}
