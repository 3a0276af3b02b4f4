// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"encoding/binary"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

func mandatory(o *option.Options) { o.RouterMandatory = true }
func handover(o *option.Options)  { o.RouterHandover = true }

func TestRouterNamesSenderAndReceiver(t *testing.T) {
	r := newRig(t, option.Router)
	a, b := r.accept("a"), r.accept("\x00b") // libzmq takes this one too
	a.put("1", "", "2")
	b.put("3")
	r.wantIn(true)
	r.wantRecv("a", "1", "", "2")
	r.wantRecv("\x00b", "3")
	r.wantIn(false)
	r.wantNoRecv(errno.EAGAIN)
	r.wantSend(errno.OK, "\x00b", "4", "5")
	r.wantSend(errno.OK, "a", "")
	a.want("")
	b.want("4|5")
}

// A peer without identity gets 0x00 and a counter (edge case 174).
func TestRouterMakesNamesUp(t *testing.T) {
	r := newRig(t, option.Router)
	var last uint32
	for i := range 3 {
		f := r.accept("")
		f.put("hello")
		got, _ := r.recv()
		id := got[0]
		if len(id) != 5 || id[0] != 0 {
			t.Fatalf("name %q, want 0x00 and 4 bytes", id)
		}
		n := binary.BigEndian.Uint32([]byte(id[1:]))
		if i > 0 && n != last+1 {
			t.Errorf("counter %d after %d", n, last)
		}
		last = n
		r.wantSend(errno.OK, id, "hello")
		f.want("hello")
	}
	if newRig(t, option.Router).pat.(*router).auto == newRig(t, option.Router).pat.(*router).auto {
		t.Error("two sockets begin with the same counter")
	}
}

// A peer may have chosen a name like the made-up ones.
func TestRouterMakesUpFreeNames(t *testing.T) {
	r := newRig(t, option.Router)
	next := make([]byte, 5)
	binary.BigEndian.PutUint32(next[1:], r.pat.(*router).auto+1)
	r.accept(string(next))
	f := r.accept("")
	r.wantSend(errno.OK, string(f.p.RoutingID), "1")
	f.want("1")
}

// A peer that the socket connects to is neither read nor written before its
// identity is known.
func TestRouterWaitsForIdentity(t *testing.T) {
	r := newRig(t, option.Router, mandatory)
	f := r.dial("")
	r.wantOut(false)
	f.put("1")
	r.wantNoRecv(errno.EAGAIN)
	f.identify("x")
	r.wantRecv("x", "1")
	r.wantSend(errno.OK, "x", "2")
	f.want("2")
	// The name stays, whatever comes after a reconnect (edge case 177).
	f.identify("y")
	r.wantSend(errno.EHOSTUNREACH, "y", "3")
	r.wantSend(errno.OK, "x", "3")

	g := r.dial("")
	g.identify("")
	r.wantSend(errno.OK, string(g.p.RoutingID), "4")
	g.want("4")

	h := r.dial("")
	h.hangUp()
	h.wantGone(true)
}

// CONNECT_ROUTING_ID is used at once, and stays (edge case 180).
func TestRouterConnectRoutingID(t *testing.T) {
	r := newRig(t, option.Router, mandatory)
	f := r.dial("mine")
	r.wantSend(errno.OK, "mine", "1")
	f.want("1")
	f.identify("theirs")
	f.put("2")
	r.wantRecv("mine", "2")
	r.wantSend(errno.EHOSTUNREACH, "theirs", "3")
}

// A second peer with the same identity is not read (edge case 175), but gets
// its turn when the first has left.
func TestRouterDuplicateWaits(t *testing.T) {
	r := newRig(t, option.Router)
	a := r.accept("x")
	b, c, d := r.accept("x"), r.accept("x"), r.dial("")
	d.identify("x")
	for _, f := range []*far{b, c, d} {
		f.put("waiting")
	}
	r.wantNoRecv(errno.EAGAIN)
	r.wantSend(errno.OK, "x", "1")
	a.want("1")
	b.want()
	b.hangUp()
	b.wantGone(true)
	a.put("last words")
	a.hangUp()
	r.wantSend(errno.OK, "x", "2")
	c.want("2")
	got := map[string]int{}
	for range 2 {
		m, _ := r.recv()
		got[m[0]+" "+m[1]]++
	}
	if got["x last words"] != 1 || got["x waiting"] != 1 {
		t.Errorf("received %v", got)
	}
	a.wantGone(false)
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
	// d reconnects under another identity.
	d.identify("y")
	r.wantRecv("y", "waiting")
	c.hangUp()
	r.wantSend(errno.OK, "x", "3")
	d.want()
	if n := len(r.pat.(*router).queue); n != 0 {
		t.Errorf("%d identities are waited for, want none", n)
	}
}

