// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"strings"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

// Status says how far a handshake has come.
type Status uint8

// The stages of a handshake.
const (
	Handshaking    Status = iota // commands are still to be exchanged
	Authenticating               // an authenticator must be asked about the peer: see Server
	Ready                        // both sides are through: messages may flow
	Refused                      // the peer or the authenticator said no
)

// Mechanism is one side of a handshake. One goroutine at a time.
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

// Server is a Mechanism that can be Authenticating.
type Server interface {
	Mechanism
	// Ask fills in the mechanism's name and the peer's credentials.
	Ask(r *option.AuthRequest)
	// Answer is the authenticator's: 200 goes on with the handshake, 400 and 500 send
	// ERROR, 300 leaves the peer waiting (edge case 61).
	Answer(status int)
}

// Codec is a Mechanism whose frames are encoded once it is Ready. Encode runs on
// one goroutine at a time, Decode too, and the two may run together.
type Codec interface {
	Mechanism
	// Overhead is how many bytes a frame grows by.
	Overhead() int
	// Encode appends the wire form of one frame, without the frame's header. flags
	// are those of zmtp; body must not overlap dst.
	Encode(dst []byte, flags byte, body []byte) []byte
	// Decode puts the body of a frame that arrived into dst, which has room for
	// len(frame)-Overhead bytes and must not overlap frame, or, where it is nil, into
	// frame itself. An error ends the connection.
	Decode(dst, frame []byte) (flags byte, body []byte, err error)
}

// Wiper is a Mechanism that holds keys. Wipe forgets them; nothing may be called
// afterwards but Status and Peer.
type Wiper interface{ Wipe() }

// The statuses of an authenticator's answer (RFC 27).
const (
	statusAccepted  = 200
	statusTemporary = 300
	statusRefused   = 400
	statusFailed    = 500
)

// Names are the mechanisms' names on the wire by libzmq's numbers.
var names = [...]string{"NULL", "PLAIN", "CURVE", "GSSAPI"}

// Name returns the name of the mechanism that the options choose.
func Name(o *option.Options) string { return names[o.Mechanism] }

// New makes the mechanism that the options choose, or returns nil for one that is
// not there. asks says that an authenticator wants to be asked, which a PLAIN
// server does in any case.
func New(o *option.Options, l Local, asks bool) Mechanism {
	switch {
	case o.Mechanism == option.MechanismNull:
		n := NewNull(l)
		n.asking = asks
		return n
	case o.Mechanism == option.MechanismPlain && o.AsServer:
		return NewPlainServer(l)
	case o.Mechanism == option.MechanismPlain:
		return NewPlainClient(l, o.PlainUsername, o.PlainPassword)
	case o.Mechanism == option.MechanismCurve && o.AsServer:
		return NewCurveServer(l, o.CurveSecret, asks)
	case o.Mechanism == option.MechanismCurve:
		return NewCurveClient(l, CurveKeys{Public: o.CurvePublic, Secret: o.CurveSecret, Server: o.CurveServer})
	}
	return nil
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
	return l.basic(zmtp.AppendName(dst, zmtp.CommandReady))
}

// basic appends the properties without the command's name.
func (l *Local) basic(dst []byte) []byte {
	return zmtp.AppendBasic(dst, zmtp.SocketTypeName(l.Type), l.RoutingID, l.SendsID, l.Metadata)
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

// refusal takes the peer's ERROR.
func refusal(payload []byte) error {
	reason, err := zmtp.ParseError(payload)
	if err != nil {
		return err
	}
	return &RefusedError{Reason: string(reason)}
}

// answerCommand appends the ERROR that goes with a status, if one does.
func answerCommand(dst []byte, status int) ([]byte, bool) {
	switch status {
	case statusRefused:
		return zmtp.AppendError(dst, "400"), true
	case statusFailed:
		return zmtp.AppendError(dst, "500"), true
	}
	return dst, false
}

func unexpected(name []byte) error {
	return &zmtp.ProtocolError{Code: zmtp.ErrorUnexpectedCommand, Msg: "unexpected command " + quote(name)}
}

// early says that the peer spoke while its credentials were being looked at (edge
// case 69).
func early(name []byte) error {
	return &zmtp.ProtocolError{Code: zmtp.ErrorUnspecified, Msg: quote(name) + " before the authenticator has answered"}
}

func quote(name []byte) string {
	const shown = 32
	if len(name) > shown {
		name = name[:shown]
	}
	return `"` + string(name) + `"`
}

// RefusedError is the peer's ERROR command: it will not have us.
type RefusedError struct{ Reason string }

// Error returns the reason in a sentence.
func (e *RefusedError) Error() string {
	return "the peer refused the connection: " + quote([]byte(e.Reason))
}
