// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
)

// libzmq's numbers of the socket types that the tests use.
const (
	typePUB = 1
	typeSUB = 2
	typeREQ = 3
	typeREP = 4
)

// ready returns the body of a READY with these properties, names and values in
// turn.
func ready(t *testing.T, nameValues ...string) []byte {
	t.Helper()
	b := zmtp.AppendName(nil, zmtp.CommandReady)
	for i := 0; i+1 < len(nameValues); i += 2 {
		b = zmtp.AppendProperty(b, nameValues[i], []byte(nameValues[i+1]))
	}
	return b
}

// next expects a command, or none.
func next(t *testing.T, n *Null, want bool) []byte {
	t.Helper()
	b, ok := n.Next([]byte("kept"))
	if ok != want {
		t.Fatalf("something to send: %v", ok)
	}
	if !bytes.HasPrefix(b, []byte("kept")) || !ok && len(b) != 4 {
		t.Fatalf("Next returned %q", b)
	}
	return b[4:]
}

// protocolError expects a fault with this code.
func protocolError(t *testing.T, err error, code uint32) {
	t.Helper()
	var proto *zmtp.ProtocolError
	if !errors.As(err, &proto) || proto.Code != code {
		t.Errorf("got %v, want a ProtocolError with code %#x", err, code)
	}
}

// TestNullOrder: both READY commands in each order make both sides ready, and
// neither is before it has sent and received one.
func TestNullOrder(t *testing.T) {
	for _, sendFirst := range []bool{true, false} {
		n := NewNull(Local{Type: typeREQ, SendsID: true})
		if n.Status() != Handshaking {
			t.Fatal("not handshaking at the start")
		}
		if sendFirst {
			next(t, n, true)
			next(t, n, false)
			if n.Status() != Handshaking {
				t.Error("ready without the peer's READY")
			}
		}
		if err := n.Process(ready(t, "Socket-Type", "REP")); err != nil {
			t.Fatal(err)
		}
		if !sendFirst {
			if n.Status() != Handshaking {
				t.Error("ready before our READY is made")
			}
			next(t, n, true)
		}
		next(t, n, false)
		if n.Status() != Ready || n.Peer().SocketType != "REP" {
			t.Errorf("status %v, peer %+v", n.Status(), n.Peer())
		}
	}
}

// TestNullTalksToItself: what one side sends the other understands.
func TestNullTalksToItself(t *testing.T) {
	extra := []zmtp.Property{{Name: []byte("X-Colour"), Value: []byte("blue")}}
	a := NewNull(Local{Type: typeREQ, RoutingID: []byte("id"), SendsID: true, Metadata: extra})
	b := NewNull(Local{Type: typeREP, RoutingID: []byte("unseen")})
	fromA, fromB := next(t, a, true), next(t, b, true)
	if err := errors.Join(a.Process(fromB), b.Process(fromA)); err != nil {
		t.Fatal(err)
	}
	// What the peer keeps must not lie in the engine's receive buffer.
	clear(fromA)
	p := b.Peer()
	if b.Status() != Ready || p.SocketType != "REQ" || string(p.RoutingID) != "id" || len(p.Properties) != 3 {
		t.Fatalf("%v, %+v", b.Status(), p)
	}
	if got := p.Properties[2]; string(got.Name) != "X-Colour" || string(got.Value) != "blue" {
		t.Errorf("%q: %q", got.Name, got.Value)
	}
	if p := a.Peer(); p.SocketType != "REP" || p.RoutingID != nil || len(p.Properties) != 1 {
		t.Errorf("an identity that is not to be sent arrived: %+v", p)
	}
}

// TestNullReadyBytes: READY on the wire, as libzmq sends it.
func TestNullReadyBytes(t *testing.T) {
	want := "\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00"
	if got := next(t, NewNull(Local{Type: typeREQ, SendsID: true}), true); string(got) != want {
		t.Errorf("got %q", got)
	}
	want = "\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"
	if got := next(t, NewNull(Local{Type: typePUB, RoutingID: []byte("x")}), true); string(got) != want {
		t.Errorf("got %q", got)
	}
}

// TestNullMetadata: what a READY may hold (RFC 23: names are without case; edge
// cases 15, 16, 18).
func TestNullMetadata(t *testing.T) {
	cases := []struct {
		name     string
		body     []byte
		typ, id  string
		entries  int
		rejected bool
	}{
		{"nothing", ready(t), "", "", 0, false},
		{"other things only", ready(t, "X-A", "1"), "", "", 1, false},
		{"identity first", ready(t, "Identity", "me", "Socket-Type", "XPUB"), "XPUB", "me", 2, false},
		{"names without case", ready(t, "sOCKET-tYPE", "PUB", "IDENTITY", "me"), "PUB", "me", 2, false},
		{"identity of 300 bytes", ready(t, "Identity", strings.Repeat("i", 300)), "", strings.Repeat("i", 300), 1, false},
		{"identity that begins with zero", ready(t, "Identity", "\x00a"), "", "\x00a", 1, false},
		{"wrong type", ready(t, "Socket-Type", "REP"), "", "", 0, true},
		{"wrong type, no case", ready(t, "socket-type", "REP"), "", "", 0, true},
		{"a type that is none", ready(t, "Socket-Type", "NONE"), "", "", 0, true},
		{"empty type", ready(t, "Socket-Type", ""), "", "", 0, true},
		{"type in small letters", ready(t, "Socket-Type", "pub"), "", "", 0, true},
		{"a second, wrong type", ready(t, "Socket-Type", "PUB", "Socket-Type", "REP"), "", "", 0, true},
		{"one byte too much", append(ready(t, "Socket-Type", "PUB"), 0), "", "", 0, true},
		{"one byte too few", ready(t, "Socket-Type", "PUB")[:23], "", "", 0, true},
	}
	for _, c := range cases {
		n := NewNull(Local{Type: typeSUB})
		next(t, n, true)
		err := n.Process(c.body)
		if c.rejected {
			t.Run(c.name, func(t *testing.T) { protocolError(t, err, zmtp.ErrorInvalidMetadata) })
			continue
		}
		p := n.Peer()
		if err != nil || n.Status() != Ready || p.SocketType != c.typ || string(p.RoutingID) != c.id || len(p.Properties) != c.entries {
			t.Errorf("%s: %v, status %v, %+v", c.name, err, n.Status(), p)
		}
	}
}

