// SPDX-License-Identifier: MPL-2.0

// Previous: handshake.go (progress). Next: socket/auth.go; back: handshake.go.

package engine

import (
	"errors"
	"fmt"

	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// Inquiry is a question about a peer on its way to an authenticator. Its methods
// run on the asking stream's loop.
type Inquiry interface {
	// Answer returns the verdict once it is there; an error is the authenticator's
	// fault, or that it is gone.
	Answer() (v mechanism.Verdict, done bool, err error)
	// Cancel gives the question up. Any number of times, after the answer too.
	Cancel()
}

var (
	// ErrNoAuthenticator says that nobody is there to be asked.
	ErrNoAuthenticator = fmt.Errorf("no authenticator: %w", errno.EFAULT)
	// ErrAuthenticatorGone says that the one who was asked has gone without answer,
	// or is of a socket type that cannot answer.
	ErrAuthenticatorGone = fmt.Errorf("the authenticator is gone: %w", errno.EFAULT)
)

// RejectedError is our own authenticator's no.
type RejectedError struct {
	Status int    // 300, 400 or 500
	Reason string // as the authenticator said; may be empty
}

// Error returns status and reason.
func (e *RejectedError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("the authenticator refused the peer with %d", e.Status)
	}
	return fmt.Sprintf("the authenticator refused the peer with %d: %s", e.Status, e.Reason)
}

// authentication is where a stream stands with its authenticator. Loop only.
type authentication struct {
	inquiry  Inquiry // nil: not asked, or answered
	verdict  mechanism.Verdict
	rejected bool // the verdict is no, and its event is out
}

// asks reports whether a mechanism needs an authenticator (libzmq
// mechanism_base_t::zap_required; edge cases 64 to 68).
func asks(o *option.Options) bool {
	switch {
	case o.Authenticator != nil || o.ZAPDomain != "":
		return true
	case o.Mechanism == option.MechanismCurve:
		return !o.ZAPEnforce
	}
	return false
}

// authenticate asks about the peer, once.
func (e *Stream) authenticate() error {
	if e.auth.inquiry != nil {
		return nil
	}
	r := option.AuthRequest{Domain: e.opts.ZAPDomain, Address: transport.PeerAddress(e.fd), RoutingID: e.opts.RoutingID}
	server := e.mech.(mechanism.Server)
	server.Ask(&r)
	q, err := e.s.host.Authenticate(e.opts, &r, func() {
		e.loop.Send(reactor.Command{Op: opAuthenticated, To: e})
	})
	if errors.Is(err, ErrNoAuthenticator) && e.dispensable() {
		server.Answer(accepted)
		return e.progress()
	}
	e.auth.inquiry = q
	return err
}

const accepted = 200

// dispensable reports whether a peer may come in where there is nobody to ask.
func (e *Stream) dispensable() bool {
	return e.opts.Mechanism != option.MechanismPlain && !e.opts.ZAPEnforce
}

// processAuthenticated goes on with the authenticator's answer.
func (e *Stream) processAuthenticated() {
	q := e.auth.inquiry
	if q == nil || e.state != handshaking {
		return
	}
	v, done, err := q.Answer()
	if err == nil && !done {
		return
	}
	e.stopAsking()
	if err == nil {
		err = e.answered(v)
	}
	if err == nil {
		err = e.advance()
	}
	if err != nil {
		e.s.failed(e, err)
	}
}

// answered tells the mechanism, and who watches, what the verdict is.
func (e *Stream) answered(v mechanism.Verdict) error {
	e.auth.verdict = v
	if !v.Accepted() {
		e.auth.rejected = true
		e.event(EventHandshakeFailedAuth, int64(v.Status), &Error{
			Reason: ProtocolBroken, Remote: e.remote, Err: &RejectedError{v.Status, v.Reason},
		})
	}
	e.mech.(mechanism.Server).Answer(v.Status)
	return e.progress()
}

func (e *Stream) stopAsking() {
	if e.auth.inquiry != nil {
		e.auth.inquiry.Cancel()
		e.auth.inquiry = nil
	}
}

// NewCurveKeys makes a CURVE key pair.
func NewCurveKeys() (public, secret [32]byte) { return mechanism.NewCurveKeys() }

// CurvePublicOf returns the public key that belongs to a secret one.
func CurvePublicOf(secret [32]byte) (public [32]byte) { return mechanism.CurvePublicOf(secret) }
