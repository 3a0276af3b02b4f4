// SPDX-License-Identifier: MPL-2.0

// Previous: base_recv.go, base_option.go. Next: xsub.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// sub is an XSUB whose subscriptions are options and that receives only what
// they match, whatever the peers send (libzmq sub_t).
type sub struct{ xsub }

func newSub(b *Base) pattern {
	s := &sub{}
	s.init(b, true)
	return s
}

func (s *sub) send(*msg.Part) errno.Errno { return errno.ENOTSUP }
func (s *sub) hasOut() bool               { return false }

// subscribe counts a reference to topic and tells every peer of it, of a
// repeated one too (edge case 197). It returns EINVAL where the topic does not
// fit. Both locks.
func (s *sub) subscribe(topic []byte) errno.Errno {
	if !s.subs.Fits(topic) {
		return errno.EINVAL
	}
	s.subs.Add(topic)
	s.tell(1, topic, msg.Subscribe)
	return errno.OK
}

// unsubscribe takes one reference back, and tells every peer where it was the
// last. A topic that was not subscribed to is no error. Both locks.
func (s *sub) unsubscribe(topic []byte) errno.Errno {
	if wasLast, _ := s.subs.Remove(topic); wasLast {
		s.tell(0, topic, msg.Cancel)
	}
	return errno.OK
}

// tell sends one subscription or withdrawal to every peer.
func (s *sub) tell(first byte, topic []byte, flag byte) {
	s.line = append(append(s.line[:0], first), topic...)
	s.emit(&msg.Part{Data: s.line, Flags: flag})
}
