// SPDX-License-Identifier: MPL-2.0

// Messages part by part, as C programs hand them over. Previous: cmd/libzmq.
// Next: the pattern's file.

package socket

import (
	"context"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// SendPart hands one part over without waiting; more says that its message goes
// on. data is copied, unless body is given, which is then what is sent: on success
// its reference has passed to the socket, on failure it is still the caller's. The
// parts of one message come from one goroutine after another with nothing of
// another message between them. Errors: EAGAIN for no room, EFSM, EHOSTUNREACH,
// ENOTSUP, EINVAL, ETERM, ENOTSOCK (libzmq socket_base_t::send). It allocates
// nothing. Safe from any goroutine.
func (b *Base) SendPart(data []byte, body *buf.Body, more bool) errno.Errno {
	return b.SendPartTo(msg.Address{}, data, body, more)
}

// SendPartWaiting is SendPart that waits for room. It fails with ctx's error too.
func (b *Base) SendPartWaiting(ctx context.Context, data []byte, body *buf.Body, more bool) error {
	return b.await(ctx, func() (bool, error) {
		e := b.SendPart(data, body, more)
		return e == errno.OK, failure(e)
	})
}

// failure is e as an error, where it is not a reason to wait.
func failure(e errno.Errno) error {
	if e == errno.EAGAIN {
		return nil
	}
	return e.Err()
}

// SendPartTo is SendPart for the socket types whose messages have an address.
func (b *Base) SendPartTo(to msg.Address, data []byte, body *buf.Body, more bool) (e errno.Errno) {
	b.lockToSend()
	defer b.unlockSend() // the caller may recover from a panic (cmd/libzmq)
	b.hearOut()
	e = b.check()
	if e == errno.OK && b.single {
		b.to = to
		if more && !b.kind.traits.mute {
			e = errno.EINVAL
		}
	}
	if e == errno.OK {
		e = b.sendPart(data, body, more)
	}
	if e == errno.OK && b.sends.waiting.Load() > 0 && b.pat.hasOut() {
		b.sends.wakeOne()
	}
	return e
}

// sendPart runs under S.
func (b *Base) sendPart(data []byte, body *buf.Body, more bool) errno.Errno {
	f := &b.sending
	*f = msg.Part{Data: data}
	switch {
	case more:
		f.Flags = msg.More
	case b.lb != nil && body == nil && len(data) < msg.RefBytesMin:
		if b.sendPartSmall(data) {
			return errno.OK
		}
	}
	if body != nil {
		f.Data, f.Body = body.Bytes(), body
	}
	e := b.pat.send(f)
	*f = msg.Part{}
	return e
}

// sendPartSmall sends a whole small message the short way, see sendSmall. Runs
// under S.
func (b *Base) sendPartSmall(data []byte) bool {
	p := b.lb.Next()
	if p == nil {
		return false
	}
	awake, ok := p.WriteSmall(data)
	if !ok {
		return false
	}
	b.lb.Pass()
	if !awake {
		b.owe(p)
	}
	return true
}

// RecvPart receives one part without waiting and has take see it: its data is
// valid during that call, a body's reference passes on if take sets Body to nil.
// take runs under the socket's lock and must not use the socket. Parts of one
// message come one after another. Errors: EAGAIN for nothing there, EFSM, ENOTSUP,
// ETERM, ENOTSOCK (libzmq socket_base_t::recv). It allocates nothing. Safe from any
// goroutine.
func (b *Base) RecvPart(take func(f *msg.Part)) errno.Errno {
	b.lockRecv()
	defer b.unlockRecv()
	b.hearIn()
	e := b.check()
	if e == errno.OK {
		e = b.recvPart(take)
	}
	switch {
	case e == errno.EAGAIN:
		b.att.refuse()
	case e == errno.OK && b.recvs.waiting.Load() > 0 && b.pat.hasIn():
		b.recvs.wakeOne()
	}
	return e
}

// besidePeersMax is how many peers Beside looks at.
const besidePeersMax = 16

// Beside reports whether the socket has peers, a few, and all of them are sockets of
// this process (inproc). Safe from any goroutine.
func (b *Base) Beside() bool {
	b.lockRecv()
	defer b.unlockRecv()
	for _, p := range b.pipes[:min(len(b.pipes), besidePeersMax)] {
		if !p.Inproc {
			return false
		}
	}
	return len(b.pipes) > 0 && len(b.pipes) <= besidePeersMax
}

// From returns the address of the part that RecvPart has received. To be called in
// its take only.
func (b *Base) From() msg.Address { return b.from }

// recvPart runs under R.
func (b *Base) recvPart(take func(f *msg.Part)) errno.Errno {
	f := &b.receiving
	if b.fq != nil {
		if data, p := b.nextSmall(); p != nil {
			*f = msg.Part{Data: data, Props: p.Props}
			take(f)
			return errno.OK
		}
	}
	if e := b.pat.recv(f); e != errno.OK {
		return e
	}
	take(f)
	f.Drop()
	if b.keeper != nil {
		b.keeper.keep()
	}
	return errno.OK
}

// RecvAhead hands further messages to take, one after another, as long as room says
// yes and the next message is there and has one part that is small, or whose body
// accept says yes to; take sees the bytes as RecvPart's does, or owns the body, and
// what is known of the peer. Only for socket types that receive from all peers in turn,
// nothing happens for others. It allocates nothing. Safe from any goroutine.
func (b *Base) RecvAhead(room func() bool, accept func(*buf.Body) bool, take func(data []byte, body *buf.Body, props *msg.Properties)) {
	if b.fq == nil {
		return
	}
	b.lockRecv()
	defer b.unlockRecv()
	for b.check() == errno.OK && room() {
		if data, p := b.nextSmall(); p != nil {
			take(data, nil, p.Props)
		} else if body, p := b.nextHeld(accept); p != nil {
			take(nil, body, p.Props)
		} else {
			break
		}
	}
}

// nextHeld returns the body of the next message and where it came from, if pipe.ReadHeld
// finds it; nil where the pattern has to look itself. Runs under R.
func (b *Base) nextHeld(accept func(*buf.Body) bool) (*buf.Body, *pipe.Pipe) {
	if b.sift != nil && b.sift.heldFrom != nil {
		return nil, nil
	}
	for {
		p := b.fq.Next()
		if p == nil {
			return nil, nil
		}
		body, ok := p.ReadHeld(accept)
		if !ok {
			return nil, nil
		}
		b.fq.Pass()
		if b.sift == nil || b.sift.wants(body.Bytes()) {
			return body, p
		}
		body.Release()
	}
}

// Wants reports whether a message that begins so is one that the socket receives, as
// its options are now: a SUB's subscriptions. Safe from any goroutine.
func (b *Base) Wants(topic []byte) bool {
	if b.sift == nil {
		return true
	}
	b.lockRecv()
	defer b.unlockRecv()
	return b.sift.wants(topic)
}
