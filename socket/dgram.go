// SPDX-License-Identifier: MPL-2.0

// Previous: base_send.go, base_recv.go. Next: engine/datagrams.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
)

// dgram sends and receives UDP packets: a message is an address and a body (libzmq
// dgram_t).
type dgram struct{ pair }

func newDgram(b *Base) pattern { return &dgram{pair{b: b}} }

// send takes a message of just two parts. EINVAL for any other; then nothing of it
// is sent.
func (s *dgram) send(f *msg.Part) errno.Errno {
	if f.HasMore() == s.moreOut {
		if s.moreOut && s.out != nil {
			s.out.Rollback()
		}
		s.moreOut, s.dropping = false, false
		return errno.EINVAL
	}
	return s.pair.send(f)
}
