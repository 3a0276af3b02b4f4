// SPDX-License-Identifier: MPL-2.0

// Previous: reactor/sweep.go. Next: socket/base_pipe.go (Rested), pipe/trim.go.

package engine

import "github.com/zeroloop/zmq/reactor"

// Sweep implements reactor.Sweeper: a connection that has moved no message since the
// last time gives back what its bursts have left in the pipe. For that the loop
// holds both halves for a moment, and the socket lends its own ends.
func (e *Stream) Sweep() reactor.Swept {
	if e.state != active {
		return reactor.Quiet // what comes next comes with an event
	}
	if !e.inHalf.try() {
		return reactor.Moving
	}
	e.inByLoop = true
	found := reactor.Moving
	if e.outHalf.try() {
		found = e.rest()
		if e.release() {
			e.tryOut()
		}
	}
	if e.releaseInput() {
		e.processInput(true)
	}
	return found
}

// rest is Sweep while the loop holds both halves.
func (e *Stream) rest() reactor.Swept {
	moved := e.pipe.Written() + e.pipe.Taken()
	if moved != e.sweptAt {
		e.sweptAt = moved
		return reactor.Moving
	}
	if e.in.fetch.lent {
		e.stopFetching() // whoever sleeps there sleeps on
		if e.in.stalled {
			e.requeue(moreIn) // the loop was told of room while it was none of its own
		}
	}
	switch {
	case !e.pipe.Swollen():
		return reactor.Quiet
	case e.in.raw > 0 || e.in.fetch.on || e.out.partway || e.out.gather.on || !e.s.host.Rested(e.pipe.Peer()):
		return reactor.Laden
	}
	return reactor.Quiet
}
