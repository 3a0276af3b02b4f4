// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"crypto/subtle"
	"net/netip"

	"github.com/zeroloop/zmq/internal/option"
)

// AuthRequest is what an authenticator is told about a peer: who asks, from where
// the peer comes, and its credentials.
type AuthRequest = option.AuthRequest

// Identity is who an authenticator takes a peer for: the User-Id and further
// properties of the messages that the peer sends.
type Identity = option.Identity

// AuthError is a refusal with one of ZAP's statuses: 300 leaves the peer waiting,
// until it gives up and tries again; 400 and 500 tell it to stay away. Any other
// error counts as 400.
type AuthError = option.AuthError

// Authenticator decides whether a peer may come in; an error refuses it. ctx ends
// when the peer has gone or the time for the handshake is over. It may be called
// from many goroutines at a time, but never from an I/O loop, so it may block. A panic
// of it refuses the peer, with 500, and goes no further.
type Authenticator = option.Authenticator

// WithAuthenticator lets a function decide about every peer, instead of a ZAP
// handler, with any mechanism. At most 32 calls of one socket run at a time. nil
// goes back to ZAP.
func WithAuthenticator(a Authenticator) Option {
	return Option{set: func(o *option.Options) error { o.Authenticator = a; return nil }}
}

// AllowAddresses returns an authenticator that refuses peers from outside of the
// given networks before it asks next; a nil next lets everybody else in. Peers
// without an IP address, such as those of ipc, are refused.
func AllowAddresses(next Authenticator, networks ...netip.Prefix) Authenticator {
	return filterAddresses(next, networks, true)
}

// DenyAddresses returns an authenticator that refuses peers from the given
// networks before it asks next; a nil next lets everybody else in.
func DenyAddresses(next Authenticator, networks ...netip.Prefix) Authenticator {
	return filterAddresses(next, networks, false)
}

func filterAddresses(next Authenticator, networks []netip.Prefix, allow bool) Authenticator {
	networks = append([]netip.Prefix(nil), networks...)
	return func(ctx context.Context, r AuthRequest) (Identity, error) {
		if contains(networks, r.Address) != allow {
			return Identity{}, &AuthError{Status: 400, Reason: "the address is not allowed"}
		}
		if next == nil {
			return Identity{}, nil
		}
		return next(ctx, r)
	}
}

// contains reports whether one of the networks has the address; a mapped IPv4
// address counts as what it is.
func contains(networks []netip.Prefix, address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.WithZone("").Unmap()
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// errUnknownPeer is the refusal of somebody whose credentials are not known.
var errUnknownPeer = &AuthError{Status: 400, Reason: "unknown credentials"}

// AllowPasswords returns an authenticator for PLAIN that lets in who gives the
// password of a name in the map, which it copies. The User-Id is the name.
func AllowPasswords(passwords map[string]string) Authenticator {
	known := make(map[string]string, len(passwords))
	for name, password := range passwords {
		known[name] = password
	}
	return func(_ context.Context, r AuthRequest) (Identity, error) {
		password, ok := known[r.Username]
		if r.Mechanism != "PLAIN" || !equalText(password, r.Password) || !ok {
			return Identity{}, errUnknownPeer
		}
		return Identity{UserID: r.Username}, nil
	}
}

// equalText compares two secrets in a time that depends on their lengths only.
func equalText(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
