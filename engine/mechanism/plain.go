// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"bytes"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

// plainState is where one side of PLAIN stands. Each side goes through its own
// states in this order.
type plainState uint8

const (
	plainSendHello plainState = iota // client
	plainAwaitWelcome
	plainSendInitiate
	plainAwaitReady

	plainAwaitHello // server
	plainAsking
	plainSendWelcome
	plainAwaitInitiate
	plainSendReady

	plainSendError
	plainReady
	plainRefused
)

// status is the state as the engine sees it.
func (s plainState) status() Status {
	switch s {
	case plainAsking:
		return Authenticating
	case plainReady:
		return Ready
	case plainSendError, plainRefused:
		return Refused
	}
	return Handshaking
}

// plainError is how libzmq begins an ERROR of PLAIN, and expects it to begin:
// without the length of the name, and with its first letter changed (plain_common).
// We send that too, as nothing else tells a libzmq client why it was refused, and
// understand the right form as well.
const plainError = "^RROR"

// PlainClient is the client's side of PLAIN (RFC 24, libzmq plain_client_t): a
// name and a password, readable for who listens.
type PlainClient struct {
	local              Local
	peer               Peer
	state              plainState
	username, password string
}

// NewPlainClient returns a handshake that has not begun. username and password
// have at most 255 bytes.
func NewPlainClient(l Local, username, password string) *PlainClient {
	return &PlainClient{local: l, username: username, password: password}
}

// Next appends HELLO, later INITIATE.
func (c *PlainClient) Next(dst []byte) ([]byte, bool) {
	switch c.state {
	case plainSendHello:
		c.state = plainAwaitWelcome
		dst = zmtp.AppendName(dst, "HELLO")
		return zmtp.AppendName(zmtp.AppendName(dst, c.username), c.password), true
	case plainSendInitiate:
		c.state = plainAwaitReady
		return c.local.basic(zmtp.AppendName(dst, "INITIATE")), true
	}
	return dst, false
}

// Process takes WELCOME, READY or ERROR.
func (c *PlainClient) Process(body []byte) error {
	if reason, ok := bytes.CutPrefix(body, []byte(plainError)); ok && (c.state == plainAwaitWelcome || c.state == plainAwaitReady) {
		c.state = plainRefused
		return refusal(reason)
	}
	name, payload, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	switch {
	case string(name) == "WELCOME" && c.state == plainAwaitWelcome:
		if len(payload) != 0 {
			return malformed(zmtp.ErrorMalformedCommandWelcome, name)
		}
		c.state = plainSendInitiate
		return nil
	case string(name) == zmtp.CommandReady && c.state == plainAwaitReady:
		c.state = plainReady
		return c.peer.learn(c.local.Type, payload)
	case string(name) == zmtp.CommandError && (c.state == plainAwaitWelcome || c.state == plainAwaitReady):
		c.state = plainRefused
		return refusal(payload)
	}
	return unexpected(name)
}

// Status implements Mechanism.
func (c *PlainClient) Status() Status { return c.state.status() }

// Peer implements Mechanism.
func (c *PlainClient) Peer() *Peer { return &c.peer }

// Wipe forgets the password.
func (c *PlainClient) Wipe() { c.username, c.password = "", "" }

// PlainServer is the server's side of PLAIN (RFC 24, libzmq plain_server_t). It
// lets nobody in by itself: it asks.
type PlainServer struct {
	local              Local
	peer               Peer
	state              plainState
	answer             int
	username, password string // between HELLO and the question
}

// NewPlainServer returns a handshake that has not begun.
func NewPlainServer(l Local) *PlainServer { return &PlainServer{local: l, state: plainAwaitHello} }

// Next appends WELCOME, READY or ERROR.
func (s *PlainServer) Next(dst []byte) ([]byte, bool) {
	switch s.state {
	case plainSendWelcome:
		s.state = plainAwaitInitiate
		return zmtp.AppendName(dst, "WELCOME"), true
	case plainSendReady:
		s.state = plainReady
		return s.local.ready(dst), true
	case plainSendError:
		s.state = plainRefused
		at := len(dst)
		dst, ok := answerCommand(dst, s.answer)
		if ok {
			dst = append(append(dst[:at], plainError...), dst[at+len("\x05ERROR"):]...)
		}
		return dst, ok
	}
	return dst, false
}

// Process takes HELLO and INITIATE.
func (s *PlainServer) Process(body []byte) error {
	name, payload, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	switch {
	case s.state == plainAsking:
		return early(name)
	case string(name) == "HELLO" && s.state == plainAwaitHello:
		if s.username, s.password, err = parsePlainHello(payload); err != nil {
			return err
		}
		s.state = plainAsking
		return nil
	case string(name) == "INITIATE" && s.state == plainAwaitInitiate:
		s.state = plainSendReady
		return s.peer.learn(s.local.Type, payload)
	}
	return unexpected(name)
}

// parsePlainHello reads the name and the password; nothing may follow them (edge
// case 78).
func parsePlainHello(payload []byte) (username, password string, err error) {
	user, rest, ok := cutShort(payload)
	if ok {
		var pass []byte
		if pass, rest, ok = cutShort(rest); ok && len(rest) == 0 {
			return string(user), string(pass), nil
		}
	}
	return "", "", malformed(zmtp.ErrorMalformedCommandHello, []byte("HELLO"))
}

// cutShort takes a string with a length of one byte off b.
func cutShort(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || len(b)-1 < int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}

// Status implements Mechanism.
func (s *PlainServer) Status() Status { return s.state.status() }

// Peer implements Mechanism.
func (s *PlainServer) Peer() *Peer { return &s.peer }

// Ask implements Server. The credentials are handed over, not kept.
func (s *PlainServer) Ask(r *option.AuthRequest) {
	r.Mechanism, r.Username, r.Password = "PLAIN", s.username, s.password
	s.username, s.password = "", ""
}

// Answer implements Server.
func (s *PlainServer) Answer(status int) {
	s.answer = status
	switch {
	case s.state != plainAsking:
	case status == statusAccepted:
		s.state = plainSendWelcome
	case status == statusTemporary:
		s.state = plainRefused
	default:
		s.state = plainSendError
	}
}

func malformed(code uint32, name []byte) error {
	return &zmtp.ProtocolError{Code: code, Msg: "malformed " + quote(name)}
}
