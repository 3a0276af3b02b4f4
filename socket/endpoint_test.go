// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"errors"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// TestEndpointEndsOnce: a second Unbind or Disconnect finds nothing, even while the
// first one's connections are still ending (libzmq socket_base_t::term_endpoint).
func TestEndpointEndsOnce(t *testing.T) {
	a, b := pairOf(t, option.Dealer, option.Dealer)
	if err := a.Bind("tcp://127.0.0.1:*"); err != nil {
		t.Fatal(err)
	}
	at := a.LastEndpoint()
	if err := errors.Join(b.Connect(at), b.Disconnect(at), a.Unbind(at)); err != nil {
		t.Fatal(err)
	}
	if err := b.Disconnect(at); !errors.Is(err, errno.ENOENT) {
		t.Errorf("disconnected twice: %v", err)
	}
	if err := a.Unbind(at); !errors.Is(err, errno.ENOENT) {
		t.Errorf("unbound twice: %v", err)
	}
}

// TestPeerState: a ROUTER says whether a peer has room, others have no such peers.
func TestPeerState(t *testing.T) {
	r, d := pairOf(t, option.Router, option.Dealer)
	if err := d.SetOptions(func(o *option.Options) error { o.RoutingID = []byte("D"); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Bind("inproc://named"), d.Connect("inproc://named")); err != nil {
		t.Fatal(err)
	}
	if state, err := r.PeerState([]byte("D")); state != socket.PollOut || err != nil {
		t.Errorf("state %d, %v", state, err)
	}
	for range 10_000 {
		if r.SendPart([]byte("D"), nil, true) != errno.OK || r.SendPart([]byte("x"), nil, false) != errno.OK {
			break
		}
		if state, err := r.PeerState([]byte("D")); state == 0 && err == nil {
			break
		}
	}
	if state, err := r.PeerState([]byte("D")); state != 0 || err != nil {
		t.Errorf("state %d, %v of a full peer", state, err)
	}
	if _, err := r.PeerState([]byte("nobody")); !errors.Is(err, errno.EHOSTUNREACH) {
		t.Errorf("an unknown peer: %v", err)
	}
	if _, err := d.PeerState([]byte("D")); !errors.Is(err, errno.ENOTSUP) {
		t.Errorf("a DEALER: %v", err)
	}
}
