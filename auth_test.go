// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestAddresses: who may come in by address; a list asks the next authenticator
// only about those whom it lets through.
func TestAddresses(t *testing.T) {
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.7/32"), netip.MustParsePrefix("fe80::/10")}
	for address, inside := range map[string]bool{
		"10.1.2.3": true, "11.1.2.3": false, "192.168.1.7": true, "192.168.1.8": false,
		"::ffff:10.1.2.3": true, "fe80::1%eth0": true, "2001:db8::1": false,
	} {
		for _, allow := range []bool{true, false} {
			asked := false
			next := func(context.Context, zmq.AuthRequest) (zmq.Identity, error) {
				asked = true
				return zmq.Identity{UserID: "joe"}, nil
			}
			list, bare := zmq.DenyAddresses(next, networks...), zmq.DenyAddresses(nil, networks...)
			if allow {
				list, bare = zmq.AllowAddresses(next, networks...), zmq.AllowAddresses(nil, networks...)
			}
			r := zmq.AuthRequest{Address: address}
			who, err := list(context.Background(), r)
			if in := inside == allow; (err == nil) != in || asked != in || in && who.UserID != "joe" {
				t.Errorf("%s, allow %v: %+v, %v, asked %v", address, allow, who, err, asked)
			}
			if _, e := bare(context.Background(), r); (e == nil) != (err == nil) {
				t.Errorf("%s, allow %v, without another: %v", address, allow, e)
			}
		}
	}
	r := zmq.AuthRequest{Address: ":0:0:1"} // of ipc
	if _, err := zmq.AllowAddresses(nil, networks...)(context.Background(), r); err == nil {
		t.Error("a peer without address is among those allowed")
	}
	if _, err := zmq.DenyAddresses(nil, networks...)(context.Background(), r); err != nil {
		t.Errorf("a peer without address is among those denied: %v", err)
	}
}

// TestAddressesAtWork: on a real connection, with CURVE behind the list.
func TestAddressesAtWork(t *testing.T) {
	p := curvePair()
	keys := zmq.AllowCurveKeys(p.keys[0])
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithAuthenticator(zmq.AllowAddresses(keys, loopback)))...)
	m := askAndAnswer(w, router, w.connected(zmq.DEALER, ep, p.client...))
	if user, _ := m.Property("User-Id"); user != p.keys[0] {
		t.Errorf("the peer is %q", user)
	}
	other, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithAuthenticator(zmq.DenyAddresses(keys, loopback)))...)
	events := other.Events(w.ctx, failedHandshake)
	w.connected(zmq.DEALER, ep, p.client...)
	if e := first(w, events); e.Type != zmq.EventHandshakeFailedAuth || e.Value != 400 {
		t.Errorf("%v %d: %v", e.Type, e.Value, e.Err)
	}
}

// TestAllowPasswords: a name with its own password, and PLAIN only.
func TestAllowPasswords(t *testing.T) {
	known := map[string]string{"joe": "secret", "ann": "other", "": ""}
	allow := zmq.AllowPasswords(known)
	known["eve"] = "later"
	for _, c := range []struct {
		mechanism, user, password string
		in                        bool
	}{
		{"PLAIN", "joe", "secret", true}, {"PLAIN", "ann", "other", true}, {"PLAIN", "joe", "other", false},
		{"PLAIN", "joe", "secre", false}, {"PLAIN", "joe", "", false}, {"PLAIN", "bob", "", false},
		{"PLAIN", "eve", "later", false}, {"NULL", "joe", "secret", false}, {"CURVE", "joe", "secret", false}, {"NULL", "", "", false},
	} {
		who, err := allow(context.Background(), zmq.AuthRequest{Mechanism: c.mechanism, Username: c.user, Password: c.password})
		if (err == nil) != c.in || c.in && who.UserID != c.user {
			t.Errorf("%+v: %+v, %v", c, who, err)
		}
	}
}

// TestGSSAPINotSupported: its options are there and say so.
func TestGSSAPINotSupported(t *testing.T) {
	w := newWorld(t)
	for i, opt := range []zmq.Option{
		zmq.WithGSSAPIServer(true), zmq.WithGSSAPIPrincipal("p"), zmq.WithGSSAPIServicePrincipal("p"),
		zmq.WithGSSAPIPlaintext(true), zmq.WithGSSAPIPrincipalNameType(0), zmq.WithGSSAPIServicePrincipalNameType(0),
	} {
		if _, err := w.zc.NewSocket(zmq.REP, opt); !errors.Is(err, zmq.ErrNotSup) {
			t.Errorf("option %d: %v", i, err)
		}
	}
}
