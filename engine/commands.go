// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"time"

	"github.com/zeroloop/zmq/reactor"
)

// The commands that loops carry for this package; each is handled by the
// function that bears its name. Run is set in init because handlers post
// commands themselves.
var (
	opStart         = &reactor.Op{Name: "start"}          // a session begins
	opTerm          = &reactor.Op{Name: "term"}           // a session ends, N is linger
	opLastChance    = &reactor.Op{Name: "last chance"}    // a session connects no more
	opPipeClosed    = &reactor.Op{Name: "pipe closed"}    // the socket has let the pipe go
	opActivateRead  = &reactor.Op{Name: "activate read"}  // the pipe has something to send
	opActivateIn    = &reactor.Op{Name: "activate write"} // the pipe has room again
	opOutEnded      = &reactor.Op{Name: "output ended"}   // all is sent up to the pipe's end
	opHalfLeft      = &reactor.Op{Name: "half left"}      // an application goroutine has let go of a closed stream
	opFault         = &reactor.Op{Name: "fault"}          // an application goroutine has contained a panic
	opInput         = &reactor.Op{Name: "input"}          // an application goroutine leaves the input to the loop
	opRecall        = &reactor.Op{Name: "recall"}         // a lent connection is the loop's again
	opResolved      = &reactor.Op{Name: "resolved"}       // a lookup is done
	opAuthenticated = &reactor.Op{Name: "authenticated"}  // an authenticator may have answered
	opCrowdedOut    = &reactor.Op{Name: "crowded out"}    // a handshake is in the way of others
	opAcceptAgain   = &reactor.Op{Name: "accept again"}   // a handshake has ended that others waited for
	opListen        = &reactor.Op{Name: "listen"}         // a listener begins
	opListenTerm    = &reactor.Op{Name: "listener term"}  // a listener ends
)

func init() {
	opStart.Run = func(c reactor.Command) { c.To.(*Session).processStart(int(c.N)) }
	opTerm.Run = func(c reactor.Command) { c.To.(*Session).processTerm(time.Duration(c.N)) }
	opLastChance.Run = func(c reactor.Command) { c.To.(*Session).processLastChance() }
	opPipeClosed.Run = func(c reactor.Command) { c.To.(*Session).processPipeClosed() }
	opActivateRead.Run = func(c reactor.Command) { c.To.(*Stream).processActivateRead() }
	opActivateIn.Run = func(c reactor.Command) { c.To.(*Session).processActivateWrite() }
	opOutEnded.Run = func(c reactor.Command) { c.To.(*Session).processOutEnded(c.Arg.(*Stream)) }
	opFault.Run = func(c reactor.Command) { c.To.(*Stream).Fault(c.Arg.(*reactor.Fault)) }
	opHalfLeft.Run = func(c reactor.Command) { c.To.(*Stream).processHalfLeft() }
	opInput.Run = func(c reactor.Command) { c.To.(*Stream).processInput(true) }
	opRecall.Run = func(c reactor.Command) { c.To.(*Session).processRecall() }
	opResolved.Run = func(c reactor.Command) { c.To.(*connecter).processResolved(c.Arg.(*resolved)) }
	opAuthenticated.Run = func(c reactor.Command) { c.To.(*Stream).processAuthenticated() }
	opCrowdedOut.Run = func(c reactor.Command) { c.To.(*Session).processCrowdedOut() }
	opAcceptAgain.Run = func(c reactor.Command) { c.To.(*Listener).accept() }
	opListen.Run = func(c reactor.Command) { c.To.(*Listener).processListen() }
	opListenTerm.Run = func(c reactor.Command) { c.To.(*Listener).processTerm() }
}
