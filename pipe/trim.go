// SPDX-License-Identifier: MPL-2.0

// Previous: engine/idle.go, by way of socket/base_pipe.go. Next: ypipe/trim.go.

package pipe

import "github.com/zeroloop/zmq/pipe/ypipe"

// Swollen reports whether a direction holds more storage than a new one would take:
// a burst has gone through it. Runs on the writer and reader of this end.
func (p *Pipe) Swollen() bool {
	return p.out.q.W.Held() > ypipe.StartBytes || p.in.q.R.Held() > ypipe.StartBytes
}

// Trim gives the storage of both directions back, as far as they are empty. It
// returns false where one of them is not. Runs on a caller that is writer and reader
// of both ends.
func (p *Pipe) Trim() bool {
	p.pass(&p.in.q.R)
	p.peer.pass(&p.out.q.R)
	in, out := p.in.trim(), p.out.trim()
	return in && out
}

func (h *half) trim() bool {
	return h.conflate != nil || h.closed.Load() != 0 || h.q.Trim()
}
