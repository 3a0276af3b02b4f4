// SPDX-License-Identifier: MPL-2.0

// What reaches a socket from its pipes and sessions.

package socket

import (
	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/reactor"
)

// Attach implements engine.Host: a connection brings a pipe of its own.
func (b *Base) Attach(p *pipe.Pipe, o engine.Object, endpoint string, routingID []byte) {
	p.Owner, p.Endpoint = o, endpoint
	p.RoutingID = routingID
	b.attach(p, true)
}

// attach gives p to the pattern, or closes it where the socket is closing.
func (b *Base) attach(p *pipe.Pipe, known bool) {
	p.SetSink(b)
	late := false
	b.withBoth(func() {
		if late = b.check() != 0; late {
			p.CloseWrite()
			p.CloseRead()
			return
		}
		b.pipes = append(b.pipes, p)
		b.pat.attach(p, known)
	})
	if late {
		p.NotifyClosed()
		return
	}
	if b.att.lent.Load() {
		b.att.recall() // it is the only connection no longer
	}
	if b.kind.traits.eager {
		b.ReadActivated(p)
	}
	b.wakeSenders()
	b.recvs.wakeOne()
}

// Identified implements engine.Host.
func (b *Base) Identified(p *pipe.Pipe, routingID []byte, props *msg.Properties) {
	b.withBoth(func() {
		if b.has(p) {
			p.Props = props
			b.pat.identified(p, routingID)
		}
	})
	b.wakeSenders()
	b.recvs.wakeOne()
}

// Hiccuped implements engine.Host.
func (b *Base) Hiccuped(p *pipe.Pipe) {
	b.lockBoth()
	defer b.unlockBoth()
	if b.has(p) {
		b.pat.hiccuped(p)
	}
}

// Publish implements engine.Host.
func (b *Base) Publish(p *pipe.Pipe) {
	b.smu.Lock()
	if !p.WriteClosed() && !p.Flush() {
		b.owe(p)
	}
	b.unlockSend()
}

// Rested implements engine.Host.
func (b *Base) Rested(p *pipe.Pipe) bool {
	b.lockBoth()
	defer b.unlockBoth()
	return p.Trim()
}

// has reports whether p is still the pattern's. Runs under both locks.
func (b *Base) has(p *pipe.Pipe) bool {
	for _, x := range b.pipes {
		if x == p {
			return true
		}
	}
	return false
}

// ReadActivated implements pipe.Sink.
func (b *Base) ReadActivated(p *pipe.Pipe) {
	b.recvs.activate(p)
	if b.kind.traits.eager && b.eager.CompareAndSwap(false, true) {
		b.ctx.home().Send(reactor.Command{Op: opEager, To: b})
	}
}

// opEager lets an eager pattern handle what has come in.
var opEager = &reactor.Op{Name: "eager"}

func init() { opEager.Run = func(c reactor.Command) { c.To.(*Base).processEager() } }

// processEager lets an eager pattern handle what has come in.
func (b *Base) processEager() {
	b.eager.Store(false)
	b.withBoth(b.hearIn)
	b.recvs.wakeOne()
}

// WriteActivated implements pipe.Sink.
func (b *Base) WriteActivated(p *pipe.Pipe) {
	b.sends.activate(p)
	if b.kind.traits.picks {
		b.sends.wakeAll()
	}
}

// wakeSenders wakes whoever may be able to send since something has changed, and
// everybody where each waits for a peer of his own.
func (b *Base) wakeSenders() {
	if b.kind.traits.picks {
		b.sends.wakeAll()
		return
	}
	b.sends.wakeOne()
}

// PeerClosed implements pipe.Sink: nothing more can be sent to p; what it has
// brought can still be received.
func (b *Base) PeerClosed(p *pipe.Pipe) {
	b.withBoth(func() {
		if b.has(p) {
			b.pat.detachOut(p)
			if b.kind.traits.deaf || p.Drained() {
				b.ended(p)
			}
		}
	})
	b.wakeSenders()
	b.recvs.wakeOne()
}

// hearIn tells the pattern of the pipes that have become readable. Runs under
// R, or both for eager patterns.
func (b *Base) hearIn() {
	if !b.recvs.filled.Load() {
		return
	}
	ps := b.recvs.take()
	for _, p := range ps {
		if !p.ReadClosed() {
			b.pat.readActivated(p)
		}
	}
	b.recvs.giveBack(ps)
}

// hearOut tells the pattern of the pipes that have room again. Runs under S.
func (b *Base) hearOut() {
	if !b.sends.filled.Load() {
		return
	}
	ps := b.sends.take()
	for _, p := range ps {
		if !p.WriteClosed() {
			b.pat.writeActivated(p)
		}
	}
	b.sends.giveBack(ps)
}