// With ROUTER_HANDOVER the newcomer gets the name; the old peer is read to its
// end under another (edge case 176).
func TestRouterHandover(t *testing.T) {
	r := newRig(t, option.Router, handover, mandatory)
	a := r.accept("x")
	a.put("1", "2")
	a.put("3")
	b := r.accept("x")
	b.put("4")
	r.wantSend(errno.OK, "x", "5")
	b.want("5")
	a.want()
	if !a.q.EOF() {
		t.Fatal("the old peer's connection is not ended")
	}
	a.hangUp()
	old := string(a.p.RoutingID)
	if len(old) != 5 || old[0] != 0 {
		t.Fatalf("old peer's new name %q, want a made-up one", old)
	}
	r.wantSend(errno.EHOSTUNREACH, old, "6")
	r.wantRecv(old, "1", "2")
	r.wantRecv("x", "4")
	r.wantRecv(old, "3")
	a.wantGone(false)
	r.wantNoRecv(errno.EAGAIN)
	a.wantGone(true)
	r.wantSend(errno.OK, "x", "7")
	b.want("7")
}

// Unknown and full peers lose the message without ROUTER_MANDATORY; with it,
// the name is refused (edge cases 102, 178).
func TestRouterUnroutable(t *testing.T) {
	r := newRig(t, option.Router, hwm(1))
	a := r.accept("a")
	r.wantSend(errno.OK, "nobody", "1", "2")
	r.wantSend(errno.OK, "a", "1")
	r.wantSend(errno.OK, "a", "dropped", "2")
	a.want("1")

	r.b.opts.RouterMandatory = true
	r.wantSend(errno.EHOSTUNREACH, "nobody", "1", "2")
	r.wantSend(errno.OK, "a", "1")
	r.wantSend(errno.EAGAIN, "a", "2", "3")
	a.want("1")
	r.wantSend(errno.OK, "a", "2", "3")
	a.want("2|3")
	a.q.CloseRead() // not told yet
	r.wantSend(errno.EHOSTUNREACH, "a", "4")
	a.hangUp()
	r.wantSend(errno.EHOSTUNREACH, "a", "5")
}

// An identity alone is no message (edge case 178).
func TestRouterIgnoresBareIdentity(t *testing.T) {
	r := newRig(t, option.Router, mandatory)
	a := r.accept("a")
	r.wantSend(errno.OK, "a")
	r.wantSend(errno.OK, "nobody")
	r.wantSend(errno.OK, "a", "1")
	a.want("1")
}

// With ROUTER_MANDATORY there must be room at one peer (edge case 179).
func TestRouterHasOut(t *testing.T) {
	r := newRig(t, option.Router, hwm(1))
	r.wantOut(true)
	r.b.opts.RouterMandatory = true
	r.wantOut(false)
	r.accept("a")
	r.wantSend(errno.OK, "a", "1")
	r.wantOut(false)
	r.accept("b")
	r.wantOut(true)
}

// A message whose receiver goes away is taken back; the rest is dropped.
func TestRouterRollsBackWhenPeerGoes(t *testing.T) {
	for _, told := range []bool{false, true} {
		r := newRig(t, option.Router)
		a := r.accept("a")
		for i, s := range []string{"a", "1", "2"} {
			f := part(s, i < 2)
			if e := r.pat.send(&f); e != errno.OK {
				t.Fatalf("part %q: %v", s, e)
			}
			if i == 1 {
				a.q.CloseRead()
				if told {
					a.hangUp()
				}
			}
		}
		a.want()
		b := r.accept("b")
		r.wantSend(errno.OK, "b", "3")
		b.want("3")
	}
}

// A pipe that is dropped within a message leaves no half state behind.
func TestRouterForgetsHalfReadMessage(t *testing.T) {
	r := newRig(t, option.Router)
	a, b := r.accept("a"), r.accept("b")
	a.put("1", "2")
	r.hear()
	var f msg.Part
	if e := r.pat.recv(&f); e != errno.OK || string(f.Data) != "a" {
		t.Fatalf("recv: %q, %v", f.Data, e)
	}
	r.letGo(a.p)
	b.put("3")
	r.wantRecv("b", "3")
}

// ROUTER_RAW: bytes under a made-up name; an empty part closes.
func TestRouterRaw(t *testing.T) {
	r := newRig(t, option.Router, func(o *option.Options) { o.RouterRaw = true })
	a := r.dial("")
	id := string(a.p.RoutingID)
	if len(id) != 5 || id[0] != 0 {
		t.Fatalf("name %q, want a made-up one", id)
	}
	a.identify("")
	a.put("bytes")
	r.wantRecv(id, "bytes")
	r.wantSend(errno.OK, id, "answer")
	r.wantSend(errno.OK, id, "")
	a.wantGone(true)
	a.want("answer")
	if !a.q.EOF() {
		t.Error("the connection was not closed")
	}
}

func TestRouterDoesNotAllocate(t *testing.T) {
	r := newRig(t, option.Router)
	l, a, data, id := lean{r: r}, r.accept("identity"), make([]byte, 64), []byte("identity")
	wantNoAlloc(t, func() {
		l.send(id, true)
		l.send(data, false)
		l.take(a)
		l.put(a, data, false)
		l.recv(2)
	})
}
