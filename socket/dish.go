// SPDX-License-Identifier: MPL-2.0

// Previous: base_recv.go. Next: pipe/fq.go; for JOIN and LEAVE pipe/dist.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// dish receives the messages of the groups that it has joined, whatever its peers
// send (libzmq dish_t).
type dish struct {
	nameless
	b *Base

	groups map[string]string // name to itself; both locks to change, either to read

	dist pipe.Distributor // S

	// R
	fq       pipe.FairQueue
	held     held       // a body that hasIn found, where heldFrom is set
	heldFrom *pipe.Pipe // where it was read from
	heldOf   string     // its group
}

func newDish(b *Base) pattern {
	return &dish{b: b, groups: make(map[string]string), fq: pipe.FairQueue{Ended: b.ended}}
}

func (s *dish) attach(p *pipe.Pipe, _ bool) {
	s.fq.Attach(p)
	s.dist.Attach(p)
	s.tellAll(p)
}

// hiccuped tells a peer that has come back what it has forgotten (edge case 92).
func (s *dish) hiccuped(p *pipe.Pipe) {
	s.dist.Activated(p)
	s.tellAll(p)
}

// tellAll joins all groups at p. Those that p has no room for are lost, as with
// subscriptions (edge case 204).
func (s *dish) tellAll(p *pipe.Pipe) {
	for group := range s.groups {
		p.Write(&msg.Part{Data: []byte(group), Flags: msg.Join})
	}
	if !p.Flush() {
		s.b.owe(p)
	}
}

func (s *dish) detachOut(p *pipe.Pipe) { s.dist.Remove(p) }

// detachIn keeps a message of p's that has been read and not returned: it is whole.
func (s *dish) detachIn(p *pipe.Pipe) { s.fq.Remove(p) }

func (s *dish) send(*msg.Part) errno.Errno  { return errno.ENOTSUP }
func (s *dish) hasOut() bool                { return false }
func (s *dish) writeActivated(p *pipe.Pipe) { s.dist.Activated(p) }

func (s *dish) recv(f *msg.Part) errno.Errno {
	if s.heldFrom != nil {
		*f, s.b.from.Group = s.held.takeOut(), s.heldOf
		s.heldFrom = nil
		return errno.OK
	}
	p, group := s.next(f)
	if p == nil {
		return errno.EAGAIN
	}
	s.b.from.Group = group
	return errno.OK
}

// hasIn reports whether recv would return a message. To know that, it reads one.
func (s *dish) hasIn() bool {
	if s.heldFrom != nil {
		return true
	}
	if s.heldFrom, s.heldOf = s.next(&s.held.part); s.heldFrom == nil {
		return false
	}
	s.held.keep()
	return true
}

// next reads the next message of a group that is joined, and returns where it came
// from. What does not consist of a group and one body is dropped.
func (s *dish) next(f *msg.Part) (*pipe.Pipe, string) {
	for {
		p := s.fq.Recv(f)
		if p == nil {
			return nil, ""
		}
		group, joined := s.groups[string(f.Data)]
		if !joined || !f.HasMore() {
			skipRest(&s.fq, f)
			continue
		}
		f.Drop()
		if s.fq.Recv(f) == nil {
			return nil, ""
		}
		if !f.HasMore() {
			return p, group
		}
		skipRest(&s.fq, f)
	}
}

func (s *dish) readActivated(p *pipe.Pipe) { s.fq.Activated(p) }

// joiner is a pattern that joins groups (DISH).
type joiner interface {
	// Both locks.
	join(group string) errno.Errno
	leave(group string) errno.Errno
}

func (s *dish) join(group string) errno.Errno {
	if _, joined := s.groups[group]; joined || len(group) > msg.GroupBytesMax {
		return errno.EINVAL
	}
	s.groups[group] = group
	s.tell(group, msg.Join)
	return errno.OK
}

func (s *dish) leave(group string) errno.Errno {
	if _, joined := s.groups[group]; !joined {
		return errno.EINVAL
	}
	delete(s.groups, group)
	s.tell(group, msg.Leave)
	return errno.OK
}

// tell sends one JOIN or LEAVE to every peer.
func (s *dish) tell(group string, flag byte) {
	s.dist.MatchAll()
	s.dist.Send(&msg.Part{Data: []byte(group), Flags: flag})
	s.b.oweAll(&s.dist)
}

// Join makes a DISH socket receive the messages of a group (libzmq zmq_join).
// Errors: EINVAL for a group that is joined already or has more than 255 bytes,
// ENOTSUP for other socket types, ETERM, ENOTSOCK. Safe from any goroutine.
func (b *Base) Join(group string) error { return b.membership(group, joiner.join) }

// Leave takes Join back (libzmq zmq_leave). Errors as Join; EINVAL for a group that
// is not joined.
func (b *Base) Leave(group string) error { return b.membership(group, joiner.leave) }

func (b *Base) membership(group string, change func(joiner, string) errno.Errno) error {
	if e := b.check(); e != 0 {
		return e
	}
	s, ok := b.pat.(joiner)
	if !ok {
		return errno.ENOTSUP
	}
	b.lockBoth()
	defer b.unlockBoth()
	return change(s, group).Err()
}
