// SPDX-License-Identifier: MPL-2.0

// Previous: base_recv.go. Next: pipe/fq.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// pull takes a message from each peer in turn (libzmq pull_t).
type pull struct {
	nameless
	calm
	speechless
	fq pipe.FairQueue // R
}

func newPull(b *Base) pattern {
	s := &pull{fq: pipe.FairQueue{Ended: b.ended}}
	b.fq = &s.fq
	return s
}

func (s *pull) attach(p *pipe.Pipe, _ bool)  { s.fq.Attach(p) }
func (s *pull) detachIn(p *pipe.Pipe)        { s.fq.Remove(p) }
func (s *pull) hasIn() bool                  { return s.fq.HasIn() }
func (s *pull) readActivated(p *pipe.Pipe)   { s.fq.Activated(p) }
func (s *pull) recv(f *msg.Part) errno.Errno { return fairly(&s.fq, f) }

// fairly receives one part. Runs under R.
func fairly(q *pipe.FairQueue, f *msg.Part) errno.Errno {
	if q.Recv(f) == nil {
		return errno.EAGAIN
	}
	return errno.OK
}
