// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/zeroloop/zmq/internal/msg"
)

// reconnect prepares the pipe for the next connection and starts to make it
// (libzmq session_base_t::reconnect and clean_pipes).
func (s *Session) reconnect() {
	switch {
	case s.pipe == nil:
	case s.opts.Immediate:
		// Nothing may queue while there is no peer.
		s.closePipe()
	default:
		s.pipe.Rollback()
		s.dropStale()
		if !s.pipe.Flush() {
			s.pipe.Signal()
		}
	}
	if s.closing && (s.pipe == nil || s.drained()) {
		s.ended = true
		s.loop.CancelTimer(&s.linger)
		s.finish()
		return
	}
	s.connect(s.backoff.next(s.opts))
}

// dropStale removes from the outgoing pipe what must not reach the next peer:
// the rest of a message that was half sent, or, for subscribers, everything;
// they send their subscriptions again.
func (s *Session) dropStale() {
	p := s.pipe
	if hiccups(s.opts.Type) {
		var f msg.Part
		for p.Read(&f) {
			f.Drop()
		}
		s.host.Hiccuped(p.Peer())
		return
	}
	var f msg.Part
	for p.MoreIn() && p.Read(&f) {
		f.Drop()
	}
	if !p.Conflating() {
		p.SkipPartial(s.unsent)
	}
	s.unsent = 0
}
