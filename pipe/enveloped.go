// SPDX-License-Identifier: MPL-2.0

// Messages as REQ and REP make them: an empty part in front of a small one. Previous:
// the pattern. Next: ypipe/ypipe.go.

package pipe

import (
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
)

// envelopeLen is the length in bytes of the empty part's frame: flags and size.
const envelopeLen = 2

// WriteEnveloped appends and publishes a message of an empty part and one of data,
// which is shorter than msg.RefBytesMin: two Writes and Flush of the commonest case in
// one. ok and awake are as of WriteSmall. Runs on the writer.
func (p *Pipe) WriteEnveloped(data []byte) (awake, ok bool) {
	h := p.out
	if p.moreOut || h.special || h.closed.Load() != 0 || !h.c.room() {
		return true, false
	}
	w := &h.q.W
	n := len(data)
	b := w.Space(0, envelopeLen+zmtp.HeaderSizeMax+n)
	b[0], b[1] = msg.More, 0
	at := envelopeLen + putSmallHeader(b[envelopeLen:], n)
	copy(b[at:], data)
	h.c.written++
	return w.FlushWhole(at + n), true
}

// ReadEnveloped returns the last part of the next message if that is there, whole, and
// of an empty part and a small one. Where ok is false Read tells more. The data is valid
// until the next read. Runs on the reader.
func (p *Pipe) ReadEnveloped() (data []byte, ok bool) {
	r := p.atMessage()
	if r == nil {
		return nil, false
	}
	b := r.Window()
	if len(b) < envelopeLen+2 || b[0] != msg.More || b[1] != 0 {
		return nil, false
	}
	b = b[envelopeLen:]
	n, size, ok := smallFrame(b)
	if !ok {
		return nil, false
	}
	p.passed = envelopeLen + n + size
	p.count(r, &msg.Part{}, p.passed)
	return b[n : n+size], true
}
