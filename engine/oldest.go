// SPDX-License-Identifier: MPL-2.0

// Previous: socket/full.go. Next: pipe/oldest.go.

package engine

import (
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
)

// opDropOldest makes room in the pipe of a session.
var opDropOldest = &reactor.Op{Name: "drop oldest"}

func init() {
	opDropOldest.Run = func(c reactor.Command) { c.To.(*Session).processDropOldest() }
}

// DropOldest makes the session drop the oldest messages that it has not begun to
// send, soon. It returns false where it was made without that option. Any
// goroutine.
func (s *Session) DropOldest() bool {
	if s.opts.WhenFull != option.DropOldest {
		return false
	}
	s.loop.Send(reactor.Command{Op: opDropOldest, To: s})
	return true
}

// processDropOldest drops as the reader of the pipe, which the holder of the output
// is; while another is that, it comes again. With this option messages are framed
// one by one (slow.go), so that a holder leaves the pipe between two of them.
func (s *Session) processDropOldest() {
	if s.ended || s.pipe == nil {
		return
	}
	e := s.stream.Load()
	if e == nil {
		s.pipe.DropOldest()
		return
	}
	if !e.acquire() {
		s.loop.Send(reactor.Command{Op: opDropOldest, To: s})
		return
	}
	s.pipe.DropOldest()
	if e.release() {
		e.tryOut()
	}
}
