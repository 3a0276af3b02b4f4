// SPDX-License-Identifier: MPL-2.0

// Small messages one after the other. Previous: pipe.go. Next: ypipe/ypipe.go.

package pipe

import (
	"encoding/binary"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe/ypipe"
)

// run is what ReadSmall has in hand: a window of the queue, of which it gives out one
// short frame after the other and remembers nothing but how far it is. What that makes
// of the queue's and of the credit's books is entered with the end of the run, by pass,
// which stands at the beginning of everything else that a reader does. The reader's.
type run struct {
	window []byte // nil: there is none
	at     int    // bytes of it that have been given out
	left   int    // messages that may be given out before the next report of progress
	given  int    // left as it was at the beginning
}

// taken returns how many messages the books do not know of.
func (n *run) taken() int { return n.given - n.left }

// ReadSmall returns the next message if it is there and has one part of its own
// bytes and no flags: Read of the commonest case. Where ok is false Read tells
// more. The data is valid until the next read. Runs on the reader.
func (p *Pipe) ReadSmall() (data []byte, ok bool) {
	n := &p.run
	b, at := n.window, n.at
	if n.left > 0 && at+1 < len(b) && b[at] == 0 && p.in.c.current() {
		end := at + 2 + int(b[at+1])
		n.at = end
		n.left--
		return b[at+2 : end], true
	}
	return p.beginRun()
}

// beginRun is ReadSmall at the beginning of a window, for a message of 256 bytes and
// more, and for one that makes a report of progress due.
func (p *Pipe) beginRun() (data []byte, ok bool) {
	r := p.atMessage()
	if r == nil {
		return nil, false
	}
	b := r.Window()
	if len(b) < 2 {
		return nil, false
	}
	n, size, ok := smallFrame(b)
	if !ok {
		return nil, false
	}
	r.EndMessage()
	c := &p.in.c
	if c.passed(1) && c.tell() {
		p.peer.sink.WriteActivated(p.peer)
	}
	left := c.unreported()
	p.run = run{window: b, at: n + size, left: left, given: left}
	return b[n : n+size], true
}

// atMessage returns the queue where its next message may be read by a short way and is
// there, nil else. The reader stays awake.
func (p *Pipe) atMessage() *ypipe.Reader {
	if p.in.special || p.moreIn {
		return nil
	}
	r := &p.in.q.R
	p.pass(r)
	if !r.Ready() {
		return nil
	}
	return r
}

// smallFrame returns the lengths of the header and the body of the frame that b begins
// with, if it has no flags and its body does not travel by reference.
func smallFrame(b []byte) (n, size int, ok bool) {
	if b[0] == 0 {
		return 2, int(b[1]), true
	}
	if b[0] != zmtp.FlagLarge {
		return 0, 0, false
	}
	size = int(binary.BigEndian.Uint64(b[1:]))
	return zmtp.HeaderSizeMax, size, size < msg.RefBytesMin
}

// endRun enters in the books what has been given out. No report is due: beginRun has
// left one message for that, unless the mark has changed just now.
func (p *Pipe) endRun(r *ypipe.Reader) {
	n := p.run.taken()
	r.Consume(p.run.at)
	r.EndMessages(n)
	p.run = run{}
	if n > 0 && p.in.c.took(n) {
		p.peer.sink.WriteActivated(p.peer)
	}
}
