// SPDX-License-Identifier: MPL-2.0

// Previous: the façade's stats.go. Next: engine/stats.go, pipe/stats.go.

package socket

import (
	"context"
	"math/bits"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/pipe"
)

// Stats is a snapshot of what a socket has done and holds. Its parts are taken
// one after the other, not at one moment.
type Stats struct {
	Sent      uint64 // messages put into queues; to several peers, each counts
	Received  uint64 // messages taken from queues
	BytesSent uint64 // on connections, framed; heartbeats and handshakes do not count
	BytesRecv uint64
	QueuedOut int // messages that wait to go to the network, or to be received over inproc
	QueuedIn  int // messages that wait to be received
	Dropped   Drops
	Happened  Happened
	Peers     []PeerStats // one for each queue, so also for endpoints that are not connected yet
}

// Drops are messages that were not sent, by reason.
type Drops struct {
	Full   uint64 // the peer's queue was full: PUB, XPUB, XSUB, ROUTER, REP, and what WithWhenFull drops
	NoPeer uint64 // nobody of that name, or gone: ROUTER, REP
}

// Happened counts the events of a socket's life.
type Happened struct {
	Connected, Accepted, Disconnected, ConnectRetried uint64
	HandshakeSucceeded, HandshakeFailed, AcceptFailed uint64
}

// PeerStats is the part of one queue in Stats.
type PeerStats struct {
	Endpoint      string // what the application named
	Local, Remote string // of the present connection; empty without one, or over inproc
	RoutingID     []byte // as this socket knows the peer; a copy
	Connected     bool   // there is a peer
	Bound         bool   // it came to us
	Sent          uint64
	Received      uint64
	BytesSent     uint64
	BytesRecv     uint64
	QueuedOut     int
	QueuedIn      int
	Dropped       uint64 // because the queue was full
	Reconnects    uint64 // connections after the first
}

// totals are the counts of pipes that are gone. Both locks to write.
type totals struct {
	sent, received, full uint64
	noPeer               uint64 // S
}

// settleCounts keeps the counts of a pipe that is let go. Runs under both locks.
func (b *Base) settleCounts(p *pipe.Pipe) {
	b.gone.sent += p.Written()
	b.gone.received += p.Taken()
	b.gone.full += p.Dropped + p.Lost()
}

// drop counts a message that cannot be sent to p, because it is full, closing or,
// where nil, not there. Runs under S.
func (b *Base) drop(p *pipe.Pipe) {
	if p != nil && p.Full() {
		p.Dropped++
		return
	}
	b.gone.noPeer++
}

// happened reads the counters of events.
func (v *events) happened() Happened {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := func(t engine.EventType) uint64 { return v.counts[bits.TrailingZeros32(uint32(t))] }
	return Happened{
		Connected: n(engine.EventConnected), Accepted: n(engine.EventAccepted),
		Disconnected: n(engine.EventDisconnected), ConnectRetried: n(engine.EventConnectRetried),
		HandshakeSucceeded: n(engine.EventHandshakeSucceeded),
		HandshakeFailed: n(engine.EventHandshakeFailedNoDetail) + n(engine.EventHandshakeFailedProtocol) +
			n(engine.EventHandshakeFailedAuth),
		AcceptFailed: n(engine.EventAcceptFailed),
	}
}

// Stats asks the loops of the socket's connections and returns a snapshot. It
// fails with ctx's error, ETERM or ENOTSOCK. Nothing that sends or receives is
// slower for it being there.
func (b *Base) Stats(ctx context.Context) (Stats, error) {
	if e := b.check(); e != 0 {
		return Stats{}, e
	}
	st := Stats{Happened: b.events.happened()}
	peers := b.ownStats(&st)
	if err := b.sessionStats(ctx, peers); err != nil {
		return Stats{}, err
	}
	for _, p := range peers {
		if p.pipe.Inproc {
			p.askInproc()
		}
		st.QueuedOut += p.QueuedOut
		st.QueuedIn += p.QueuedIn
		st.BytesSent += p.BytesSent
		st.BytesRecv += p.BytesRecv
		st.Peers = append(st.Peers, p.PeerStats)
	}
	return st, nil
}

