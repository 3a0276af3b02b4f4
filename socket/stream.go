// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: routing.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// stream talks to peers that do not speak ZMTP (libzmq stream_t). Each
// connection has a name; the empty messages that tell of its coming and going
// are put into its pipe by the raw engine.
type stream struct {
	nameless
	calm
	routing
}

func newStream(b *Base) pattern { return &stream{routing: makeRouting(b)} }

// attach names p at once, connected or not: with what the application chose
// (CONNECT_ROUTING_ID), unless another has that name already (libzmq aborts), or
// with a made-up one, which ROUTING_ID then returns so that the application
// knows whom its connect made (edge case 211). The name outlives reconnects
// (212).
func (s *stream) attach(p *pipe.Pipe, _ bool) {
	id := p.RoutingID
	if len(id) == 0 || s.byID[string(id)] != nil {
		id = s.fresh()
		s.b.opts.RoutingID = id
	}
	s.enter(p, id)
}

func (s *stream) detachOut(p *pipe.Pipe) {
	s.silence(p)
	s.leave(p)
}

func (s *stream) detachIn(p *pipe.Pipe) { s.drop(p) }

func (s *stream) send(f *msg.Part) errno.Errno {
	if !s.moreOut {
		return s.open(f, true)
	}
	return s.passRaw(f)
}

// hasOut is always true, as with libzmq: whether a message is taken depends on whom it
// is for.
func (s *stream) hasOut() bool { return true }
