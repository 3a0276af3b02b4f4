// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// wire is a peer made of nothing but a connection: what it says and what it
// expects is written out.
type wire struct {
	t *testing.T
	net.Conn
	r *bufio.Reader // of Conn
	v *dialect
}

func newWire(t *testing.T, c net.Conn, v *dialect) *wire {
	return &wire{t, c, bufio.NewReader(c), v}
}

// say sends bytes. That the other end has hung up is for who hears to find.
func (c *wire) say(s string) {
	c.t.Helper()
	_, err := io.WriteString(c, s)
	if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		c.t.Fatal(err)
	}
}

// hear receives exactly these bytes.
func (c *wire) hear(s string) {
	c.t.Helper()
	b := make([]byte, len(s))
	n, err := io.ReadFull(c.r, b)
	if err != nil || string(b) != s {
		c.t.Fatalf("on the wire came %.80q (%v), want %.80q", b[:n], err, s)
	}
}

// arrives waits a moment and reports whether there is something to hear.
func (c *wire) arrives() bool {
	c.t.Helper()
	until := func(d time.Duration) {
		if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
			c.t.Fatal(err)
		}
	}
	until(moment)
	defer until(patience)
	_, err := c.r.Peek(1)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal(err)
	}
	return err == nil
}

// dialect is one version of ZMTP.
type dialect struct {
	name string
	// greet exchanges greetings, from the peer's side.
	greet func(c *wire, our, peer zmq.SocketType)
	frame func(more bool, body string) string
}

var dialects = []dialect{
	{"ZMTP 1.0", greetV1, frameV1},
	{"ZMTP 2.0", greetV2, frameV2},
	{"ZMTP 3.0", greetV3, frameV2},
}

const signature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"

// greetV1: an empty identity from either side; ours is the signature.
func greetV1(c *wire, _, _ zmq.SocketType) {
	c.t.Helper()
	c.hear(signature)
	c.say("\x01\x00")
}

func greetV2(c *wire, our, peer zmq.SocketType) {
	c.t.Helper()
	c.hear(signature)
	c.say(signature)
	c.hear("\x03")
	c.say("\x01" + string(rune(peer)))
	c.hear(string(rune(our)))
	c.say("\x00\x00")
	c.hear("\x00\x00")
}

func greetV3(c *wire, our, peer zmq.SocketType) {
	c.t.Helper()
	null := "NULL" + strings.Repeat("\x00", 16+1+31)
	c.hear(signature)
	c.say(signature)
	c.hear("\x03")
	c.say("\x03\x00" + null)
	c.hear("\x01" + null)
	c.say(ready(peer))
	c.hear(ready(our))
}

// ready is the READY command of a socket without an identity.
func ready(typ zmq.SocketType) string {
	name := typ.String()
	s := "\x05READY" + "\x0bSocket-Type\x00\x00\x00" + string(rune(len(name))) + name
	switch typ {
	case zmq.REQ, zmq.DEALER, zmq.ROUTER:
		s += "\x08Identity\x00\x00\x00\x00"
	}
	return "\x04" + string(rune(len(s))) + s
}

func frameV1(more bool, body string) string {
	flags := "\x00"
	if more {
		flags = "\x01"
	}
	if len(body) < 254 {
		return string([]byte{byte(len(body) + 1)}) + flags + body
	}
	return "\xff" + size8(len(body)+1) + flags + body
}

func frameV2(more bool, body string) string {
	var flags byte
	if more {
		flags = 1
	}
	if len(body) <= 255 {
		return string([]byte{flags, byte(len(body))}) + body
	}
	return string([]byte{flags | 2}) + size8(len(body)) + body
}

func size8(n int) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// message is frames on the wire.
func (c *wire) message(frames ...string) string {
	var s string
	for i, f := range frames {
		s += c.v.frame(i < len(frames)-1, f)
	}
	return s
}

// dialogues are what goes on between a socket of ours and a peer by hand.
var dialogues = []struct {
	our, peer zmq.SocketType
	talk      func(c *wire, our *ours)
}{
	{zmq.PULL, zmq.PUSH, handPush},
	{zmq.PUSH, zmq.PULL, handPull},
	{zmq.PUB, zmq.SUB, handSub},
	{zmq.SUB, zmq.PUB, handPub},
	{zmq.REQ, zmq.REP, handRep},
}

// handMessages have the lengths around which the forms of frames differ.
func handMessages() [][]string {
	all := [][]string{{"", "two", ""}}
	for _, n := range []int{0, 1, 252, 253, 254, 255, 256, 65536} {
		all = append(all, []string{string(pattern(n))})
	}
	return all
}

func frames(m []string) [][]byte {
	var fs [][]byte
	for _, f := range m {
		fs = append(fs, []byte(f))
	}
	return fs
}

