// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe/ypipe"
)

// SkipPartial drops the rest of a message of which a part has already been
// consumed through Reader, with bodySent bytes of the next large body gone too
// (libzmq session_base_t::clean_pipes). What has been read by parts before is
// passed; what a connection took by windows is counted, up to where it stopped.
// Runs on the reader.
func (p *Pipe) SkipPartial(bodySent int) {
	r := &p.in.q.R
	p.pass(r)
	p.moreIn = false
	mid, ended := p.seek(r, bodySent)
	p.Took(r.CountTo(ended))
	for mid && r.Ready() {
		if mid = p.skipFrame(r); !mid {
			r.EndMessage()
			p.Took(1)
		}
	}
}

// seek walks the current chunk from its start to the reader's position. It
// finishes a frame that was half consumed and returns whether the position is
// then in the middle of a message, and how many messages end before it.
func (p *Pipe) seek(r *ypipe.Reader, bodySent int) (mid bool, ended int) {
	_, taken, mid := r.Passed()
	entry := 0
	for off := 0; ; {
		passed, _, _ := r.Passed()
		if off > len(passed) || off == len(passed) && bodySent == 0 {
			return mid, ended
		}
		frame := r.Chunk().Bytes()[off:]
		_, size, n := zmtp.ParseHeader(frame)
		if n == 0 {
			return mid, ended
		}
		end, byRef := off+n, r.RefOff(entry) == off+n && size >= msg.RefBytesMin
		if !byRef {
			end += int(size)
		}
		if end > len(passed) {
			r.Consume(end - len(passed))
			p.TookBytes(end - len(passed))
		}
		if byRef {
			if entry >= taken {
				r.TakeRef().Release()
				p.TookBody(int(size))
				p.TookBytes(int(size) - bodySent)
				bodySent = 0
			}
			entry++
		}
		if off, mid = end, frame[0]&msg.More != 0; !mid {
			ended++
		}
	}
}

// skipFrame drops one whole frame and reports whether its message goes on.
func (p *Pipe) skipFrame(r *ypipe.Reader) (more bool) {
	b := r.Window()
	_, size, n := zmtp.ParseHeader(b)
	p.TookBytes(n + int(size))
	if body, at := r.NextRef(0); body != nil && at == n && size >= msg.RefBytesMin {
		r.Consume(n)
		r.TakeRef().Release()
		p.TookBody(int(size))
	} else {
		r.Consume(n + int(size))
	}
	return b[0]&msg.More != 0
}
