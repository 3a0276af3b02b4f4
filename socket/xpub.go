// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_pipe.go (a subscription). Next:
// internal/mtrie, pipe/dist.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/mtrie"
	"github.com/zeroloop/zmq/pipe"
)

// heardMessagesMax is how many messages of one subscriber are handled in one go. It
// trades the publisher's delay against a look at the others. What one of this process has
// asked for before a message is sent counts for that message: then it is
// heardFirstMessagesMax, for one that never ceases.
const (
	heardMessagesMax      = 1 << 10
	heardFirstMessagesMax = 4 << 20
)

// xpub sends each message to the peers that asked for it (libzmq xpub_t).
type xpub struct {
	nameless
	calm
	b     *Base
	isPub bool // nobody receives: nothing is kept for the application

	// S; both locks to change subs
	dist    pipe.Distributor
	moreOut bool
	matched func(p *pipe.Pipe) // dist.Match, bound once
	subs    mtrie.MTrie[*pipe.Pipe]
	staging staging

	// both locks
	asked    mtrie.MTrie[*pipe.Pipe] // manual mode: what the peers asked for
	topical  bool                    // parts of the message being read may be topics
	skipping bool                    // the queue was full when it began
	scratch  msg.Part

	// R; both locks to add
	queue notices
	last  *pipe.Pipe // manual mode: whose request was received last
}

func newXPub(b *Base) pattern {
	s := &xpub{}
	s.init(b, false)
	return s
}

func (s *xpub) init(b *Base, isPub bool) {
	s.b, s.isPub = b, isPub
	s.staging.hold = stageTime
	s.matched = s.dist.Match
}

// attach sends the welcome message, which is no subscription's and passes by
// the trie (edge case 202), and hears what the peer asks for already.
func (s *xpub) attach(p *pipe.Pipe, _ bool) {
	s.dist.Attach(p)
	s.b.oweAll(&s.dist)
	if w := s.b.opts.XPubWelcome; len(w) > 0 {
		if p.Write(&msg.Part{Data: w}) && !p.Flush() {
			s.b.owe(p)
		}
	}
	s.readActivated(p)
}

func (s *xpub) detachOut(p *pipe.Pipe) {
	s.dist.Remove(p)
	s.b.oweAll(&s.dist)
}

// detachIn withdraws what p asked for. The application hears of the topics that
// nobody else has, of all with XPUB_VERBOSER or in manual mode (edge case 199).
func (s *xpub) detachIn(p *pipe.Pipe) {
	manual, all := s.b.opts.XPubManual, s.b.opts.XPubVerboser
	s.unstage()
	s.queue.disown(p)
	s.asked.RemoveAll(p, func(topic []byte, _ bool) {
		if manual {
			s.gone(topic)
		}
	})
	s.subs.RemoveAll(p, func(topic []byte, last bool) {
		if !manual && (last || all) {
			s.gone(topic)
		}
	})
	if s.last == p {
		s.last = nil
	}
}

// gone tells the application that a topic was withdrawn.
func (s *xpub) gone(topic []byte) {
	if !s.isPub && s.queue.room() {
		s.queue.addTopic(0, topic, nil)
	}
}

// send copies a part to all that match the first part of its message. With
// XPUB_NODROP the message is refused whole where one of them is full (edge case
// 195).
func (s *xpub) send(f *msg.Part) errno.Errno {
	if s.dist.Staging() && s.stage(f) {
		return errno.OK
	}
	if !s.moreOut {
		s.dist.Unmatch()
		s.match(f.Data)
		if s.b.opts.InvertMatching {
			s.dist.Reverse()
		}
		if s.b.opts.XPubNoDrop && !s.dist.HasRoom() {
			s.b.oweAll(&s.dist)
			return errno.EAGAIN
		}
	}
	if !s.moreOut && f.Flags == 0 && f.Body == nil && len(f.Data) < msg.RefBytesMin {
		s.dist.SendSmall(f.Data)
		s.openStage(f.Data)
		s.b.oweAll(&s.dist)
		return errno.OK
	}
	s.moreOut = f.HasMore()
	s.dist.Send(f)
	if !s.moreOut {
		s.b.oweAll(&s.dist)
	}
	return errno.OK
}

// match finds who gets a message: with XPUB_MANUAL_LAST_VALUE, after a request was
// received, only the peer whose request it was (libzmq xpub_t::xsend).
func (s *xpub) match(data []byte) {
	last := s.last
	if last == nil || !s.b.opts.XPubManualLast {
		s.subs.Match(data, s.matched)
		return
	}
	s.last = nil
	s.subs.Match(data, func(p *pipe.Pipe) {
		if p == last {
			s.dist.Match(p)
		}
	})
}

