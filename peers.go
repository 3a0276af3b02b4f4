// SPDX-License-Identifier: MPL-2.0

package zmq

import "github.com/zeroloop/zmq/socket"

// ConnectPeer connects a PEER socket as Connect does and returns the number of the
// peer, for Msg.SetRoutingID: messages can be sent to it at once, they wait for the
// connection (zmq_connect_peer). Errors: those of Connect; ErrNotSup for other
// socket types; ErrFault with WithImmediate.
func (s *Socket) ConnectPeer(endpoint string) (uint32, error) {
	id, err := s.b.ConnectPeer(endpoint)
	return id, wrap("connect", endpoint, err)
}

// DisconnectPeer ends the connection of a SERVER or PEER socket to the peer with a
// number; what was sent to it before still goes out (zmq_disconnect_peer). Errors:
// ErrHostUnreach for a peer that is not there; ErrNotSup for other socket types.
func (s *Socket) DisconnectPeer(routingID uint32) error {
	return wrap("disconnect", "", s.b.DisconnectPeer(routingID))
}

// PeerWritable reports whether a ROUTER socket has room for a message to the peer
// with a routing id (zmq_socket_get_peer_state). Errors: ErrHostUnreach for a peer
// that is not there; ErrNotSup for other socket types.
func (s *Socket) PeerWritable(routingID []byte) (bool, error) {
	state, err := s.b.PeerState(routingID)
	return state&socket.PollOut != 0, wrap("peer state", "", err)
}
