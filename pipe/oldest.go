// SPDX-License-Identifier: MPL-2.0

package pipe

import "github.com/zeroloop/zmq/internal/msg"

// DropOldest drops messages from the front of what this end reads until the writer,
// if it sleeps for want of room, has been told that there is some: up to half of
// the high-water mark. It returns false where that cannot be, in the middle of a
// message. Runs on the reader.
func (p *Pipe) DropOldest() bool {
	if p.in.conflate != nil || p.moreIn {
		return false
	}
	p.pass(&p.in.q.R) // that may be room enough
	for p.in.writerSleeps() && p.CheckRead() {
		p.in.lost.Add(1) // first: the writer that is told finds it counted
		var f msg.Part
		for more := true; more && p.Read(&f); more = p.moreIn {
			f.Drop()
		}
	}
	return true
}

// writerSleeps reports whether the writer waits for room of either kind.
func (h *half) writerSleeps() bool {
	return h.c.asleep.Load() || h.limit != nil && h.limit.asleep.Load()
}

// Lost returns how many of the messages that this end wrote were dropped by
// DropOldest. Any goroutine.
func (p *Pipe) Lost() uint64 { return p.out.lost.Load() }
