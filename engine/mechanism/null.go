// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

// Null is the mechanism without security (RFC 37, libzmq null_mechanism_t): both
// sides send READY and wait for the other's.
type Null struct {
	local Local
	peer  Peer

	asking   bool // the authenticator must answer before READY is sent
	answer   int  // its answer, where it refused
	sent     bool // READY or ERROR
	received bool
	refused  bool
}

// NewNull returns a handshake that has not begun.
func NewNull(l Local) *Null { return &Null{local: l} }

// Next appends our READY, once, or the ERROR of a refusal.
func (n *Null) Next(dst []byte) ([]byte, bool) {
	if n.sent || n.asking {
		return dst, false
	}
	n.sent = true
	if n.answer != 0 {
		return answerCommand(dst, n.answer)
	}
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
	case string(name) == zmtp.CommandReady:
		n.received = true
		return n.peer.learn(n.local.Type, payload)
	case string(name) == zmtp.CommandError:
		n.refused = true
		return refusal(payload)
	}
	return unexpected(name)
}

// Status reports Ready when both READY commands have passed.
func (n *Null) Status() Status {
	switch {
	case n.refused || n.answer != 0:
		return Refused
	case n.asking:
		return Authenticating
	case n.sent && n.received:
		return Ready
	}
	return Handshaking
}

// Peer returns the peer's properties.
func (n *Null) Peer() *Peer { return &n.peer }

// Ask implements Server: there are no credentials.
func (n *Null) Ask(r *option.AuthRequest) { r.Mechanism = "NULL" }

// Answer implements Server.
func (n *Null) Answer(status int) {
	n.asking = false
	if status != statusAccepted {
		n.answer = status
	}
}
