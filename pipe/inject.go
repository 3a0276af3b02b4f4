// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"bytes"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

// Inject writes and publishes a message of one part whether or not there is room
// for it, in the place of one that was begun: a notice about the peer (libzmq
// pipe_t::send_disconnect_msg). It copies data, and does nothing where the pipe is
// closing. Runs on the writer.
func (p *Pipe) Inject(data []byte) {
	switch {
	case p.out.closed.Load() != 0:
		return
	case p.out.conflate != nil:
		p.Write(&msg.Part{Data: data})
	default:
		p.Rollback()
		p.put(data)
		p.out.q.W.EndMessages(1)
		p.Wrote(1)
	}
	if !p.Flush() {
		p.Signal()
	}
}

func (p *Pipe) put(data []byte) {
	w := &p.out.q.W
	n := len(data)
	p.began += zmtp.HeaderSizeMax + n
	if n >= msg.RefBytesMin {
		p.writeRef(w, &msg.Part{Data: data, Body: buf.WrapBody(bytes.Clone(data), nil)})
		return
	}
	b := w.Space(0, zmtp.HeaderSizeMax+n)
	h := zmtp.PutHeader(b, 0, n)
	copy(b[h:], data)
	w.Advance(h + n)
}