func (s *xpub) hasOut() bool { return true }

func (s *xpub) writeActivated(p *pipe.Pipe) {
	s.dist.Activated(p)
	s.b.oweAll(&s.dist)
}

// recv returns what the peers have asked for, and their messages. In manual mode
// what was asked for last is what manualSubscribe answers. libzmq mixes the
// peers up once one has sent a message (edge case 200).
func (s *xpub) recv(f *msg.Part) errno.Errno {
	n := s.queue.take(f)
	if n == nil {
		return errno.EAGAIN
	}
	if n.topic {
		s.last, n.from = n.from, nil
	}
	return errno.OK
}

func (s *xpub) hasIn() bool { return s.queue.count > 0 }

// readActivated handles what p has sent. Both locks.
func (s *xpub) readActivated(p *pipe.Pipe) {
	s.unstage()
	f := &s.scratch
	limit := heardMessagesMax
	if s.b.hearsFirst && p.Inproc {
		limit = heardFirstMessagesMax
	}
	for n := 0; ; {
		first := !p.MoreIn()
		if n >= limit && first {
			s.b.ReadActivated(p) // to be gone on with
			return
		}
		if !p.Read(f) {
			break
		}
		s.hear(p, f, first)
		if !f.HasMore() {
			s.queue.finish()
			n++
		}
		f.Drop()
	}
	if p.EOF() {
		s.b.ended(p)
	}
}

// hear handles one part. One that begins with 0 or 1 is a topic, in the first
// place of a message or, without ONLY_FIRST_SUBSCRIBE, in any (edge case 203).
func (s *xpub) hear(p *pipe.Pipe, f *msg.Part, first bool) {
	isTopic := (first || s.topical) && len(f.Data) > 0 && f.Data[0] <= 1
	if first {
		s.topical = isTopic || !s.b.opts.OnlyFirstSub
		s.skipping = !s.queue.room()
	}
	switch {
	case isTopic:
		if s.heed(p, f.Data[0] == 1, f.Data[1:]) && !s.isPub && !s.skipping {
			s.queue.addTopic(f.Data[0], f.Data[1:], s.asker(p))
		}
	case !s.isPub && !s.skipping:
		s.queue.addPart(f)
	}
}

// asker is p in manual mode, where it matters.
func (s *xpub) asker(p *pipe.Pipe) *pipe.Pipe {
	if s.b.opts.XPubManual {
		return p
	}
	return nil
}

// heed does what p asks for, and reports whether the application is to hear of
// it: of the first subscription to a topic and the last withdrawal, or one of a
// topic that nobody has (edge case 198), and of every one with XPUB_VERBOSE or
// XPUB_VERBOSER. In manual mode the application is to decide. A topic that is
// too long for the trie is ignored.
func (s *xpub) heed(p *pipe.Pipe, on bool, topic []byte) bool {
	o := &s.b.opts
	switch {
	case on && o.XPubManual:
		fits := s.asked.Fits(topic)
		s.asked.Add(topic, p)
		return fits
	case o.XPubManual:
		s.asked.Remove(topic, p)
		return true
	case !on:
		return s.subs.Remove(topic, p) != mtrie.ValuesRemain || o.XPubVerboser
	case !s.subs.Fits(topic):
		return false
	}
	return s.subs.Add(topic, p) || o.XPubVerbose || o.XPubVerboser
}

// manualSubscribe makes topic one of the peer whose request was received last
// (ZMQ_SUBSCRIBE in manual mode); where that peer is gone, nothing happens. It
// returns EINVAL outside manual mode and for a topic that does not fit. Both
// locks.
func (s *xpub) manualSubscribe(topic []byte) errno.Errno {
	if !s.b.opts.XPubManual || !s.subs.Fits(topic) {
		return errno.EINVAL
	}
	s.unstage()
	if s.last != nil {
		s.subs.Add(topic, s.last)
	}
	return errno.OK
}

// manualUnsubscribe is the opposite of manualSubscribe.
func (s *xpub) manualUnsubscribe(topic []byte) errno.Errno {
	if !s.b.opts.XPubManual {
		return errno.EINVAL
	}
	s.unstage()
	if s.last != nil {
		s.subs.Remove(topic, s.last)
	}
	return errno.OK
}

// topics returns how many different topics there are (TOPICS_COUNT). It falls
// when a subscriber leaves; libzmq's does not (edge case 206). Either lock.
func (s *xpub) topics() int { return s.subs.Len() }

// subscribers returns how many peers have subscribed to something. Either lock.
func (s *xpub) subscribers() int { return s.subs.Holders() }
