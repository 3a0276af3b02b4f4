// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: pipe/lb.go, pipe/fq.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// gather is a PULL for messages of one part (libzmq gather_t). Its counterpart
// SCATTER is a PUSH for them (scatter_t), which Base sees to.
type gather struct{ pull }

func newGather(b *Base) pattern {
	s := &gather{pull{fq: pipe.FairQueue{Ended: b.ended}}}
	b.fq = &s.fq
	return s
}

func (s *gather) recv(f *msg.Part) errno.Errno { return fairlySingle(&s.fq, f) }

// client is a DEALER for messages of one part (libzmq client_t).
type client struct{ dealer }

func newClient(b *Base) pattern {
	s := &client{makeDealer(b)}
	b.lb, b.fq = &s.lb, &s.fq
	return s
}

func (s *client) recv(f *msg.Part) errno.Errno { return fairlySingle(&s.fq, f) }

func fairlySingle(q *pipe.FairQueue, f *msg.Part) errno.Errno {
	if recvSingle(q, f) == nil {
		return errno.EAGAIN
	}
	return errno.OK
}

// recvSingle receives the next message of one part and returns where it came from;
// longer ones are dropped (edge case 207). Runs under R.
func recvSingle(q *pipe.FairQueue, f *msg.Part) *pipe.Pipe {
	for {
		p := q.Recv(f)
		if p == nil || !f.HasMore() {
			return p
		}
		skipRest(q, f)
	}
}

// channel is a PAIR for messages of one part (libzmq channel_t).
type channel struct{ pair }

func newChannel(b *Base) pattern { return &channel{pair{b: b}} }

func (s *channel) recv(f *msg.Part) errno.Errno {
	for {
		e := s.pair.recv(f)
		if e != errno.OK || !f.HasMore() {
			return e
		}
		for f.HasMore() && e == errno.OK {
			f.Drop()
			e = s.pair.recv(f)
		}
		f.Drop()
	}
}
