// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: internal/mtrie, pipe/dist.go,
// pipe/fq.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/mtrie"
	"github.com/zeroloop/zmq/pipe"
)

// xsub sends its subscriptions to every peer and takes what they publish
// fairly (libzmq xsub_t).
type xsub struct {
	nameless
	b       *Base
	filters bool // SUB: only what subs match is received

	// S; both locks to change subs where filters
	subs    mtrie.Trie
	dist    pipe.Distributor
	moreOut bool
	begun   bool   // a part of the current message has gone out
	topical bool   // its parts may be topics
	line    []byte // 0 or 1, and a topic

	// R
	fq       pipe.FairQueue
	moreIn   bool
	held     held       // a first part that hasIn found, where heldFrom is set
	heldFrom *pipe.Pipe // where it was read from
}

func newXSub(b *Base) pattern {
	s := &xsub{}
	s.init(b, false)
	return s
}

func (s *xsub) init(b *Base, filters bool) {
	s.b, s.filters = b, filters
	s.fq.Ended = b.ended
	b.fq, b.sift = &s.fq, s
}

func (s *xsub) attach(p *pipe.Pipe, _ bool) {
	s.fq.Attach(p)
	s.dist.Attach(p)
	s.tellAll(p)
}

// hiccuped tells a peer that has come back what it has forgotten (edge case
// 92).
func (s *xsub) hiccuped(p *pipe.Pipe) {
	s.dist.Activated(p)
	s.tellAll(p)
}

// tellAll sends all subscriptions to p. Those that p has no room for are lost
// (edge case 204). Both locks.
func (s *xsub) tellAll(p *pipe.Pipe) {
	s.subs.Visit(func(topic []byte) {
		s.line = append(append(s.line[:0], 1), topic...)
		p.Write(&msg.Part{Data: s.line, Flags: msg.Subscribe})
	})
	if !p.Flush() {
		s.b.owe(p)
	}
}

func (s *xsub) detachOut(p *pipe.Pipe) { s.dist.Remove(p) }

// detachIn also drops what of p's messages has been read and not returned, but
// for a message that is here whole.
func (s *xsub) detachIn(p *pipe.Pipe) {
	if s.moreIn && p.MoreIn() {
		s.moreIn = false
	}
	if s.heldFrom == p {
		s.dropRest()
	}
	s.fq.Remove(p)
}

// dropRest gives up a message that is held in part.
func (s *xsub) dropRest() {
	if s.held.part.HasMore() {
		s.held.part.Drop()
		s.heldFrom = nil
	}
}

// send passes a part on to all peers. A part that begins with 1 or 0 is a topic
// to subscribe to or to withdraw, in the first place of a message or, without
// ONLY_FIRST_SUBSCRIBE, in any. Every subscription goes out, a withdrawal only
// with the last reference, or with XSUB_VERBOSE_UNSUBSCRIBE (edge case 197).
func (s *xsub) send(f *msg.Part) errno.Errno {
	first := !s.moreOut
	isTopic := (first || s.topical) && len(f.Data) > 0 && f.Data[0] <= 1
	if first {
		if isTopic && !s.subs.Fits(f.Data[1:]) {
			return errno.EINVAL
		}
		s.topical = isTopic || !s.b.opts.OnlyFirstSub
		s.begun = false
	}
	s.moreOut = f.HasMore()
	switch {
	case !isTopic:
		s.emit(f)
	case f.Data[0] == 1:
		s.subs.Add(f.Data[1:])
		s.emit(f)
	default:
		s.withdraw(f)
	}
	return errno.OK
}

// withdraw handles a part that withdraws a topic.
func (s *xsub) withdraw(f *msg.Part) {
	wasLast, found := s.subs.Remove(f.Data[1:])
	switch {
	case wasLast || s.b.opts.VerboseUnsub:
		s.emit(f)
	case s.moreOut || !s.begun:
		f.Drop()
	case !found:
		s.emit(f)
	default:
		// The end of a message that was begun has to go out, but the topic must
		// stay: to subscribe once more changes nothing at the other end. libzmq
		// sends no end here, and the message hangs.
		s.line = append(append(s.line[:0], 1), f.Data[1:]...)
		f.Drop()
		s.emit(&msg.Part{Data: s.line, Flags: msg.Subscribe})
	}
}

// emit copies a part to all peers.
func (s *xsub) emit(f *msg.Part) {
	s.begun = true
	more := f.HasMore()
	s.dist.MatchAll()
	s.dist.Send(f)
	if !more {
		s.b.oweAll(&s.dist)
	}
}

func (s *xsub) hasOut() bool { return true }

func (s *xsub) writeActivated(p *pipe.Pipe) { s.dist.Activated(p) }

func (s *xsub) recv(f *msg.Part) errno.Errno {
	if s.heldFrom != nil {
		*f, s.heldFrom = s.held.takeOut(), nil
		s.moreIn = f.HasMore()
		return errno.OK
	}
	if s.next(f) == nil {
		return errno.EAGAIN
	}
	s.moreIn = f.HasMore()
	return errno.OK
}

// hasIn reports whether recv would return a part. To know that of a filter, it
// reads one.
func (s *xsub) hasIn() bool {
	if s.moreIn || s.heldFrom != nil {
		return true
	}
	if !s.filters {
		return s.fq.HasIn()
	}
	if s.heldFrom = s.next(&s.held.part); s.heldFrom == nil {
		return false
	}
	s.held.keep()
	return true
}

// next reads the next part that is wanted and returns where it came from. Only
// the first part of a message is matched (edge case 205).
func (s *xsub) next(f *msg.Part) *pipe.Pipe {
	for {
		p := s.fq.Recv(f)
		if p == nil {
			s.moreIn = false
			return nil
		}
		if s.moreIn || s.wants(f.Data) {
			return p
		}
		skipRest(&s.fq, f)
	}
}

// wants reports whether the first part of a message is subscribed to. Runs under
// R.
func (s *xsub) wants(topic []byte) bool {
	return !s.filters || s.subs.Match(topic) != s.b.opts.InvertMatching
}

func (s *xsub) readActivated(p *pipe.Pipe) { s.fq.Activated(p) }

// topics returns how many different topics are subscribed to (TOPICS_COUNT).
// S, or for SUB either lock.
func (s *xsub) topics() int { return s.subs.Len() }
