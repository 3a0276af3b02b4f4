// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// gather receives from a STREAM what comes from one connection until it is size
// bytes; raw bytes come in pieces of any length.
func gather(t *testing.T, e end, id []byte, size int) []byte {
	t.Helper()
	var got []byte
	for len(got) < size {
		m := e.recv()
		if len(m) != 2 || !bytes.Equal(m[0], id) || len(m[1]) == 0 {
			t.Fatalf("received %d frames from %x", len(m), m[0])
		}
		got = append(got, m[1]...)
	}
	return got
}

// arrival receives the message that tells of a connection and returns its name.
func arrival(t *testing.T, e end) []byte {
	t.Helper()
	m := e.recv()
	if len(m) != 2 || len(m[0]) == 0 || len(m[1]) != 0 {
		t.Fatalf("received %q, want a name and an empty frame", m)
	}
	return m[0]
}

// TestStreamAndTCP: a STREAM socket and a plain TCP connection exchange bytes;
// the end of the connection shows on both, whoever makes it.
func TestStreamAndTCP(t *testing.T) {
	for i := range sides[:2] {
		d := &sides[i]
		for _, weEnd := range []bool{true, false} {
			name := d.name + ", they end"
			if weEnd {
				name = d.name + ", we end"
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				their := newPeer(w).openRaw()
				stream := w.open(zmq.STREAM)
				d.join(t, stream, their)
				id := arrival(t, stream)
				for _, n := range sizes[1:] {
					their.send(pattern(n))
					if !bytes.Equal(gather(t, stream, id, n), pattern(n)) {
						t.Fatalf("%d bytes arrived damaged", n)
					}
					stream.send(id, pattern(n))
					if !bytes.Equal(their.recvBytes(n), pattern(n)) {
						t.Fatalf("%d bytes arrived damaged at their end", n)
					}
				}
				if weEnd {
					stream.send(id, empty)
					if rest := their.recvBytes(1); len(rest) != 0 {
						t.Fatalf("they received %q, want the end", rest)
					}
					return
				}
				their.close()
				want(t, stream, id, empty)
			})
		}
	}
}

// TestStreamAndStream: two STREAM sockets, one of each library.
func TestStreamAndStream(t *testing.T) {
	for i := range sides[:2] {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			our, their := w.open(zmq.STREAM), newPeer(w).open(zmq.STREAM, nil)
			d.join(t, our, their)
			ourID, theirID := arrival(t, our), arrival(t, their)
			for _, n := range sizes[1:5] {
				our.send(ourID, pattern(n))
				if !bytes.Equal(gather(t, their, theirID, n), pattern(n)) {
					t.Fatalf("%d bytes arrived damaged at their end", n)
				}
				their.send(theirID, pattern(n))
				if !bytes.Equal(gather(t, our, ourID, n), pattern(n)) {
					t.Fatalf("%d bytes arrived damaged", n)
				}
			}
		})
	}
}
