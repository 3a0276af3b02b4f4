// SPDX-License-Identifier: MPL-2.0

// Previous: socket/stats.go. Next: back there, by a channel.

package engine

import (
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/reactor"
)

// SessionStats is what a session knows of its connection, and of those before.
type SessionStats struct {
	Pipe          *pipe.Pipe // the socket's end; nil before an accepted handshake
	Endpoint      string     // what the application named
	Local, Remote string     // of the present connection; empty without one
	Connected     bool       // through the handshake
	Accepted      bool       // the peer came to us
	Connections   uint64     // made by this session so far, the present one included
	BytesOut      uint64     // of messages, framed; all connections together
	BytesIn       uint64
	Sent          uint64 // messages of the pipe that were handed to the kernel
	Received      uint64 // messages that were put into the pipe
}

// traffic counts the bytes of connections that are over. Loop only.
type traffic struct {
	out, in     uint64
	connections uint64
}

// query is one question to a session.
type query struct {
	answer chan<- SessionStats // with room for the answer
	tries  int
}

// opStats asks a session how it is getting on.
var opStats = &reactor.Op{Name: "stats"}

func init() {
	opStats.Run = func(c reactor.Command) { c.To.(*Session).processStats(c.Arg.(*query)) }
}

// statsTriesMax is how often a session waits for an application goroutine that is
// just writing, before it says how much it knows without it.
const statsTriesMax = 64

// AskStats makes the session send its numbers to answer, soon, unless its loop
// has ended; answer must have room. Any goroutine.
func (s *Session) AskStats(answer chan<- SessionStats) {
	s.loop.Send(reactor.Command{Op: opStats, To: s, Arg: &query{answer: answer}})
}

// processStats answers. What the output half has done only its holder knows, so
// the loop becomes that for a moment, or comes again.
func (s *Session) processStats(q *query) {
	n := SessionStats{
		Endpoint: s.endpoint, Accepted: !s.connects, Connections: s.past.connections, BytesOut: s.past.out, BytesIn: s.past.in,
	}
	e := s.stream.Load()
	held := e == nil
	if e != nil {
		n.Local, n.Remote, n.Connected = e.local, e.remote, e.state == active
		if held = e.holdBoth(); held {
			n.BytesIn += e.in.bytes
			n.BytesOut += e.out.bytes
		} else if q.tries++; q.tries < statsTriesMax {
			s.loop.Send(reactor.Command{Op: opStats, To: s, Arg: q})
			return
		}
	}
	s.count(&n, held)
	if e != nil && held {
		e.releaseBoth()
	}
	q.answer <- n
}

// holdBoth makes the loop the holder of both halves, if it can be that at once.
func (e *Stream) holdBoth() bool {
	if !e.inByLoop && !e.inHalf.try() {
		return false
	}
	if e.outHalf.try() {
		return true
	}
	e.releaseIn()
	return false
}

func (e *Stream) releaseIn() {
	if e.inByLoop {
		return // as it was before
	}
	if again, _ := e.inHalf.release(); again {
		e.loop.Send(reactor.Command{Op: opInput, To: e})
	}
}

func (e *Stream) releaseBoth() {
	e.releaseIn()
	if e.release() {
		e.tryOut()
	}
}

// count adds what the pipe knows.
func (s *Session) count(n *SessionStats, held bool) {
	p := s.pipe
	if p == nil {
		return
	}
	n.Pipe = p.Peer()
	if held {
		n.Received, n.Sent = p.Written(), p.Taken()
	} else {
		n.Received, n.Sent = p.TakenByPeer(), n.Pipe.TakenByPeer()
	}
}