func handPush(c *wire, our *ours) {
	for _, m := range handMessages() {
		c.say(c.message(m...))
		want(c.t, our, frames(m)...)
	}
	// Byte by byte, and many at once.
	for _, b := range []byte(c.message("byte", "by", "byte")) {
		c.say(string([]byte{b}))
	}
	want(c.t, our, frames([]string{"byte", "by", "byte"})...)
	c.say(strings.Repeat(c.message("many", "at once"), 100))
	for range 100 {
		want(c.t, our, frames([]string{"many", "at once"})...)
	}
}

func handPull(c *wire, our *ours) {
	for _, m := range handMessages() {
		our.send(frames(m)...)
		c.hear(c.message(m...))
	}
}

func handRep(c *wire, our *ours) {
	for _, m := range handMessages() {
		our.send(frames(m)...)
		c.hear(c.message(append([]string{""}, m...)...))
		c.say(c.message(append([]string{""}, m...)...))
		want(c.t, our, frames(m)...)
	}
}

// handSub subscribes as all versions before 3.1 did, with a message; to a peer of
// ZMTP 1.0, which cannot, everything is published anyway.
func handSub(c *wire, our *ours) {
	if c.v.name == "ZMTP 1.0" {
		c.settle(our, "anything")
		return
	}
	long := strings.Repeat("t", 255)
	c.say(c.message("\x01A") + c.message("\x01"+long))
	c.settle(our, long)
	our.send([]byte("B"))
	our.send([]byte("A"), []byte("part"))
	c.hear(c.message("A", "part"))
	c.say(c.message("\x00A") + c.message("\x01C"))
	c.settle(our, "C")
	our.send([]byte("A"))
	our.send([]byte("C"))
	c.hear(c.message("C"))
}

// settle publishes a topic until it comes through, and hears all of that.
func (c *wire) settle(our *ours, topic string) {
	c.t.Helper()
	our.send([]byte(topic))
	for !c.arrives() {
		our.send([]byte(topic))
	}
	our.send([]byte(topic), []byte("end"))
	again, last := c.v.frame(false, topic), c.v.frame(true, topic)
	for {
		b := make([]byte, len(again))
		if _, err := io.ReadFull(c.r, b); err != nil {
			c.t.Fatal(err)
		}
		switch string(b) {
		case again:
		case last:
			c.hear(c.v.frame(false, "end"))
			return
		default:
			c.t.Fatalf("on the wire came %.80q", b)
		}
	}
}

func handPub(c *wire, our *ours) {
	our.subscribe("A")
	c.hear(c.message("\x01A"))
	long := strings.Repeat("t", 255)
	our.subscribe(long)
	c.hear(c.message("\x01" + long))
	c.say(c.message("B") + c.message("A", "B") + c.message(long+"t"))
	want(c.t, our, []byte("A"), []byte("B"))
	want(c.t, our, []byte(long+"t"))
	our.unsubscribe("A")
	c.hear(c.message("\x00A"))
	c.say(c.message("A") + c.message(long))
	want(c.t, our, []byte(long))
}

// TestOldVersions: peers that speak ZMTP 1.0, 2.0 and 3.0, written out byte by
// byte, on connections made by either side.
func TestOldVersions(t *testing.T) {
	for i := range dialects {
		v := &dialects[i]
		for _, weBind := range []bool{true, false} {
			for _, d := range dialogues {
				name := v.name + "/we connect "
				if weBind {
					name = v.name + "/we bind "
				}
				t.Run(name+d.our.String(), func(t *testing.T) {
					w := newWorld(t)
					our := w.open(d.our)
					c := newWire(t, wired(w, our, weBind), v)
					v.greet(c, d.our, d.peer)
					d.talk(c, our)
				})
			}
		}
	}
}

// wired makes the connection, which ends with the test.
func wired(w *world, our *ours, weBind bool) net.Conn {
	w.Helper()
	var c net.Conn
	var err error
	if weBind {
		c, err = net.Dial("tcp", strings.TrimPrefix(our.bind("tcp://127.0.0.1:*"), "tcp://"))
	} else {
		var l net.Listener
		l, err = net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			defer l.Close()
			our.connect("tcp://" + l.Addr().String())
			c, err = l.Accept()
		}
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		w.Fatal(err)
	}
	return c
}

// TestSendAndClose: a peer that closes behind its last byte is heard to the end,
// and its end is noticed, even where both arrive at once.
func TestSendAndClose(t *testing.T) {
	w := newWorld(t)
	pull := w.open(zmq.PULL)
	events := pull.events(zmq.EventDisconnected)
	endpoint := strings.TrimPrefix(pull.bind("tcp://127.0.0.1:*"), "tcp://")
	for n := range 200 {
		conn, err := net.Dial("tcp", endpoint)
		if err != nil {
			t.Fatal(err)
		}
		c := newWire(t, conn, &dialects[2])
		c.v.greet(c, zmq.PULL, zmq.PUSH)
		c.say(c.message("last", "words"))
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		want(t, pull, []byte("last"), []byte("words"))
		if ev := events.wait(zmq.EventDisconnected); !errors.Is(ev.Err, syscall.EPIPE) {
			t.Fatalf("connection %d ended because of %v", n, ev.Err)
		}
	}
}
