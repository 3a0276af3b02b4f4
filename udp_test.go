// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// multicasts are groups on the loopback interface. There is no route for IPv6 ones
// there: TestUDPMulticastIPv6.
var multicasts = map[string]string{
	"by interface": "udp://lo;239.7.7.7:%d",
	"by address":   "udp://127.0.0.1;239.7.7.8:%d",
}

// freeUDPPort returns a port that nobody has.
func freeUDPPort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// persist sends to a group until it is received: packets may be lost.
func (w *world) persist(radio, dish *zmq.Socket, group, text string) {
	w.Helper()
	for {
		w.sendGroup(radio, group, text)
		if m, err := dish.TryRecv(); err == nil && string(m.Bytes()) == text && m.Group() == group {
			return
		}
		if w.ctx.Err() != nil {
			w.Fatalf("nothing of group %q arrives", group)
		}
	}
}

// TestUDPUnicast: RADIO sends everything, DISH receives what it has joined (edge
// case 209), with either version of IP.
func TestUDPUnicast(t *testing.T) {
	for _, ep := range []string{"udp://127.0.0.1:*", "udp://[::1]:*", "udp://lo:*"} {
		t.Run(ep, func(t *testing.T) {
			w := newWorld(t)
			dish, at := w.bound(zmq.DISH, ep, zmq.WithIPv6(true))
			w.join(dish, "g", "")
			radio := w.connected(zmq.RADIO, at, zmq.WithIPv6(true))
			w.sendGroup(radio, "none", "not for us")
			w.persist(radio, dish, "g", "hello")
			w.persist(radio, dish, "", "unnamed")
			w.persist(radio, dish, "g", "")
			if err := errors.Join(radio.Disconnect(at), dish.Unbind(at)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUDPMulticast: two members of a group get what is sent to it.
func TestUDPMulticast(t *testing.T) {
	for name, form := range multicasts {
		t.Run(name, func(t *testing.T) {
			w, ep := newWorld(t), fmt.Sprintf(form, freeUDPPort(t))
			one, _ := w.bound(zmq.DISH, ep, zmq.WithIPv6(true))
			two, _ := w.bound(zmq.DISH, ep, zmq.WithIPv6(true))
			w.join(one, "g")
			w.join(two, "g")
			radio := w.connected(zmq.RADIO, ep, zmq.WithIPv6(true), zmq.WithMulticastHops(1))
			w.persist(radio, one, "g", "hello")
			w.persist(radio, two, "g", "hello")
		})
	}
}

// TestUDPPackets: a packet is the length of the group, the group and the body; a
// damaged or too long one is dropped, and so is a message that does not fit (edge
// case 163).
func TestUDPPackets(t *testing.T) {
	w := newWorld(t)
	dish, at := w.bound(zmq.DISH, "udp://127.0.0.1:*")
	w.join(dish, "g")
	c, err := net.Dial("udp", strings.TrimPrefix(at, "udp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, p := range []string{"", "\x02g", "\xffg", "\x01g" + strings.Repeat("x", 8191), "\x01gend"} {
		if _, err := c.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	w.wantOf(dish, "g", "end")

	theirs, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	radio := w.connected(zmq.RADIO, "udp://"+theirs.LocalAddr().String())
	w.sendGroup(radio, "grp", strings.Repeat("x", 8189))
	w.sendGroup(radio, "grp", strings.Repeat("y", 8188))
	w.sendGroup(radio, "", "z")
	b := make([]byte, 10_000)
	for _, want := range []string{"\x03grp" + strings.Repeat("y", 8188), "\x00z"} {
		n, _, err := theirs.ReadFrom(b)
		if err != nil || string(b[:n]) != want {
			t.Fatalf("on the wire are %d bytes %.20q, want %d", n, b[:n], len(want))
		}
	}
}

// TestDgram: a message is an address and a body (edge case 164); the address comes
// with a NUL and goes with or without.
func TestDgram(t *testing.T) {
	for _, ep := range []string{"udp://127.0.0.1:*", "udp://[::1]:*"} {
		t.Run(ep, func(t *testing.T) {
			w := newWorld(t)
			a, toA := w.bound(zmq.DGRAM, ep, zmq.WithIPv6(true))
			b, toB := w.bound(zmq.DGRAM, ep, zmq.WithIPv6(true))
			addrA, addrB := strings.TrimPrefix(toA, "udp://"), strings.TrimPrefix(toB, "udp://")
			w.send(a, addrB, "hello")
			w.want(b, addrA+"\x00", "hello")
			w.send(b, addrA+"\x00", "")
			w.want(a, addrB+"\x00", "")
			big := strings.Repeat("x", 8192)
			w.send(b, addrA, big+"x")
			w.send(b, "nobody", "x")
			w.send(b, addrA, big)
			w.want(a, addrB+"\x00", big)
		})
	}
}

// TestUDPErrorIsNotTheEnd: what the network answers, here that nobody is there, costs
// a packet; with libzmq it ends the endpoint (edge case 162).
func TestUDPErrorIsNotTheEnd(t *testing.T) {
	w := newWorld(t)
	at := fmt.Sprintf("udp://127.0.0.1:%d", freeUDPPort(t))
	radio := w.connected(zmq.RADIO, at)
	a, toA := w.bound(zmq.DGRAM, "udp://127.0.0.1:*")
	for range 20 {
		w.sendGroup(radio, "g", "to nobody")
		w.send(a, strings.TrimPrefix(at, "udp://"), "to nobody")
	}
	dish, _ := w.bound(zmq.DISH, at)
	w.join(dish, "g")
	w.persist(radio, dish, "g", "there is somebody")
	w.send(a, strings.TrimPrefix(toA, "udp://"), "to myself")
	w.want(a, strings.TrimPrefix(toA, "udp://")+"\x00", "to myself")
}

// TestDgramIsTwoParts: anything else is refused, and does not disturb what follows.
func TestDgramIsTwoParts(t *testing.T) {
	w := newWorld(t)
	a, toA := w.bound(zmq.DGRAM, "udp://127.0.0.1:*")
	addr := strings.TrimPrefix(toA, "udp://")
	for _, parts := range [][][]byte{{[]byte(addr)}, {[]byte(addr), []byte("x"), []byte("y")}} {
		if err := a.TrySend(parts...); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("%d parts: %v", len(parts), err)
		}
	}
	w.send(a, addr, "to myself")
	w.want(a, addr+"\x00", "to myself")
}

// TestUDPIsForSome: who may bind and connect udp, and what is no address.
func TestUDPIsForSome(t *testing.T) {
	w := newWorld(t)
	dish, taken := w.bound(zmq.DISH, "udp://127.0.0.1:*")
	_ = dish
	for _, x := range []struct {
		typ  zmq.SocketType
		bind bool
		ep   string
		want error
	}{
		{zmq.RADIO, true, "udp://127.0.0.1:*", zmq.ErrNoCompatProto},
		{zmq.DISH, false, "udp://127.0.0.1:1", zmq.ErrNoCompatProto},
		{zmq.DGRAM, false, "udp://127.0.0.1:1", zmq.ErrNoCompatProto},
		{zmq.PUB, true, "udp://127.0.0.1:*", zmq.ErrNoCompatProto},
		{zmq.SUB, false, "udp://127.0.0.1:1", zmq.ErrNoCompatProto},
		{zmq.DGRAM, true, "tcp://127.0.0.1:*", zmq.ErrNoCompatProto},
		{zmq.DGRAM, true, "inproc://x", zmq.ErrNoCompatProto},
		{zmq.DISH, true, taken, zmq.ErrAddrInUse},
		{zmq.DISH, true, "udp://127.0.0.1", zmq.ErrInvalid},
		{zmq.DISH, true, "udp://127.0.0.1:x", zmq.ErrInvalid},
		{zmq.DISH, true, "udp://nosuchnic:1", zmq.ErrNoDev},
		{zmq.DISH, true, "udp://nosuchnic;239.0.0.1:1", zmq.ErrNoDev},
		{zmq.DISH, true, "udp://lo;127.0.0.1:1", zmq.ErrInvalid},
		{zmq.RADIO, false, "udp://239.0.0.1;239.0.0.1:1", zmq.ErrInvalid},
		{zmq.RADIO, false, "udp://*:1", zmq.ErrInvalid},
		{zmq.RADIO, false, "udp://[::1]:1", zmq.ErrInvalid},
		{zmq.RADIO, false, "udp://[ff02::1]:1", zmq.ErrInvalid},
	} {
		s := w.socket(x.typ)
		call := s.Connect
		if x.bind {
			call = s.Bind
		}
		if err := call(x.ep); !errors.Is(err, x.want) {
			t.Errorf("%v, bind %v, %s: %v, want %v", x.typ, x.bind, x.ep, err, x.want)
		}
	}
	s := w.socket(zmq.RADIO, zmq.WithIPv6(true))
	if err := s.Connect("udp://[ff02::1]:1"); !errors.Is(err, zmq.ErrNoDev) {
		t.Errorf("an IPv6 group without an interface: %v", err)
	}
}

// TestUDPKeepsReadingWhenFull: a DISH whose queue was full receives again when it has
// been read.
func TestUDPKeepsReadingWhenFull(t *testing.T) {
	w := newWorld(t)
	dish, at := w.bound(zmq.DISH, "udp://127.0.0.1:*", zmq.WithRecvHWM(1))
	w.join(dish, "g")
	radio := w.connected(zmq.RADIO, at)
	for range 100 {
		w.sendGroup(radio, "g", "flood")
	}
	for range 10 {
		w.wantOf(dish, "g", "flood")
	}
	for {
		w.sendGroup(radio, "g", "end")
		if m, err := dish.TryRecv(); err == nil && string(m.Bytes()) == "end" {
			return
		}
		if w.ctx.Err() != nil {
			t.Fatal("nothing is received any more")
		}
	}
}
