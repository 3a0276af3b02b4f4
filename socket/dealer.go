// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: pipe/lb.go, pipe/fq.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// dealer balances what goes out and takes what comes in fairly (libzmq
// dealer_t). Its two directions share nothing, so that it serves one sender and
// one receiver at the same time.
type dealer struct {
	nameless
	calm
	b  *Base
	lb pipe.LoadBalancer // S
	fq pipe.FairQueue    // R
}

func newDealer(b *Base) pattern {
	s := makeDealer(b)
	b.lb, b.fq = &s.lb, &s.fq
	return &s
}

func makeDealer(b *Base) dealer {
	return dealer{b: b, lb: pipe.LoadBalancer{Press: b.owe}, fq: pipe.FairQueue{Ended: b.ended}}
}

func (s *dealer) attach(p *pipe.Pipe, _ bool) {
	s.b.probe(p)
	s.fq.Attach(p)
	s.lb.Attach(p)
}

func (s *dealer) detachOut(p *pipe.Pipe) { s.lb.Remove(p) }
func (s *dealer) detachIn(p *pipe.Pipe)  { s.fq.Remove(p) }

func (s *dealer) send(f *msg.Part) errno.Errno { return balance(s.b, &s.lb, f) }
func (s *dealer) hasOut() bool                 { return s.lb.HasOut() }
func (s *dealer) writeActivated(p *pipe.Pipe)  { s.lb.Activated(p) }

func (s *dealer) recv(f *msg.Part) errno.Errno { return fairly(&s.fq, f) }
func (s *dealer) hasIn() bool                  { return s.fq.HasIn() }
func (s *dealer) readActivated(p *pipe.Pipe)   { s.fq.Activated(p) }
