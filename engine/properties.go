// SPDX-License-Identifier: MPL-2.0

// Previous: handshake.go (activate). Next: session.go (ready).

package engine

import (
	"strconv"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/transport"
)

// metadata is what METADATA adds to our side of the handshake.
func (e *Stream) metadata() []zmtp.Property {
	var ps []zmtp.Property
	for _, p := range e.opts.Metadata {
		ps = append(ps, zmtp.Property{Name: []byte(p.Name), Value: []byte(p.Value)})
	}
	return ps
}

// properties are what messages of this connection say of the peer: first what we
// know by ourselves, then what the authenticator said, then what the peer told
// (libzmq stream_engine_base_t::properties).
// ZMTP 1 and 2 peers have none.
func (e *Stream) properties() *msg.Properties {
	if e.mech == nil && !e.opts.Raw() {
		return nil
	}
	props := &msg.Properties{}
	if a := transport.PeerAddress(e.fd); a != "" {
		props.Add(msg.PropertyPeerAddress, a)
	}
	props.Add(msg.PropertyFD, strconv.Itoa(e.fd))
	if id := e.auth.verdict.UserID; id != "" {
		props.Add(msg.PropertyUserID, id)
	}
	for _, p := range e.auth.verdict.Properties {
		props.Add(string(p.Name), string(p.Value))
	}
	if e.mech != nil {
		for _, p := range e.mech.Peer().Properties {
			props.Add(string(p.Name), string(p.Value))
		}
	}
	return props
}
