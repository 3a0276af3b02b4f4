// SPDX-License-Identifier: MPL-2.0

package mechanism

import "github.com/zeroloop/zmq/engine/zmtp"

// Null is the mechanism without security (RFC 37, libzmq null_mechanism_t): both
// sides send READY and wait for the other's.
type Null struct {
	local Local
	peer  Peer

	sent     bool
	received bool
	refused  bool
}

// NewNull returns a handshake that has not begun.
func NewNull(l Local) *Null { return &Null{local: l} }

// Next appends our READY, once.
func (n *Null) Next(dst []byte) ([]byte, bool) {
	if n.sent {
		return dst, false
	}
	n.sent = true
	return n.local.ready(dst), true
}

// Process takes the peer's READY or ERROR.
func (n *Null) Process(body []byte) error {
	name, payload, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	switch {
	case n.received || n.refused:
		return unexpected(name)
	case string(name) == "READY":
		n.received = true
		return n.peer.learn(n.local.Type, payload)
	case string(name) == "ERROR":
		n.refused = true
		reason, err := zmtp.ParseError(payload)
		if err != nil {
			return err
		}
		return &RefusedError{Reason: string(reason)}
	}
	return unexpected(name)
}

// Status reports Ready when both READY commands have passed.
func (n *Null) Status() Status {
	switch {
	case n.refused:
		return Refused
	case n.sent && n.received:
		return Ready
	}
	return Handshaking
}

// Peer returns the peer's properties.
func (n *Null) Peer() *Peer { return &n.peer }

func unexpected(name []byte) error {
	return &zmtp.ProtocolError{Code: zmtp.ErrorUnexpectedCommand, Msg: "unexpected command " + quote(name)}
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
