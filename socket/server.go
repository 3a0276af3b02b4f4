// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: pipe/pipe.go, pipe/fq.go.

package socket

import (
	"math/rand/v2"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// server sends each message to the peer whose number it bears, and says of each
// that comes in whom it is from (libzmq server_t). A peer's number stands in
// p.Data, for as long as the pipe lives.
type server struct {
	nameless
	calm
	b *Base

	// S; both locks to add
	byID map[uint32]*pipe.Pipe

	// both locks
	last uint32 // the number that was given last

	fq pipe.FairQueue // R
}

func newServer(b *Base) pattern {
	return &server{
		b: b, byID: make(map[uint32]*pipe.Pipe), last: rand.Uint32(), fq: pipe.FairQueue{Ended: b.ended},
	}
}

func (s *server) attach(p *pipe.Pipe, _ bool) {
	id := s.fresh()
	p.Data = id
	s.byID[id] = p
	s.fq.Attach(p)
}

// fresh returns the next number that is neither 0 nor another's.
func (s *server) fresh() uint32 {
	for {
		s.last++
		if s.last != 0 && s.byID[s.last] == nil {
			return s.last
		}
	}
}

func (s *server) detachOut(p *pipe.Pipe) {
	if id, _ := p.Data.(uint32); s.byID[id] == p {
		delete(s.byID, id)
	}
}

func (s *server) detachIn(p *pipe.Pipe) { s.fq.Remove(p) }

// send sends to the peer that the message is addressed to. EAGAIN where that one is
// full, EHOSTUNREACH where there is none.
func (s *server) send(f *msg.Part) errno.Errno {
	p := s.byID[s.b.to.RoutingID]
	if p == nil || !p.Write(f) {
		return refusal(p)
	}
	if !p.Flush() {
		s.b.owe(p)
	}
	return errno.OK
}

// hasOut is true: which peer a message goes to is not known before it comes
// (libzmq server_t::xhas_out).
func (s *server) hasOut() bool { return true }

func (s *server) writeActivated(*pipe.Pipe) {}

func (s *server) recv(f *msg.Part) errno.Errno {
	p := recvSingle(&s.fq, f)
	if p == nil {
		return errno.EAGAIN
	}
	s.b.from.RoutingID = p.Data.(uint32)
	return errno.OK
}

func (s *server) hasIn() bool                { return s.fq.HasIn() }
func (s *server) readActivated(p *pipe.Pipe) { s.fq.Activated(p) }

// numbered is a pattern that knows its peers by number (SERVER, PEER).
type numbered interface {
	// peer returns a peer, or nil. S.
	peer(id uint32) *pipe.Pipe
}

func (s *server) peer(id uint32) *pipe.Pipe { return s.byID[id] }

// peer is a SERVER that talks to its own kind and knows the number of whom it
// connects to (libzmq peer_t).
type peer struct{ *server }

func newPeer(b *Base) pattern { return peer{newServer(b).(*server)} }

// connectsPeer marks the pattern that ConnectPeer is for.
func (peer) connectsPeer() {}

// ConnectPeer is Connect, and returns the routing id of the peer, to which messages
// can be sent at once, before the connection exists (libzmq zmq_connect_peer, edge
// case 208). Errors as Connect; ENOTSUP for socket types other than PEER, EFAULT
// with IMMEDIATE. Safe from any goroutine.
func (b *Base) ConnectPeer(endpoint string) (uint32, error) {
	if e := b.check(); e != 0 {
		return 0, e
	}
	if _, ok := b.pat.(interface{ connectsPeer() }); !ok {
		return 0, errno.ENOTSUP
	}
	if b.snapshot().Immediate {
		return 0, errno.EFAULT
	}
	p, err := b.connect(endpoint)
	if err != nil {
		return 0, err
	}
	b.lockBoth()
	defer b.unlockBoth()
	id, _ := p.Data.(uint32)
	return id, nil
}

// DisconnectPeer ends the connection to the peer with a routing id; what was sent
// to it still goes out (libzmq zmq_disconnect_peer). Errors: EHOSTUNREACH for a peer
// that is not there, ENOTSUP for socket types other than SERVER and PEER, ETERM,
// ENOTSOCK. Safe from any goroutine.
func (b *Base) DisconnectPeer(id uint32) error {
	if e := b.check(); e != 0 {
		return e
	}
	s, ok := b.pat.(numbered)
	if !ok {
		return errno.ENOTSUP
	}
	b.lockBoth()
	p := s.peer(id)
	b.unlockBoth()
	if p == nil || !b.letGo(p) {
		return errno.EHOSTUNREACH
	}
	p.NotifyClosed()
	return nil
}
