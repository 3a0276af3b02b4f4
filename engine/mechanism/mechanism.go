// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"strings"

	"github.com/zeroloop/zmq/engine/zmtp"
)

// Status says how far a handshake has come.
type Status uint8

// The stages of a handshake.
const (
	Handshaking Status = iota // commands are still to be exchanged
	Ready                     // both sides are through: messages may flow
	Refused                   // the peer or its authenticator said no
)

// Mechanism is one side of a handshake.
type Mechanism interface {
	// Next appends the body of the next handshake command to dst. It returns false
	// where there is nothing to send before the peer has spoken.
	Next(dst []byte) ([]byte, bool)
	// Process takes a command body from the peer. An error ends the connection.
	Process(body []byte) error
	// Status says whether the handshake is over.
	Status() Status
	// Peer returns what the peer has told about itself, once Ready.
	Peer() *Peer
}

// Peer is what a handshake tells about the other side.
type Peer struct {
	SocketType string
	RoutingID  []byte
	Properties []zmtp.Property // all of them, as received
}

// Local is what a handshake tells the other side about us.
type Local struct {
	Type      int // libzmq's socket type number
	RoutingID []byte
	SendsID   bool // whether READY carries the identity at all
	Metadata  []zmtp.Property
}

// ready appends the properties of READY or INITIATE in libzmq's order.
func (l *Local) ready(dst []byte) []byte {
	return zmtp.AppendReady(dst, zmtp.SocketTypeName(l.Type), l.RoutingID, l.SendsID, l.Metadata)
}

// learn reads a property list into p and checks the socket type (libzmq
// mechanism_t::parse_metadata).
func (p *Peer) learn(own int, list []byte) error {
	it := zmtp.ParseProperties(list)
	for {
		prop, ok, err := it.Next()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		name, value := string(prop.Name), append([]byte(nil), prop.Value...)
		p.Properties = append(p.Properties, zmtp.Property{Name: []byte(name), Value: value})
		switch {
		case strings.EqualFold(name, zmtp.PropertySocketType):
			p.SocketType = string(value)
			if !zmtp.Compatible(own, p.SocketType) {
				return &zmtp.ProtocolError{Code: zmtp.ErrorInvalidMetadata, Msg: "socket type " + p.SocketType + " does not fit"}
			}
		case strings.EqualFold(name, zmtp.PropertyIdentity):
			p.RoutingID = value
		}
	}
}
