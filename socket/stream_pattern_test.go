// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

func TestStreamNamesConnections(t *testing.T) {
	r := newRig(t, option.Stream)
	a := r.accept("")
	id := string(a.p.RoutingID)
	if len(id) != 5 || id[0] != 0 {
		t.Fatalf("name %q, want 0x00 and 4 bytes (edge case 174)", id)
	}
	// ROUTING_ID returns the last name (edge case 211).
	if got := string(r.b.opts.RoutingID); got != id {
		t.Errorf("ROUTING_ID %q, want %q", got, id)
	}
	a.put("") // the raw engine's notification
	a.put("bytes")
	r.wantRecv(id, "")
	r.wantRecv(id, "bytes")
	r.wantNoRecv(errno.EAGAIN)
	r.wantSend(errno.OK, id, "answer")
	a.want("answer")
	r.wantSend(errno.OK, id)
	a.want()
}

// A connection has its name before it is made, and keeps it (edge case 212).
func TestStreamNamesConnectionAtOnce(t *testing.T) {
	r := newRig(t, option.Stream)
	a := r.dial("")
	id := string(a.p.RoutingID)
	r.wantSend(errno.OK, id, "early")
	a.want("early")
	a.identify("")
	a.identify("")
	a.put("1")
	r.wantRecv(id, "1")
}

func TestStreamConnectRoutingID(t *testing.T) {
	r := newRig(t, option.Stream)
	r.b.opts.RoutingID = []byte("before")
	a := r.dial("mine")
	r.wantSend(errno.OK, "mine", "1")
	a.want("1")
	if got := string(r.b.opts.RoutingID); got != "before" {
		t.Errorf("ROUTING_ID %q, want it untouched", got)
	}
	b := r.dial("mine")
	r.wantSend(errno.OK, "mine", "2")
	a.want("2")
	r.wantSend(errno.OK, string(b.p.RoutingID), "3")
	b.want("3")
}

// Unknown names and full connections are reported (edge case 211).
func TestStreamUnroutable(t *testing.T) {
	r := newRig(t, option.Stream, hwm(1))
	r.wantOut(true)
	r.wantSend(errno.EHOSTUNREACH, "nobody", "1")
	a := r.accept("")
	id := string(a.p.RoutingID)
	r.wantOut(true)
	r.wantSend(errno.OK, id, "1")
	r.wantOut(true)
	r.wantSend(errno.EAGAIN, id, "2")
	a.want("1")
	a.hangUp()
	r.wantSend(errno.EHOSTUNREACH, id, "3")
}

// An empty part closes the connection behind what was sent (edge case 211).
func TestStreamEmptyPartCloses(t *testing.T) {
	for _, parts := range [][]string{{"2", ""}, {"2", "", "3"}} {
		r := newRig(t, option.Stream)
		a := r.accept("")
		id := string(a.p.RoutingID)
		r.wantSend(errno.OK, id, "1")
		r.wantSend(errno.OK, append([]string{id}, parts...)...)
		a.wantGone(true)
		r.wantSend(errno.EHOSTUNREACH, id, "4")
		a.want("1", "2|")
		if !a.q.EOF() {
			t.Error("the connection was not closed")
		}
	}
}

// All parts behind the name are bytes for the same connection.
func TestStreamSendsAllParts(t *testing.T) {
	r := newRig(t, option.Stream)
	a, b := r.accept(""), r.accept("")
	r.wantSend(errno.OK, string(a.p.RoutingID), "1", "2")
	r.wantSend(errno.OK, string(b.p.RoutingID), "3")
	a.want("1|2")
	b.want("3")
}

func TestStreamDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Stream)
	a := r.accept("")
	l, data, id := lean{r: r}, make([]byte, 64), a.p.RoutingID
	wantNoAlloc(t, func() {
		l.send(id, true)
		l.send(data, false)
		l.take(a)
		l.put(a, data, false)
		l.recv(2)
	})
}
