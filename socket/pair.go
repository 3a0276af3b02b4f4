// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: pipe/pipe.go.

package socket

import (
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

	// S
	out      *pipe.Pipe // peer while it can be written
	moreOut  bool       // in the middle of a message
	dropping bool       // what is left of it goes nowhere

	// R
	in *pipe.Pipe // peer while it can be read
}

func newPair(b *Base) pattern { return &pair{b: b} }

// attach takes the first peer and refuses every other until that one has been
// read to its end (edge case 192).
func (s *pair) attach(p *pipe.Pipe, _ bool) {
	if s.peer != nil {
		s.b.refuse(p)
		return
	}
	s.peer, s.out, s.in = p, p, p
}

func (s *pair) detachOut(p *pipe.Pipe) {
	if p == s.out {
		s.lose()
	}
}

// lose gives up the peer as a receiver, and a message half sent to it.
func (s *pair) lose() {
	s.out = nil
	s.dropping = s.moreOut
}

func (s *pair) detachIn(p *pipe.Pipe) {
	if p == s.peer {
		s.peer, s.in = nil, nil
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
	if !s.moreOut && !p.Flush() {
		s.b.owe(p)
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