// TestNullUnexpected: no command but READY and ERROR, and each at most once.
func TestNullUnexpected(t *testing.T) {
	peerReady, refusal := ready(t, "Socket-Type", "PUB"), zmtp.AppendError(nil, "no")
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"HELLO", zmtp.AppendName(nil, "HELLO")},
		{"READY in small letters", zmtp.AppendName(nil, "ready")},
		{"READYX", zmtp.AppendName(nil, "READYX")},
		{"REA", zmtp.AppendName(nil, "REA")},
		{"PING", zmtp.AppendPing(nil, 1, nil)},
		{"a long name", zmtp.AppendName(nil, strings.Repeat("n", 255))},
	} {
		n := NewNull(Local{Type: typeSUB})
		t.Run(c.name, func(t *testing.T) { protocolError(t, n.Process(c.body), zmtp.ErrorUnexpectedCommand) })
		if n.Status() != Handshaking {
			t.Errorf("%s: status %v", c.name, n.Status())
		}
	}
	for _, first := range [][]byte{peerReady, refusal} {
		for _, second := range [][]byte{peerReady, refusal, zmtp.AppendName(nil, "HELLO")} {
			n := NewNull(Local{Type: typeSUB})
			_ = n.Process(first)
			before := *n.Peer()
			protocolError(t, n.Process(second), zmtp.ErrorUnexpectedCommand)
			if after := n.Peer(); len(after.Properties) != len(before.Properties) {
				t.Error("a refused command was learned from")
			}
		}
	}
}

// TestNullMalformed: bodies that are no commands.
func TestNullMalformed(t *testing.T) {
	for _, body := range []string{"", "\x00", "\x05READ", "\x00READY", "\xffx"} {
		n := NewNull(Local{Type: typeSUB})
		protocolError(t, n.Process([]byte(body)), zmtp.ErrorMalformedCommandUnspecified)
		if n.Status() != Handshaking {
			t.Errorf("%q: status %v", body, n.Status())
		}
		// It is the engine that ends the connection; the handshake itself is as it was.
		next(t, n, true)
		if err := n.Process(ready(t, "Socket-Type", "PUB")); err != nil || n.Status() != Ready {
			t.Errorf("%q: %v, status %v afterwards", body, err, n.Status())
		}
	}
}

// TestNullRefused: ERROR with and without a whole reason; never Ready after it.
func TestNullRefused(t *testing.T) {
	for _, sendFirst := range []bool{true, false} {
		for _, reason := range []string{"", "400", strings.Repeat("r", 255)} {
			n := NewNull(Local{Type: typeSUB})
			if sendFirst {
				next(t, n, true)
			}
			var refused *RefusedError
			if err := n.Process(zmtp.AppendError(nil, reason)); !errors.As(err, &refused) || refused.Reason != reason {
				t.Errorf("reason %.8q: %v", reason, err)
			} else if len(err.Error()) > 80 {
				t.Errorf("the peer makes us log %d bytes", len(err.Error()))
			}
			if n.Status() != Refused {
				t.Errorf("status %v", n.Status())
			}
		}
	}
	for _, bad := range []string{"\x05ERROR", "\x05ERROR\x04abc"} {
		n := NewNull(Local{Type: typeSUB})
		protocolError(t, n.Process([]byte(bad)), zmtp.ErrorMalformedCommandError)
		if n.Status() != Refused {
			t.Errorf("status %v", n.Status())
		}
	}
}

// FuzzNull: no command makes it panic, and Ready is reached by one good READY
// only.
func FuzzNull(f *testing.F) {
	f.Add([]byte("\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"))
	f.Add([]byte("\x05READY\x0bSocket-Type\x00\x00\x00\x03REP"))
	f.Add([]byte("\x05ERROR\x03400"))
	f.Add([]byte("\x05HELLO"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n := NewNull(Local{Type: typeSUB})
		n.Next(nil)
		err := n.Process(body)
		p := n.Peer()
		if err == nil && (n.Status() != Ready || !bytes.HasPrefix(body, []byte("\x05READY")) ||
			p.SocketType != "" && p.SocketType != "PUB" && p.SocketType != "XPUB") {
			t.Fatalf("%q: status %v, %+v", body, n.Status(), p)
		}
		if again := n.Process([]byte("\x05READY")); err == nil && again == nil {
			t.Fatal("a second READY was taken")
		}
	})
}
