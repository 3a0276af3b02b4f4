// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// Rules that show with a peer by hand, or between sockets of one make: the same is
// done to ours and to libzmq's, and the same is expected, but for what
// docs/differences.md lists.

// TestAlike: each rule, beside libzmq.
func TestAlike(t *testing.T) { runRules(t, allAlikes(), true) }

func allAlikes() []rule {
	return slices.Concat(alikeGreeting, alikeFrames, alikeBeats, alikeEnds, alikeNames, alikeInside, alikeDrafts)
}

// hand is a peer by hand of the centre: on each connection that there is between
// them what is said is written out.
type hand struct {
	c        *contest
	l        listener // nil: the centre is bound
	endpoint string
}

// listener is a plain one, of either wire.
type listener interface {
	net.Listener
	SetDeadline(time.Time) error
}

// hand binds the centre, or listens and connects it.
func (c *contest) hand(s subject) *hand {
	c.Helper()
	if c.binds() {
		return &hand{c: c, endpoint: s.bind(c.d.endpoint(c.T))}
	}
	h := c.listens()
	s.connect(h.endpoint)
	return h
}

// listens is where nobody has connected yet.
func (c *contest) listens() *hand {
	c.Helper()
	network, scheme, address := "tcp", "tcp://", "127.0.0.1:0"
	if c.ipc() {
		network, scheme, address = "unix", "ipc://", filepath.Join(c.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = l.Close() })
	return &hand{c, l.(listener), scheme + l.Addr().String()}
}

// next is the next connection.
func (h *hand) next() *wire {
	h.c.Helper()
	var conn net.Conn
	var err error
	network, address, _ := strings.Cut(h.endpoint, "://")
	switch {
	case h.l != nil:
		_ = h.l.SetDeadline(time.Now().Add(patience))
		conn, err = h.l.Accept()
	case network == "ipc":
		conn, err = net.Dial("unix", address)
	default:
		conn, err = net.Dial(network, address)
	}
	if err != nil {
		h.c.Fatal(err)
	}
	return h.c.wired(conn)
}

func (c *contest) wired(conn net.Conn) *wire {
	c.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return newWire(c.T, conn, &dialects[2])
}

// nobody checks that nobody connects for a moment. One that is bound never does.
func (h *hand) nobody() {
	h.c.Helper()
	if h.l == nil {
		return
	}
	_ = h.l.SetDeadline(time.Now().Add(moment))
	if conn, err := h.l.Accept(); err == nil {
		_ = conn.Close()
		h.c.Error("it connects again")
	}
}

// quiet checks that nothing comes for a moment.
func (c *wire) quiet() {
	c.t.Helper()
	if c.arrives() {
		b := make([]byte, c.r.Buffered())
		_, _ = io.ReadFull(c.r, b)
		c.t.Errorf("on the wire came %.80q, want nothing", b)
	}
}

// arrivesFrom waits until something comes from a socket, and calls it meanwhile: a
// libzmq socket that is bound does only then what is to be done.
func (c *wire) arrivesFrom(e end) {
	c.t.Helper()
	for !c.arrives() {
		if m := e.tryRecv(); m != nil {
			c.t.Fatalf("received %.80q", m)
		}
	}
}

// take receives so many bytes, whatever they are.
func (c *wire) take(n int) string {
	c.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(c.r, b); err != nil {
		c.t.Fatalf("on the wire: %v", err)
	}
	return string(b)
}

// ends checks that the connection ends.
func (c *wire) ends() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.r); errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal("the connection does not end")
	}
}

// greeting is that of ZMTP, of a mechanism.
func greeting(major, minor byte, mechanism string) string {
	return signature + string([]byte{major, minor}) + mechanism + strings.Repeat("\x00", 52-len(mechanism))
}

// command is a short command frame, property one of its properties.
func command(name, body string) string {
	return "\x04" + string([]byte{byte(1 + len(name) + len(body)), byte(len(name))}) + name + body
}

func property(name, value string) string {
	return string([]byte{byte(len(name))}) + name + size8(len(value))[4:] + value
}

// shake goes through the handshake as a socket of a type, with ZMTP 3.1.
func (c *wire) shake(typ zmq.SocketType) *wire {
	c.t.Helper()
	return c.shakeAs(1, ready(typ))
}

// shakeAs is the same with a minor version and a READY, or what is sent for it.
func (c *wire) shakeAs(minor byte, ready string) *wire {
	c.t.Helper()
	c.say(greeting(3, minor, "NULL") + ready)
	c.take(64)
	c.take(int(c.take(2)[1]))
	return c
}
