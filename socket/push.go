// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go. Next: pipe/lb.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// push gives each message to the next peer that has room (libzmq push_t).
type push struct {
	nameless
	calm
	b  *Base
	lb pipe.LoadBalancer // S
}

func newPush(b *Base) pattern {
	s := &push{b: b, lb: pipe.LoadBalancer{Press: b.owe}}
	b.lb = &s.lb
	return s
}

func (s *push) attach(p *pipe.Pipe, _ bool)  { s.lb.Attach(p) }
func (s *push) detachOut(p *pipe.Pipe)       { s.lb.Remove(p) }
func (s *push) detachIn(*pipe.Pipe)          {}
func (s *push) send(f *msg.Part) errno.Errno { return balance(s.b, &s.lb, f) }
func (s *push) hasOut() bool                 { return s.lb.HasOut() }
func (s *push) writeActivated(p *pipe.Pipe)  { s.lb.Activated(p) }
func (s *push) recv(*msg.Part) errno.Errno   { return errno.ENOTSUP }
func (s *push) hasIn() bool                  { return false }
func (s *push) readActivated(*pipe.Pipe)     {}

// balance sends one part through lb and publishes behind the last one. Where
// the peer goes away between two parts, what is left of the message is taken and
// dropped: libzmq's blocking callers see the same (edge case 189). Runs under S.
func balance(b *Base, lb *pipe.LoadBalancer, f *msg.Part) errno.Errno {
	p, ok := lb.Send(f)
	if !ok {
		return errno.EAGAIN
	}
	if p != nil && !p.MoreOut() {
		b.publish(p, lb.Len() == 1)
	}
	return errno.OK
}
