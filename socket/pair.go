// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: pipe/pipe.go.

package socket

import (
	"slices"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// pair talks to one peer (libzmq pair_t).
type pair struct {
	nameless
	calm
	b    *Base
	peer *pipe.Pipe // whom the place is taken by; both locks
	// queue waits for the place, the first one longest; both locks
	queue []*pipe.Pipe

	// S
	out      *pipe.Pipe // peer while it can be written
	moreOut  bool       // in the middle of a message
	dropping bool       // what is left of it goes nowhere

	// R
	in *pipe.Pipe // peer while it can be read
}

func newPair(b *Base) pattern { return &pair{b: b} }

// attach takes the first peer. Another connection stays, is neither read nor written,
// and has its turn when the one before it has been read to its end; with libzmq it has
// none (edge case 192). Within a process, where whoever is refused does not come
// again by itself, it is refused.
func (s *pair) attach(p *pipe.Pipe, _ bool) {
	switch {
	case s.peer == nil:
		s.peer, s.out, s.in = p, p, p
	case p.Owner == nil:
		s.b.refuse(p)
	default:
		s.queue = append(s.queue, p)
	}
}

func (s *pair) detachOut(p *pipe.Pipe) {
	if p == s.out {
		s.lose()
		return
	}
	if i := slices.Index(s.queue, p); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.b.ended(p) // nobody reads it to its end
	}
}

// lose gives up the peer as a receiver, and a message half sent to it.
func (s *pair) lose() {
	s.out = nil
	s.dropping = s.moreOut
}

func (s *pair) detachIn(p *pipe.Pipe) {
	if p != s.peer {
		return
	}
	s.peer, s.in = nil, nil
	if len(s.queue) > 0 {
		next := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		s.peer, s.out, s.in = next, next, next
		s.b.sends.wakeOne()
		s.b.recvs.wakeOne()
	}
}

func (s *pair) send(f *msg.Part) errno.Errno {
	if s.dropping {
		s.moreOut = f.HasMore()
		s.dropping = s.moreOut
		f.Drop()
		return errno.OK
	}
	p := s.out
	if p == nil {
		return errno.EAGAIN
	}
	if !p.Write(f) {
		if !s.moreOut {
			if p.Press() {
				s.b.owe(p)
			}
			return errno.EAGAIN
		}
		// A message that was begun has room: the peer is gone.
		p.Rollback()
		s.lose()
		return s.send(f)
	}
	s.moreOut = f.HasMore()
	if !s.moreOut {
		s.b.publish(p, true)
	}
	return errno.OK
}

func (s *pair) hasOut() bool {
	return s.moreOut || s.out != nil && s.out.CheckWrite()
}

func (s *pair) writeActivated(*pipe.Pipe) {}

func (s *pair) recv(f *msg.Part) errno.Errno {
	if s.in == nil {
		return errno.EAGAIN
	}
	if !s.in.Read(f) {
		s.finish()
		return errno.EAGAIN
	}
	return errno.OK
}

func (s *pair) hasIn() bool {
	if s.in == nil {
		return false
	}
	if s.in.CheckRead() {
		return true
	}
	s.finish()
	return false
}

// finish lets the peer go where it has been read to its end.
func (s *pair) finish() {
	if s.in.EOF() {
		s.b.ended(s.in)
		s.in = nil
	}
}

func (s *pair) readActivated(*pipe.Pipe) {}
