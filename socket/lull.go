// SPDX-License-Identifier: MPL-2.0

// A stream from another goroutine of the process. Previous: base_recv.go. Next:
// pipe/pipe.go (WriteSmall).

package socket

import (
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
)

// lullLoads is how long a stream's receiver looks away, in loads of some 0.3 ns
// each. It trades 3 µs of delay against the number of messages that a look finds;
// set by perf/inproc_thr at 64 B, where it brings 25 to 45 % (0 and 1,000 loads
// bring nothing, 30,000 no more than this).
const lullLoads = 10_000

// lull lets messages gather where a stream comes from another goroutine of the
// process and its receiver has caught up with the sender: to look again at once
// would find one message each time, and have the two cores fight for the memory
// that says so. Sockets that also send are left alone, they may be waiting for an
// answer; and so is one that has had a single message since it last waited.
func (b *Base) lull() {
	if !b.lulled.Load() {
		return
	}
	b.lulled.Store(false)
	b.lookAway()
}

func (b *Base) lookAway() {
	for range lullLoads {
		b.lulled.Load()
	}
}

// streams reports whether lull applies, and begins to count anew. Runs under R.
func (b *Base) streams() bool {
	n := b.inRow
	b.inRow = 0
	return n > 1 && b.kind.traits.mute && len(b.pipes) > 0 && b.pipes[0].Inproc
}

// sparingRun is how many small messages in a row, without a look that found none, make
// a stream whose sender may publish several at a time.
const sparingRun = 256

// spare has the sender of a dense stream publish one message in 16 (pipe.WriteSmall),
// for which its core need not fetch the line that says so each time: at 1 B that was a
// third of its time. A sender that stops leaves some behind. They are published by the
// receiver, when it has caught up, with endSparing: so that it never says that there is
// nothing, nor goes to sleep, before. Runs under R, behind a message of p.
func (b *Base) spare(p *pipe.Pipe) {
	if b.kind.traits.mute && p.Inproc && len(b.pipes) == 1 && b.recvs.waiting.Load() == 0 {
		b.sparing = p
		p.SetGathering(true)
	}
}

// recvSpared goes on where recvSmall has found nothing: it looks away, looks again, and
// has what is left behind published.
func (b *Base) recvSpared(m *msg.Msg) bool {
	b.rown.Lock()
	p := b.sparing
	caughtUp := p != nil && p.Empty()
	b.rown.Unlock()
	if p == nil {
		return false
	}
	if caughtUp {
		b.lookAway()
		if b.recvSmall(m) {
			return true
		}
	}
	b.rown.Lock()
	b.endSparing()
	b.rown.Unlock()
	return b.recvSmall(m)
}

// endSparing has everything published that has been sent. Whoever may find a pipe empty
// by other ways than recvSmall calls it first; lockRecv and lockBoth do. Runs under R,
// which it gives up for a while: the messages are the sender's, whose lock is taken for
// that, behind the order to hold no more back, so that it either sees that order or is
// published.
func (b *Base) endSparing() {
	for b.sparing != nil {
		p := b.sparing
		b.sparing = nil
		p.SetGathering(false)
		b.rmu.Unlock()
		if s, ok := p.PeerSink().(*Base); ok {
			s.Publish(p.Peer())
		}
		b.rmu.Lock()
	}
}
