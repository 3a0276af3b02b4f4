// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: router.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// Bounds of an envelope, the labels that brokers have put in front of a
// request. libzmq has none; a request beyond them is dropped as malformed.
const (
	labelsMax     = 1 << 10
	labelBytesMax = 1 << 20 // all labels of one request together
)

// rep answers one request at a time (libzmq rep_t). Underneath it is a router,
// and takes a router's options. R is S.
//
//	          first body part          last body part
//	waiting ─────────────────▶ inBody ───────────────▶ replying ──┐
//	   ▲                                                          │ last part
//	   └──────────────────────────────────────────────────────────┘ of the reply
type rep struct {
	router
	inBody   bool
	replying bool

	// the request that is being read or answered
	from    *pipe.Pipe // where it is read from
	to      *pipe.Pipe // who gets the reply; nil: nobody any more
	labels  []byte     // all labels, one behind the other
	bounds  []int      // where each of them ends
	scratch msg.Part
}

func newRep(b *Base) pattern { return &rep{router: makeRouter(b)} }

// detachOut also forgets the requester: its reply will be dropped (edge case
// 183).
func (s *rep) detachOut(p *pipe.Pipe) {
	if s.to == p {
		s.to = nil
	}
	s.router.detachOut(p)
}

// detachIn also forgets a request that has not been read whole.
func (s *rep) detachIn(p *pipe.Pipe) {
	if s.from == p {
		s.from, s.inBody = nil, false
	}
	if s.to == p {
		s.to = nil
	}
	s.router.detachIn(p)
}

func (s *rep) recv(f *msg.Part) errno.Errno {
	if s.replying {
		return errno.EFSM
	}
	if !s.inBody {
		if s.recvWhole(f) {
			return errno.OK
		}
		if !s.begin() {
			return errno.EAGAIN
		}
	}
	if s.fq.Recv(f) == nil {
		s.inBody = false
		return errno.EAGAIN
	}
	if !f.HasMore() {
		s.asked()
	}
	return errno.OK
}

func (s *rep) asked() {
	s.inBody, s.replying = false, true
	s.b.signal.turned()
}

// recvWhole takes the commonest request at once: a small one of one part, with no labels.
// Where it returns false nothing has happened.
func (s *rep) recvWhole(f *msg.Part) bool {
	p := s.fq.Next()
	if p == nil {
		return false
	}
	data, ok := p.ReadEnveloped()
	if !ok {
		return false
	}
	s.fq.Pass()
	s.labels, s.bounds = s.labels[:0], s.bounds[:0]
	s.from, s.to = p, p
	*f = msg.Part{Data: data, Props: p.Props}
	s.asked()
	return true
}

// hasIn reports whether a request is there. Looking may take its envelope.
func (s *rep) hasIn() bool {
	return !s.replying && (s.inBody || s.begin())
}

// begin reads on to the next request that has an envelope, and keeps that.
func (s *rep) begin() bool {
	f := &s.scratch
	for {
		p := s.fq.Recv(f)
		if p == nil {
			return false
		}
		if s.envelope(f) {
			s.from, s.to, s.inBody = p, p, true
			return true
		}
		skipRest(&s.fq, f)
	}
}

// envelope copies the labels of a request whose first part is f, and reports
// whether it found the empty part behind them, and a body behind that.
func (s *rep) envelope(f *msg.Part) bool {
	s.labels, s.bounds = s.labels[:0], s.bounds[:0]
	for f.HasMore() {
		if len(f.Data) == 0 {
			f.Drop()
			return true
		}
		if len(s.bounds) == labelsMax || len(s.labels)+len(f.Data) > labelBytesMax {
			return false
		}
		s.labels = append(s.labels, f.Data...)
		s.bounds = append(s.bounds, len(s.labels))
		f.Drop()
		if s.fq.Recv(f) == nil {
			return false
		}
	}
	return false
}

func (s *rep) send(f *msg.Part) errno.Errno {
	if !s.replying {
		return errno.EFSM
	}
	if !s.moreOut {
		if s.sendWhole(f) {
			return errno.OK
		}
		if e := s.address(); e != errno.OK {
			return e
		}
	}
	e := s.pass(f)
	s.replying = s.moreOut
	if !s.replying {
		s.b.signal.turned()
	}
	return e
}

// sendWhole sends the commonest reply at once: a small one of one part, to a request with
// no labels. Where it returns false nothing has happened.
func (s *rep) sendWhole(f *msg.Part) bool {
	p := s.to
	if p == nil || len(s.bounds) > 0 || f.Flags != 0 || f.Body != nil || len(f.Data) >= msg.RefBytesMin {
		return false
	}
	awake, ok := p.WriteEnveloped(f.Data)
	if !ok {
		return false
	}
	if !awake {
		s.b.owe(p)
	}
	s.replying = false
	s.b.signal.turned()
	return true
}

// address begins the reply with the labels of the request. A requester that is
// gone, or full without ROUTER_MANDATORY, gets none.
func (s *rep) address() errno.Errno {
	p := s.to
	if p != nil && !p.CheckWrite() {
		if s.b.opts.RouterMandatory && p.Full() {
			return errno.EAGAIN
		}
		s.b.drop(p)
		p = nil
	} else if p == nil {
		s.b.drop(nil)
	}
	s.out = p
	from := 0
	for _, to := range s.bounds {
		s.label(s.labels[from:to])
		from = to
	}
	s.label(nil)
	return errno.OK
}

// label writes one part of the envelope.
func (s *rep) label(data []byte) {
	s.scratch = msg.Part{Data: data, Flags: msg.More}
	s.pass(&s.scratch)
}

// hasOut reports whether there is a request to answer, and the answer would be
// taken.
func (s *rep) hasOut() bool {
	if !s.replying {
		return false
	}
	p := s.to
	return s.moreOut || p == nil || !s.b.opts.RouterMandatory || p.CheckWrite() || !p.Full()
}
