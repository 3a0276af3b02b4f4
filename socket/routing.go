// SPDX-License-Identifier: MPL-2.0

// Previous: router.go, stream.go, rep.go. Next: pipe/pipe.go, pipe/fq.go.

package socket

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// routing sends each message to the peer that its first part names, and puts
// the name of the sender in front of each that comes in (libzmq
// routing_socket_base_t and what router_t and stream_t have in common).
//
// A name, p.RoutingID, is never changed in place: who reads it under R may hand
// it out.
type routing struct {
	b *Base

	// S; both locks to add
	byID map[string]*pipe.Pipe // who can be sent to

	// both locks
	auto uint32 // the last routing id that was made up

	// S
	out     *pipe.Pipe // the receiver of the current message; nil: it is dropped
	moreOut bool       // in the middle of a message

	// R
	fq     pipe.FairQueue
	in     *pipe.Pipe // the sender of the current message
	moreIn bool       // its name was given out, parts follow
	held   held       // the first of them, where isHeld
	isHeld bool
}

func makeRouting(b *Base) routing {
	return routing{
		b:    b,
		byID: make(map[string]*pipe.Pipe),
		auto: rand.Uint32(),
		fq:   pipe.FairQueue{Ended: b.ended},
	}
}

// fresh makes a routing id up: 0x00 and a counter that starts anywhere (edge
// case 174). A peer may have chosen the same one; then the next is taken.
func (r *routing) fresh() []byte {
	id := make([]byte, 5)
	for {
		r.auto++
		binary.BigEndian.PutUint32(id[1:], r.auto)
		if r.byID[string(id)] == nil {
			return id
		}
	}
}

// enter makes p known as id, which nobody has, and reads from it. Both locks.
func (r *routing) enter(p *pipe.Pipe, id []byte) {
	p.RoutingID = id
	r.byID[string(id)] = p
	r.fq.Attach(p)
}

// leave takes p's name from it and reports whether it had one. S.
func (r *routing) leave(p *pipe.Pipe) bool {
	if r.byID[string(p.RoutingID)] != p {
		return false
	}
	delete(r.byID, string(p.RoutingID))
	return true
}

// silence gives up what is half sent to p. S.
func (r *routing) silence(p *pipe.Pipe) {
	if r.out == p {
		r.out = nil
	}
}

// open begins a message to the peer that f names. A name that nothing follows
// is no message, and ignored. Where the peer is unknown or full, the message is
// dropped, or, if strict, refused with its name untouched (edge cases 102, 178).
func (r *routing) open(f *msg.Part, strict bool) errno.Errno {
	if f.HasMore() {
		p := r.byID[string(f.Data)]
		if p == nil || !p.CheckWrite() {
			if strict {
				return refusal(p)
			}
			r.b.drop(p)
			p = nil
		}
		r.out, r.moreOut = p, true
	}
	f.Drop()
	return errno.OK
}

// refusal says why nothing can be sent to p: it is full, or not there (any
// more).
func refusal(p *pipe.Pipe) errno.Errno {
	if p != nil && p.Full() {
		return errno.EAGAIN
	}
	return errno.EHOSTUNREACH
}

// pass sends a part behind the name. It takes f in any case: a peer that is
// full was found out by open, so one that refuses a part now is gone, and what
// it has got of the message is taken back.
func (r *routing) pass(f *msg.Part) errno.Errno {
	r.moreOut = f.HasMore()
	p := r.out
	if p != nil && !p.Write(f) {
		p.Rollback()
		r.out, p = nil, nil
	}
	f.Drop()
	if r.moreOut {
		return errno.OK
	}
	r.out = nil
	if p != nil && !p.Flush() {
		r.b.owe(p)
	}
	return errno.OK
}

// passRaw sends a part behind the name as bytes of a connection, or, if it is
// empty, closes the connection (edge case 211). libzmq takes one part per name
// and the next one for a name again; here all parts of one message are bytes.
func (r *routing) passRaw(f *msg.Part) errno.Errno {
	p := r.out
	if p == nil || len(f.Data) > 0 {
		return r.pass(f)
	}
	// The parts before this one end here, so that they still go out.
	if p.MoreOut() {
		end := msg.Part{}
		if p.Write(&end) && !p.Flush() {
			r.b.owe(p)
		}
	}
	r.leave(p)
	r.b.refuse(p)
	r.out, r.moreOut = nil, f.HasMore()
	f.Drop()
	return errno.OK
}

// hasOut reports whether the name of a message would be taken. S.
func (r *routing) hasOut(strict bool) bool {
	if !strict || r.moreOut {
		return true
	}
	for _, p := range r.byID {
		if p.CheckWrite() {
			return true
		}
	}
	return false
}

func (r *routing) writeActivated(*pipe.Pipe) {}

// recv returns the name of the sender, then the parts. The first part is read
// before the name is given out, and held until the next call.
func (r *routing) recv(f *msg.Part) errno.Errno {
	if r.moreIn {
		return r.recvRest(f)
	}
	p := r.fq.Recv(&r.held.part)
	if p == nil {
		return errno.EAGAIN
	}
	r.in, r.isHeld, r.moreIn = p, true, true
	f.Data, f.Body, f.Flags, f.Props = p.RoutingID, nil, msg.More, p.Props
	return errno.OK
}

func (r *routing) recvRest(f *msg.Part) errno.Errno {
	if r.isHeld {
		*f, r.isHeld = r.held.takeOut(), false
	} else if r.fq.Recv(f) == nil {
		r.moreIn = false
		return errno.EAGAIN
	}
	r.moreIn = f.HasMore()
	return errno.OK
}

// keep implements keeper, for who receives part by part.
func (r *routing) keep() {
	if r.isHeld {
		r.held.keep()
	}
}

func (r *routing) hasIn() bool { return r.moreIn || r.fq.HasIn() }

func (r *routing) readActivated(p *pipe.Pipe) { r.fq.Activated(p) }

// drop stops reading from p. Of a message that is half read nothing more is
// returned: the caller of recv keeps R until it has a message whole. R.
func (r *routing) drop(p *pipe.Pipe) {
	r.fq.Remove(p)
	if r.in != p {
		return
	}
	r.in = nil
	if r.moreIn {
		r.held.part.Drop()
		r.isHeld, r.moreIn = false, false
	}
}
