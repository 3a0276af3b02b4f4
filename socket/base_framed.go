// SPDX-License-Identifier: MPL-2.0

// Many messages at a time, as a C program's library has gathered them. Previous:
// cmd/libzmq. Next: the pattern's file, pipe/framed.go.

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// roomy is a pattern that knows how many messages it takes for certain.
type roomy interface {
	// room returns that number, at most limit. S.
	room(limit int) int
}

func (s *push) room(limit int) int   { return s.lb.Room(limit) }
func (s *dealer) room(limit int) int { return s.lb.Room(limit) }

func (s *pair) room(limit int) int {
	if s.out == nil || s.moreOut || s.dropping {
		return 0
	}
	return s.out.Room(limit)
}

func (s *xpub) room(limit int) int {
	s.unstage()
	switch {
	case s.moreOut || s.last != nil:
		return 0
	case s.b.opts.XPubNoDrop:
		return s.dist.Room(limit)
	}
	return limit
}

// SendFramed sends messages of one part, each shorter than msg.RefBytesMin, that stand
// in b one after another as ZMTP frames without flags. It returns how many bytes of b
// it has taken, and how many more messages, at most limit, the socket will take for
// certain as long as none of its peers goes: 0 for types that cannot tell, then
// SendPart is the way. What remains of b had no room (EAGAIN). With now set what has
// been sent is to reach the network soon although more may follow (see
// engine/gather.go). Errors: as SendPart. It allocates nothing. Safe from any
// goroutine.
func (b *Base) SendFramed(data []byte, limit int, now bool) (taken, room int, e errno.Errno) {
	for again := false; ; again = true {
		n, pressed := 0, false
		n, room, pressed, e = b.trySendFramed(data[taken:], limit, now && !again)
		taken += n
		// What has gathered in a full pipe is sent by whom it stands in the way.
		if again || !pressed || room > 0 || e != errno.OK && e != errno.EAGAIN {
			return taken, room, e
		}
	}
}

// trySendFramed sends what there is room for, and says whether it has had a pipe
// written that gathers.
func (b *Base) trySendFramed(data []byte, limit int, now bool) (taken, room int, pressed bool, e errno.Errno) {
	b.lockToSend()
	defer b.unlockSend()
	b.hearOut()
	if e = b.check(); e == errno.OK {
		taken, e = b.sendFramed(data)
	}
	room = b.room(limit)
	if taken > 0 && b.sends.waiting.Load() > 0 && b.pat.hasOut() {
		b.sends.wakeOne()
	}
	pressed = (now || room == 0) && b.press()
	return taken, room, pressed, e
}

// room returns how many messages the pattern takes for certain. Runs under S.
func (b *Base) room(limit int) int {
	if r, ok := b.pat.(roomy); ok && b.check() == errno.OK && b.whenFull.Load() == option.Block {
		return r.room(limit)
	}
	return 0
}

// press has the reader of a pipe write that gathers, and reports whether there is
// one. Runs under S.
func (b *Base) press() bool {
	pressed := false
	for _, p := range b.pipes {
		if p.Press() {
			b.owe(p)
			pressed = true
		}
	}
	return pressed
}

// sendFramed runs under S.
func (b *Base) sendFramed(data []byte) (taken int, e errno.Errno) {
	if b.lb != nil {
		if p := b.lb.Only(); p != nil {
			taken = p.WriteFramed(data)
			if !p.Flush() {
				b.owe(p)
			}
		}
	}
	for taken < len(data) && e == errno.OK {
		n := pipe.FrameLen(data[taken:])
		if e = b.sendPart(frameBody(data[taken:taken+n]), nil, false); e == errno.OK {
			taken += n
		}
	}
	return taken, e
}

// frameBody returns what stands in a whole frame.
func frameBody(frame []byte) []byte {
	if frame[0]&msg.Large != 0 {
		return frame[1+8:]
	}
	return frame[2:]
}
