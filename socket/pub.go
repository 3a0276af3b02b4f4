// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go. Next: xpub.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// pub is an XPUB that does not tell who subscribes (libzmq pub_t).
type pub struct{ xpub }

func newPub(b *Base) pattern {
	s := &pub{}
	s.init(b, true)
	return s
}

func (s *pub) recv(*msg.Part) errno.Errno { return errno.ENOTSUP }
func (s *pub) hasIn() bool                { return false }
