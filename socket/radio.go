// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_pipe.go (a JOIN). Next: pipe/dist.go.

package socket

import (
	"strings"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// groupsMax is how many groups one peer may be in; it ignores the JOINs beyond. A
// peer could otherwise make its RADIO keep as many names as it can send.
const groupsMax = 1 << 16

// radio sends each message to the peers that have joined its group (libzmq
// radio_t). In a pipe a message is two parts, the group and the body, as on the
// wire. Both are written under the send lock, so that no other message comes
// between them.
type radio struct {
	nameless
	calm
	b *Base

	// S; both locks to change groups and all
	dist   pipe.Distributor
	groups map[string][]*pipe.Pipe
	all    []*pipe.Pipe // those that get everything: datagrams know no JOIN
	head   []byte       // the part with the group

	scratch msg.Part // both locks
}

// membership is which groups a peer is in. It is kept in p.Data.
type membership map[string]struct{}

func newRadio(b *Base) pattern {
	return &radio{b: b, groups: make(map[string][]*pipe.Pipe)}
}

func (s *radio) attach(p *pipe.Pipe, _ bool) {
	s.dist.Attach(p)
	if strings.HasPrefix(p.Endpoint, "udp://") {
		s.all = append(s.all, p)
	}
	p.Data = make(membership)
	s.readActivated(p)
}

func (s *radio) detachOut(p *pipe.Pipe) { s.dist.Remove(p) }

func (s *radio) detachIn(p *pipe.Pipe) {
	joined, _ := p.Data.(membership)
	for group := range joined {
		s.remove(p, group)
	}
	s.all = without(s.all, p)
	p.Data = nil
}

// remove takes p out of a group.
func (s *radio) remove(p *pipe.Pipe, group string) {
	if ps := without(s.groups[group], p); len(ps) > 0 {
		s.groups[group] = ps
	} else {
		delete(s.groups, group)
	}
}

// without takes p out of ps, in place.
func without(ps []*pipe.Pipe, p *pipe.Pipe) []*pipe.Pipe {
	for i, x := range ps {
		if x == p {
			last := len(ps) - 1
			ps[i], ps[last] = ps[last], nil
			return ps[:last]
		}
	}
	return ps
}

// send copies a message to all who are in its group. With XPUB_NODROP it is refused
// where one of them is full.
func (s *radio) send(f *msg.Part) errno.Errno {
	s.dist.Unmatch()
	for _, p := range s.groups[s.b.to.Group] {
		s.dist.Match(p)
	}
	for _, p := range s.all {
		s.dist.Match(p)
	}
	if s.b.opts.XPubNoDrop && !s.dist.HasRoom() {
		return errno.EAGAIN
	}
	s.head = append(s.head[:0], s.b.to.Group...)
	group := msg.Part{Data: s.head, Flags: msg.More}
	s.dist.Send(&group)
	s.dist.Send(f)
	s.b.oweAll(&s.dist)
	return errno.OK
}

func (s *radio) hasOut() bool { return true }

func (s *radio) writeActivated(p *pipe.Pipe) { s.dist.Activated(p) }

func (s *radio) recv(*msg.Part) errno.Errno { return errno.ENOTSUP }
func (s *radio) hasIn() bool                { return false }

// readActivated hears what p joins and leaves; whatever else it sends is dropped.
// Both locks.
func (s *radio) readActivated(p *pipe.Pipe) {
	f := &s.scratch
	for n := 0; p.Read(f); {
		joined, _ := p.Data.(membership)
		switch {
		case f.Flags&msg.Join != 0:
			s.join(p, joined, f.Data)
		case f.Flags&msg.Leave != 0:
			if _, there := joined[string(f.Data)]; there {
				s.remove(p, string(f.Data))
				delete(joined, string(f.Data))
			}
		}
		f.Drop()
		if n++; n >= heardMessagesMax && !p.MoreIn() {
			s.b.ReadActivated(p) // to be gone on with
			return
		}
	}
	if p.EOF() {
		s.b.ended(p)
	}
}

// join puts p into a group, once, however often it asks: a peer that has
// reconnected asks again.
func (s *radio) join(p *pipe.Pipe, joined membership, group []byte) {
	if _, there := joined[string(group)]; there || len(joined) >= groupsMax || len(group) > msg.GroupBytesMax {
		return
	}
	joined[string(group)] = struct{}{}
	s.groups[string(group)] = append(s.groups[string(group)], p)
}
