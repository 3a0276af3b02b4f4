// SPDX-License-Identifier: MPL-2.0

package option

import "context"

// AuthRequest is what an authenticator is asked about a peer (RFC 27).
type AuthRequest struct {
	Domain    string // ZAP_DOMAIN
	Address   string // the peer's numeric IP address, without port; ":uid:gid:pid" with ipc
	RoutingID []byte // the identity of the asking socket
	Mechanism string // NULL, PLAIN or CURVE

	Username  string   // PLAIN
	Password  string   // PLAIN
	PublicKey [32]byte // CURVE: the peer's long-term key, proven to be its own
}

// Credentials returns the request's credentials as the frames of RFC 27: two for
// PLAIN, one for CURVE, none for NULL.
func (r *AuthRequest) Credentials() [][]byte {
	switch r.Mechanism {
	case "PLAIN":
		return [][]byte{[]byte(r.Username), []byte(r.Password)}
	case "CURVE":
		return [][]byte{r.PublicKey[:]}
	}
	return nil
}

// Identity is who an authenticator takes a peer for.
type Identity struct {
	UserID   string            // the User-Id of the peer's messages
	Metadata map[string]string // properties of the peer's messages; may be nil
}

// AuthError is an authenticator's refusal with a status of RFC 27.
type AuthError struct {
	Status int    // 300: try again later; 400: refused; 500: the authenticator failed
	Reason string // for logs and events; the peer gets the status only
}

// Error returns the reason.
func (e *AuthError) Error() string { return e.Reason }

// Authenticator decides about a peer; an error refuses it.
type Authenticator func(ctx context.Context, r AuthRequest) (Identity, error)
