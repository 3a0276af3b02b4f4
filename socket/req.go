// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: dealer.go.

package socket

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// requestIDBytes is the size in bytes of the part that REQ_CORRELATE adds.
const requestIDBytes = 4

// staleMessagesMax bounds what a new request drops, so that a peer that floods
// the socket with replies can't keep it from sending. libzmq has no bound.
const staleMessagesMax = 1 << 20

// req asks one peer at a time, in turn (libzmq req_t). R is S.
//
//	        first part             last part
//	idle ───────────────▶ asking ─────────────▶ waiting ◀─┐ REQ_RELAXED: asking
//	 ▲                                             │      │ anew
//	 └──────────────── last part of the reply ─────┴──────┘
type req struct {
	dealer
	asking  bool
	waiting bool

	id      uint32               // of the current request
	idBytes [requestIDBytes]byte // what is written
	to      *pipe.Pipe           // who was asked; nil: gone, whoever answers is heard

	inBody  bool       // the envelope of the reply is read
	from    *pipe.Pipe // where that reply is read from
	scratch msg.Part

	// request.go
	calls  calls
	doing  int  // requests under way by Do; S
	direct bool // one of them is at work: parts go as they are; S, never set while S is free
}

func newReq(b *Base) pattern {
	return &req{dealer: makeDealer(b), id: rand.Uint32()}
}

// detachIn also forgets whom it was that was asked. The request is lost then;
// a strict socket goes on waiting (edge case 187), for the peer may come back on
// another connection and answer.
func (s *req) detachIn(p *pipe.Pipe) {
	if s.to == p {
		s.to = nil
	}
	if s.from == p {
		s.from, s.inBody = nil, false
	}
	s.dealer.detachIn(p)
}

func (s *req) send(f *msg.Part) errno.Errno {
	if s.doing > 0 {
		return s.sendDirect(f)
	}
	if s.waiting && !s.b.opts.ReqRelaxed {
		return errno.EFSM
	}
	if !s.asking {
		if s.sendWhole(f) {
			return errno.OK
		}
		if e := s.begin(); e != errno.OK {
			return e
		}
	}
	more := f.HasMore()
	e := s.dealer.send(f)
	if e == errno.OK {
		s.asking, s.waiting = more, !more
	}
	return e
}

// sendDirect passes a part of a request by Do on.
func (s *req) sendDirect(f *msg.Part) errno.Errno {
	if !s.direct {
		return errno.EFSM
	}
	return s.dealer.send(f)
}

// sendWhole sends the commonest request at once: a small one of one part, with the plain
// envelope. Where it returns false nothing has happened.
func (s *req) sendWhole(f *msg.Part) bool {
	if f.Flags != 0 || f.Body != nil || len(f.Data) >= msg.RefBytesMin || s.b.opts.ReqCorrelate {
		return false
	}
	p := s.lb.Next()
	if p == nil || !p.CheckWrite() {
		return false
	}
	s.forget()
	awake, ok := p.WriteEnveloped(f.Data)
	if !ok {
		return false
	}
	s.lb.Pass()
	s.id++
	s.to, s.waiting, s.inBody = p, true, false
	if !awake {
		s.b.owe(p)
	}
	return true
}

// begin sends the envelope: the request's id with REQ_CORRELATE, and an empty
// part. Where no peer has room it changes nothing. The id counts in the host's
// byte order (edge case 188).
func (s *req) begin() errno.Errno {
	id := s.id + 1
	f := &s.scratch
	*f = msg.Part{Flags: msg.More}
	if s.b.opts.ReqCorrelate {
		binary.NativeEndian.PutUint32(s.idBytes[:], id)
		f.Data = s.idBytes[:]
	}
	p, ok := s.lb.Send(f)
	if !ok {
		return errno.EAGAIN
	}
	s.id, s.to = id, p
	s.asking, s.waiting, s.inBody = true, false, false
	if s.b.opts.ReqCorrelate {
		*f = msg.Part{Flags: msg.More}
		s.lb.Send(f)
	}
	s.forget()
	return errno.OK
}

// forget drops what has come in for earlier requests (edge case 185). With one peer, of
// whom there is nothing, it leaves the pipe's reader awake: the answer need not wake it
// then, if it is looked for later.
func (s *req) forget() {
	if p := s.fq.Only(); p != nil && p.Empty() {
		return
	}
	for range staleMessagesMax {
		if s.fq.Recv(&s.scratch) == nil {
			return
		}
		skipRest(&s.fq, &s.scratch)
	}
}

func (s *req) hasOut() bool {
	return s.doing == 0 && (!s.waiting || s.b.opts.ReqRelaxed) && s.dealer.hasOut()
}

func (s *req) recv(f *msg.Part) errno.Errno {
	if s.direct {
		return s.dealer.recv(f)
	}
	if !s.waiting {
		return errno.EFSM
	}
	if !s.inBody {
		if s.recvWhole(f) {
			return errno.OK
		}
		if !s.find() {
			return errno.EAGAIN
		}
	}
	if s.fq.Recv(f) == nil {
		s.inBody = false
		return errno.EAGAIN
	}
	if !f.HasMore() {
		s.answered()
	}
	return errno.OK
}

func (s *req) answered() {
	s.waiting, s.inBody = false, false
	s.b.signal.turned()
}

// recvWhole takes the commonest reply at once: a small one of one part, with the plain
// envelope, of whom was asked. Where it returns false nothing has happened.
func (s *req) recvWhole(f *msg.Part) bool {
	p := s.fq.Next()
	if p == nil || s.to != p || s.b.opts.ReqCorrelate {
		return false
	}
	data, ok := p.ReadEnveloped()
	if !ok {
		return false
	}
	s.fq.Pass()
	*f = msg.Part{Data: data, Props: p.Props}
	s.answered()
	return true
}

// hasIn reports whether the reply is there. Looking may take its envelope.
func (s *req) hasIn() bool {
	return s.waiting && (s.inBody || s.find())
}

// find reads on to the reply and takes its envelope; whatever is not the reply
// is dropped.
func (s *req) find() bool {
	f := &s.scratch
	for {
		p := s.fq.Recv(f)
		if p == nil {
			return false
		}
		if (s.to == nil || s.to == p) && s.isReply(f) {
			s.from, s.inBody = p, true
			return true
		}
		skipRest(&s.fq, f)
	}
}

// isReply checks the envelope of a message whose first part is f: the current
// request's id where REQ_CORRELATE is set, then an empty part. f is the last
// part that was read.
func (s *req) isReply(f *msg.Part) bool {
	if s.b.opts.ReqCorrelate {
		if !f.HasMore() || len(f.Data) != requestIDBytes || binary.NativeEndian.Uint32(f.Data) != s.id {
			return false
		}
		f.Drop()
		if s.fq.Recv(f) == nil {
			return false
		}
	}
	if !f.HasMore() || len(f.Data) != 0 {
		return false
	}
	f.Drop()
	return true
}
