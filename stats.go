// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"

	"github.com/zeroloop/zmq/socket"
)

// Stats is a snapshot of what a socket has done and holds, for all its peers and
// for each.
type Stats = socket.Stats

// PeerStats is one peer's, or one endpoint's, part of Stats.
type PeerStats = socket.PeerStats

// Drops counts messages that were not sent, by reason.
type Drops = socket.Drops

// Happened counts the events of a socket's life.
type Happened = socket.Happened

// Stats returns a snapshot: what was sent, received and dropped, what is queued,
// and how often peers came, went and came back. It asks the I/O loops and waits
// for their answer, which takes as long as one turn of theirs; to send and receive
// costs nothing more for it. It fails with ctx's error, ErrTerm or ErrNotSock.
func (s *Socket) Stats(ctx context.Context) (Stats, error) {
	st, err := s.b.Stats(ctx)
	return st, wrap("stats", "", err)
}

// PipesStats makes each monitor and Events watch that asks for EventPipesStats get
// one of them for each of the socket's queues
// (zmq_socket_monitor_pipes_stats). ErrInvalid where nobody asks, ErrAgain where
// there is no queue.
func (s *Socket) PipesStats(ctx context.Context) error {
	return wrap("pipes stats", "", s.b.PipesStats(ctx))
}
