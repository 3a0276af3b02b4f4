// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// The options of this file that concern a mechanism choose it too: the last one
// that is set decides which mechanism a socket speaks, and on which side, as with
// libzmq. A peer must speak the same one; those of ZMTP 1 and 2, which know none,
// are then refused.

// WithPlainServer makes the socket the server's side of PLAIN, or, off, one
// without security (ZMQ_PLAIN_SERVER). A server asks an authenticator (a ZAP
// handler, or WithAuthenticator) about every peer; where there is none it refuses
// them all.
func WithPlainServer(on bool) Option { return onOff(option.PlainServerID, on) }

// WithPlainUsername makes the socket a PLAIN client of this name, 1 to 255 bytes
// (ZMQ_PLAIN_USERNAME).
func WithPlainUsername(name string) Option { return byText(option.PlainUsernameID, name) }

// WithPlainPassword makes the socket a PLAIN client with this password, 1 to 255
// bytes, which travels in clear (ZMQ_PLAIN_PASSWORD).
func WithPlainPassword(password string) Option { return byText(option.PlainPasswordID, password) }

// WithZAPDomain sets the domain that ZAP handlers and authenticators are told, 1
// to 255 bytes; it also makes a socket without security ask them
// (ZMQ_ZAP_DOMAIN).
func WithZAPDomain(domain string) Option { return byText(option.ZAPDomainID, domain) }

// WithZAPEnforceDomain sets whether ZAP is used exactly where a domain is set:
// with one, a missing handler refuses everybody; without one, CURVE servers take
// every peer that knows their key, and PLAIN servers none
// (ZMQ_ZAP_ENFORCE_DOMAIN).
func WithZAPEnforceDomain(on bool) Option { return onOff(option.ZAPEnforceDomainID, on) }

// WithMaxHandshakes sets how many connections of one bound endpoint may be in
// their handshake at a time, default 1000, at least 1. Where there are so many
// nobody is accepted until one is through, or until the oldest has had a second (a
// thirtieth of the handshake interval, if that is less): that one is then ended, so
// that a flood of silent connections keeps nobody out.
func WithMaxHandshakes(connections int) Option {
	return number(func(o *option.Options) *int { return &o.HandshakesMax }, connections, 1)
}

// unsupported is an option of a mechanism that is not there.
func unsupported() Option {
	return Option{set: func(*option.Options) error { return errno.ENOTSUP }}
}

// WithGSSAPIServer gives ErrNotSup: there is no GSSAPI here
// (ZMQ_GSSAPI_SERVER).
func WithGSSAPIServer(bool) Option { return unsupported() }

// WithGSSAPIPrincipal gives ErrNotSup (ZMQ_GSSAPI_PRINCIPAL).
func WithGSSAPIPrincipal(string) Option { return unsupported() }

// WithGSSAPIServicePrincipal gives ErrNotSup (ZMQ_GSSAPI_SERVICE_PRINCIPAL).
func WithGSSAPIServicePrincipal(string) Option { return unsupported() }

// WithGSSAPIPlaintext gives ErrNotSup (ZMQ_GSSAPI_PLAINTEXT).
func WithGSSAPIPlaintext(bool) Option { return unsupported() }

// WithGSSAPIPrincipalNameType gives ErrNotSup (ZMQ_GSSAPI_PRINCIPAL_NAMETYPE).
func WithGSSAPIPrincipalNameType(int) Option { return unsupported() }

// WithGSSAPIServicePrincipalNameType gives ErrNotSup
// (ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE).
func WithGSSAPIServicePrincipalNameType(int) Option { return unsupported() }

// WithCurveServer makes the socket the server's side of CURVE, or, off, one
// without security (ZMQ_CURVE_SERVER). A server also needs WithCurveSecretKey.
func WithCurveServer(on bool) Option { return onOff(option.CurveServerID, on) }

// WithCurvePublicKey makes the socket a CURVE one and sets its public key, 32
// bytes or 40 characters of Z85 (ZMQ_CURVE_PUBLICKEY).
func WithCurvePublicKey(key string) Option { return byText(option.CurvePublicKeyID, key) }

// WithCurveSecretKey makes the socket a CURVE one and sets its secret key, in the
// same forms (ZMQ_CURVE_SECRETKEY).
func WithCurveSecretKey(key string) Option { return byText(option.CurveSecretKeyID, key) }

// WithCurveServerKey makes the socket a CURVE client and sets the public key of
// the server that it wants to talk to, in the same forms (ZMQ_CURVE_SERVERKEY).
func WithCurveServerKey(key string) Option { return byText(option.CurveServerKeyID, key) }
