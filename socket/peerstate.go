// SPDX-License-Identifier: MPL-2.0

package socket

import "github.com/zeroloop/zmq/internal/errno"

// stater is a pattern that knows its peers by name (ROUTER).
type stater interface {
	// Both locks.
	peerState(id []byte) (int, errno.Errno)
}

// PeerState returns PollOut if the peer with a routing id can be sent to now, else
// 0 (libzmq zmq_socket_get_peer_state). Errors: EHOSTUNREACH for a peer that is not
// there, ENOTSUP for socket types other than ROUTER, ETERM, ENOTSOCK. Safe from any
// goroutine.
func (b *Base) PeerState(id []byte) (int, error) {
	if e := b.check(); e != 0 {
		return 0, e
	}
	p, ok := b.pat.(stater)
	if !ok {
		return 0, errno.ENOTSUP
	}
	b.lockBoth()
	defer b.unlockBoth()
	state, e := p.peerState(id)
	return state, e.Err()
}

func (r *router) peerState(id []byte) (int, errno.Errno) {
	p := r.byID[string(id)]
	switch {
	case p == nil:
		return 0, errno.EHOSTUNREACH
	case p.CheckWrite():
		return PollOut, errno.OK
	}
	return 0, errno.OK
}
