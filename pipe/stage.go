// SPDX-License-Identifier: MPL-2.0

// Previous: dist.go. Next: ypipe/ypipe.go.

package pipe

import (
	"math"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/pipe/ypipe"
)

const (
	// stageRunMin is how many messages in a row must have found most readers busy
	// with what was there before, and stageGapMax the longest mean distance between
	// them for each of the pipes: below a million deliveries a second it is better
	// that each message goes at once.
	stageRunMin = 16
	stageGapMax = time.Microsecond
	// StageMessagesMax and stageBytesMax bound what is held back. Sixty-four messages
	// bring the share of what a pipe costs below what their bytes cost.
	StageMessagesMax = 64
	stageBytesMax    = 4 << 10
)

// stage holds back messages for the same pipes, framed, to write them to each in one
// piece. To write a message to a pipe is to touch eight cache lines, and with a
// hundred pipes none of them is near any more when its turn comes again. So while
// the readers do not keep up anyway, messages gather here; each is there for all
// pipes that match when the stage opens, and all of these have room for it.
type stage struct {
	open   bool
	frames []byte
	count  int       // messages in frames
	room   int       // how many all the pipes take for certain
	run    int       // messages that have found most readers awake
	began  time.Time // when the first of them was sent
}

// Staging reports whether Stage may be called.
func (d *Distributor) Staging() bool { return d.stage.open }

// Staged returns how many messages are held back.
func (d *Distributor) Staged() int { return d.stage.count }

// OpenStage lets Stage hold back messages for the pipes that match the message which
// SendSmall has just sent, where that pays and they have room. The owner sees to it
// that what is held back goes on after a while (Settle), and calls OpenStage before
// it signals Asleep.
func (d *Distributor) OpenStage() bool {
	if d.matching == 0 || 2*len(d.Asleep) > d.matching {
		d.stage.run = 0
		return false
	}
	d.stage.open = d.dense() && d.roomOnStage()
	return d.stage.open
}

// dense counts a message that has found most readers awake, and reports whether a run
// of them is long and dense enough.
func (d *Distributor) dense() bool {
	s := &d.stage
	switch s.run++; s.run {
	case 1:
		s.began = time.Now()
	case stageRunMin:
		if time.Since(s.began) > stageRunMin*(stageGapMax+d.StagePatience)*time.Duration(d.matching) {
			s.run = 0
		}
	}
	return s.run >= stageRunMin
}

// roomOnStage finds out how many messages the matching pipes take for certain.
func (d *Distributor) roomOnStage() bool {
	s := &d.stage
	s.room = StageMessagesMax
	for _, p := range d.pipes[:d.matching] {
		if s.room = p.Room(s.room); s.room == 0 {
			return false
		}
	}
	if s.frames == nil {
		s.frames = make([]byte, 0, stageBytesMax)
	}
	return true
}

// Stage holds back a message of one part that the pipes of the one before match,
// too. It returns false where the message is too large for what is left of the
// stage. Precondition: Staging.
func (d *Distributor) Stage(data []byte) bool {
	s := &d.stage
	at, n := len(s.frames), len(data)
	if at+zmtp.HeaderSizeMax+n > cap(s.frames) {
		return false
	}
	b := s.frames[at:cap(s.frames)]
	h := zmtp.PutHeader(b, 0, n)
	copy(b[h:], data)
	s.frames = s.frames[:at+h+n]
	if s.count++; s.count == s.room {
		d.Settle()
	}
	return true
}

// Settle writes what is held back to the pipes, and closes the stage where most of
// their readers have been waiting for that or a pipe is full.
func (d *Distributor) Settle() {
	d.settle()
	if 2*len(d.Asleep) > d.matching {
		d.stage.run = 0
		d.stage.open = false
		return
	}
	d.stage.open = d.roomOnStage()
}

// CloseStage writes what is held back to the pipes, before the set of them changes
// or a message goes to others.
func (d *Distributor) CloseStage() {
	if d.stage.open {
		d.settle()
		d.stage.open = false
	}
}

func (d *Distributor) settle() {
	s := &d.stage
	if s.count == 0 {
		return
	}
	for _, p := range d.pipes[:d.matching] {
		if !p.writeFrames(s.frames, s.count) {
			d.Asleep = append(d.Asleep, p)
		}
	}
	for _, p := range d.pipes[d.active:] {
		if p.missed == d.serial {
			p.Dropped += uint64(s.count)
		}
	}
	s.frames, s.count = s.frames[:0], 0
}

// writeFrames appends and publishes count messages of one part as they stand on the
// wire, for which there is room, and returns what Flush returns. Runs on the writer.
func (p *Pipe) writeFrames(b []byte, count int) (awake bool) {
	h := p.out
	if h.closed.Load() != 0 {
		return true
	}
	w := &h.q.W
	h.c.written += uint64(count)
	if space := w.Space(0, FrameLen(b)); len(space) >= len(b) {
		copy(space, b)
		w.Advance(len(b))
		w.EndMessages(count)
		return w.Flush()
	}
	splitFrames(w, b)
	return w.Flush()
}

// splitFrames appends frames that reach into another chunk.
func splitFrames(w *ypipe.Writer, b []byte) {
	for len(b) > 0 {
		space := w.Space(0, FrameLen(b))
		n, count := wholeFrames(b, len(space), math.MaxInt)
		copy(space, b[:n])
		w.Advance(n)
		w.EndMessages(count)
		b = b[n:]
	}
}
