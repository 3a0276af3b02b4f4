// SPDX-License-Identifier: MPL-2.0

// Messages that come framed already. Previous: socket/base_framed.go. Next:
// ypipe/ypipe.go.

package pipe

import (
	"encoding/binary"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
)

// Room returns how many messages of one part this end takes for certain, at most
// limit; 0 also arms WriteActivated. It is 0 in the middle of a message, and where
// more than the number of messages decides. Runs on the writer.
func (p *Pipe) Room(limit int) int {
	h := p.out
	if p.moreOut || h.special || h.closed.Load() != 0 || !h.c.room() {
		return 0
	}
	if h.c.left() < limit {
		h.c.look() // the reader may have gone on since
	}
	return min(h.c.left(), limit)
}

// WriteFramed appends messages of one part, shorter than msg.RefBytesMin, that stand
// in b one after another as they stand on the wire. It returns how many bytes of b it
// has taken: as many messages as there is room for. Nothing is visible to the other
// end before Flush. Runs on the writer.
func (p *Pipe) WriteFramed(b []byte) (taken int) {
	for taken < len(b) {
		room := p.Room(len(b))
		if room == 0 {
			break
		}
		w := &p.out.q.W
		rest := b[taken:]
		space := w.Space(0, FrameLen(rest))
		n, count := wholeFrames(rest, len(space), room)
		copy(space, rest[:n])
		w.Advance(n)
		w.EndMessages(count)
		p.Wrote(count)
		taken += n
	}
	return taken
}

// FrameLen returns the length of the frame that b begins with, and which is whole.
func FrameLen(b []byte) int {
	if b[0]&msg.Large != 0 {
		return zmtp.HeaderSizeMax + int(binary.BigEndian.Uint64(b[1:]))
	}
	return 2 + int(b[1])
}

// wholeFrames returns the length of the frames at the beginning of b that make up to
// size bytes together, and their number, up to limit.
func wholeFrames(b []byte, size, limit int) (n, count int) {
	for n < len(b) && count < limit {
		next := n + FrameLen(b[n:])
		if next > size {
			break
		}
		n = next
		count++
	}
	return n, count
}

// Room returns how many messages all active pipes together take for certain, at
// most limit.
func (l *LoadBalancer) Room(limit int) int {
	if l.more || l.dropping {
		return 0
	}
	n := 0
	for _, p := range l.pipes[:l.active] {
		if n += p.Room(limit - n); n >= limit {
			break
		}
	}
	return n
}

// Only returns the one pipe that all messages go to, or nil where there are others.
func (l *LoadBalancer) Only() *Pipe {
	if l.active != 1 {
		return nil
	}
	return l.Next()
}

// Room returns how many messages each of the pipes takes for certain, at most
// limit.
func (d *Distributor) Room(limit int) int {
	if d.more {
		return 0
	}
	for _, p := range d.pipes {
		if limit = p.Room(limit); limit == 0 {
			break
		}
	}
	return limit
}