// peerStats is a PeerStats in the making.
type peerStats struct {
	PeerStats
	pipe *pipe.Pipe
}

// ownStats reads this side's counts.
func (b *Base) ownStats(st *Stats) map[*pipe.Pipe]*peerStats {
	b.lockBoth()
	defer b.unlockBoth()
	st.Sent, st.Received = b.gone.sent, b.gone.received
	st.Dropped = Drops{Full: b.gone.full, NoPeer: b.gone.noPeer}
	peers := make(map[*pipe.Pipe]*peerStats, len(b.pipes))
	for _, p := range b.pipes {
		peers[p] = &peerStats{PeerStats{
			Endpoint: p.Endpoint, RoutingID: append([]byte(nil), p.RoutingID...),
			Sent: p.Written(), Received: p.Taken(), Dropped: p.Dropped + p.Lost(), Connected: p.Inproc,
		}, p}
		st.Sent += p.Written()
		st.Received += p.Taken()
		st.Dropped.Full += p.Dropped + p.Lost()
	}
	return peers
}

// sessionStats adds what the sessions say.
func (b *Base) sessionStats(ctx context.Context, peers map[*pipe.Pipe]*peerStats) error {
	var ss []*engine.Session
	for _, x := range b.objects.of("") {
		if s, ok := x.(*engine.Session); ok {
			ss = append(ss, s)
		}
	}
	answers := make(chan engine.SessionStats, len(ss))
	for _, s := range ss {
		s.AskStats(answers)
	}
	for range ss {
		select {
		case n := <-answers:
			if p := peers[n.Pipe]; p != nil {
				p.add(&n)
			}
		case <-b.events.closed:
			return b.closedErr()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// closedErr is why a socket that has ended cannot be asked.
func (b *Base) closedErr() error {
	if e := b.check(); e != 0 {
		return e
	}
	return errno.ENOTSOCK
}

// add takes in the numbers of a session, which are a little younger than ours.
func (p *peerStats) add(n *engine.SessionStats) {
	p.Local, p.Remote, p.Connected, p.Bound = n.Local, n.Remote, n.Connected, n.Accepted
	p.BytesSent, p.BytesRecv = n.BytesOut, n.BytesIn
	p.QueuedOut = difference(p.Sent, n.Sent)
	p.QueuedIn = difference(n.Received, p.Received)
	if n.Connections > 1 {
		p.Reconnects = n.Connections - 1
	}
}

// difference is a-b, or 0 where b has overtaken.
func difference(a, b uint64) int {
	if a < b {
		return 0
	}
	return int(a - b)
}

// askInproc reads the other side's counts, under its locks and none of ours.
func (p *peerStats) askInproc() {
	peer, ok := p.pipe.PeerSink().(*Base)
	if !ok {
		return
	}
	other := p.pipe.Peer()
	peer.lockBoth()
	defer peer.unlockBoth()
	p.QueuedOut = difference(p.Sent, other.Taken())
	p.QueuedIn = difference(other.Written(), p.Received)
}

// PipesStats sends the monitor one PIPES_STATS event for each of the socket's
// queues: how many messages wait to go out, and how many to be received (libzmq
// zmq_socket_monitor_pipes_stats). Errors: EINVAL where no monitor wants them,
// EAGAIN where there is no queue, ctx's, ETERM, ENOTSOCK.
func (b *Base) PipesStats(ctx context.Context) error {
	if e := b.check(); e != 0 {
		return e
	}
	if !b.events.wanted(engine.EventPipesStats) {
		return errno.EINVAL
	}
	st, err := b.Stats(ctx)
	if err != nil {
		return err
	}
	if len(st.Peers) == 0 {
		return errno.EAGAIN
	}
	for i := range st.Peers {
		p := &st.Peers[i]
		e := engine.Event{
			Type: engine.EventPipesStats, Bound: p.Bound, Local: p.Local, Remote: p.Remote,
			Value: int64(p.QueuedOut), Inward: int64(p.QueuedIn),
		}
		if e.Named() == "" {
			if e.Remote = p.Endpoint; p.Bound {
				e.Local, e.Remote = p.Endpoint, ""
			}
		}
		b.Event(e)
	}
	return nil
}
