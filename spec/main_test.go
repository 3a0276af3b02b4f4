// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience bounds every wait of these tests; none of them depends on its length.
const patience = 60 * time.Second

// moment is how long a test waits for what must not come.
const moment = 20 * time.Millisecond

// world is a context with sockets that are closed, and waited for, when the test
// ends.
type world struct {
	*testing.T
	zc    *zmq.Context
	ctx   context.Context
	names int    // inproc names that were given out
	wire  string // what peers by hand speak over: tcp, or ipc
}

func newWorld(t *testing.T) *world {
	t.Helper()
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		defer cancel()
		end, done := context.WithTimeout(context.Background(), patience)
		defer done()
		if err := zc.Term(end); err != nil {
			t.Errorf("the context does not end: %v", err)
		}
	})
	return &world{T: t, zc: zc, ctx: ctx, wire: "tcp"}
}

// socket makes a socket that is closed at the end, without lingering.
func (w *world) socket(typ zmq.SocketType, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s, err := w.zc.NewSocket(typ, opts...)
	w.must(err)
	w.Cleanup(func() {
		_ = s.Set(zmq.WithLinger(0))
		_ = s.Close()
	})
	return s
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// bound makes a bound socket and returns it with the endpoint to connect to.
func (w *world) bound(typ zmq.SocketType, endpoint string, opts ...zmq.Option) (*zmq.Socket, string) {
	w.Helper()
	s := w.socket(typ, opts...)
	w.must(s.Bind(endpoint))
	return s, s.LastEndpoint()
}

func (w *world) connected(typ zmq.SocketType, endpoint string, opts ...zmq.Option) *zmq.Socket {
	w.Helper()
	s := w.socket(typ, opts...)
	w.must(s.Connect(endpoint))
	return s
}

func (w *world) send(s *zmq.Socket, frames ...string) {
	w.Helper()
	var fs [][]byte
	for _, f := range frames {
		fs = append(fs, []byte(f))
	}
	w.must(s.Send(w.ctx, fs...))
}

// want receives and compares.
func (w *world) want(s *zmq.Socket, frames ...string) {
	w.Helper()
	m, err := s.Recv(w.ctx)
	w.must(err)
	var got []string
	for _, f := range m.Frames() {
		got = append(got, string(f))
	}
	if !slices.Equal(got, frames) {
		w.Fatalf("%v received %q, want %q", s.Type(), got, frames)
	}
}

// wantError compares errors.
func (w *world) wantError(what string, got, want error) {
	w.Helper()
	if !errors.Is(got, want) {
		w.Errorf("%s: %v, want %v", what, got, want)
	}
}

// peers returns how many queues a socket has.
func (w *world) peers(s *zmq.Socket) int {
	w.Helper()
	st, err := s.Stats(w.ctx)
	w.must(err)
	return len(st.Peers)
}

// transports are those that rules are shown on.
var transports = map[string]string{"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*", "inproc": "inproc://spec"}

// onEach runs a test on each transport.
func onEach(t *testing.T, f func(w *world, endpoint string)) {
	for name, ep := range transports {
		t.Run(name, func(t *testing.T) { f(newWorld(t), ep) })
	}
}

// wires are the transports on which there is a wire.
var wires = []string{"tcp", "ipc"}

// newWorldOn is newWorld where what is said on one of the wires is of matter.
func newWorldOn(t *testing.T, wire string) *world {
	t.Helper()
	w := newWorld(t)
	w.wire = wire
	return w
}

// onEachWire runs a test of what is said on the wire over each transport that has
// one.
func onEachWire(t *testing.T, f func(w *world)) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) { f(newWorldOn(t, wire)) })
	}
}

// any is an endpoint to bind on the wire.
func (w *world) any() string { return transports[w.wire] }

// peer is one end of a connection that speaks ZMTP by hand.
type peer struct {
	*testing.T
	net.Conn
}

const signature = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"

// greeting is a whole one of the mechanism NULL.
func greeting(major, minor byte) string {
	return signature + string([]byte{major, minor}) + "NULL" + strings.Repeat("\x00", 48)
}

// command is a short command frame, property one of its properties.
func command(name, body string) string {
	return "\x04" + string([]byte{byte(1 + len(name) + len(body)), byte(len(name))}) + name + body
}

func property(name, value string) string {
	return string([]byte{byte(len(name))}) + name + "\x00\x00\x00" + string([]byte{byte(len(value))}) + value
}

func ready(typ string) string { return command("READY", property("Socket-Type", typ)) }

// dial connects to a bound socket, answer waits for one that connects.
func (w *world) dial(endpoint string) *peer {
	w.Helper()
	network, address := "tcp", strings.TrimPrefix(endpoint, "tcp://")
	if path, ok := strings.CutPrefix(endpoint, "ipc://"); ok {
		network, address = "unix", path
	}
	c, err := net.Dial(network, address)
	w.must(err)
	return w.peer(c)
}

func (w *world) peer(c net.Conn) *peer {
	w.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &peer{w.T, c}
}

// listener is a plain one, of either wire.
type listener interface {
	net.Listener
	SetDeadline(time.Time) error
}

func (w *world) listen() (listener, string) {
	w.Helper()
	network, address := "tcp", "127.0.0.1:0"
	if w.wire == "ipc" {
		network, address = "unix", filepath.Join(w.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	w.must(err)
	w.Cleanup(func() { _ = l.Close() })
	return l.(listener), w.wire + "://" + l.Addr().String()
}

func (w *world) accept(l listener) *peer {
	w.Helper()
	c, err := l.Accept()
	w.must(err)
	return w.peer(c)
}

// onBothEnds runs a test on a socket that is bound and on one that connects, with
// the connection that it then has, over each wire.
func onBothEnds(t *testing.T, typ zmq.SocketType, f func(w *world, s *zmq.Socket, p *peer), opts ...zmq.Option) {
	t.Run("bound", func(t *testing.T) {
		onEachWire(t, func(w *world) {
			s, ep := w.bound(typ, w.any(), opts...)
			f(w, s, w.dial(ep))
		})
	})
	t.Run("connecting", func(t *testing.T) {
		onEachWire(t, func(w *world) {
			l, ep := w.listen()
			s := w.connected(typ, ep, opts...)
			f(w, s, w.accept(l))
		})
	})
}

// nobody checks that nobody connects for a moment.
func (w *world) nobody(l listener) {
	w.Helper()
	w.must(l.SetDeadline(time.Now().Add(moment)))
	if c, err := l.Accept(); err == nil {
		_ = c.Close()
		w.Error("it connects again")
	}
}

// say writes. That the other end has hung up is for who reads to find, as over tcp.
func (p *peer) say(s string) {
	p.Helper()
	if _, err := io.WriteString(p, s); err != nil && !errors.Is(err, syscall.EPIPE) {
		p.Fatal(err)
	}
}

func (p *peer) hear(n int) string {
	p.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(p, b); err != nil {
		p.Fatalf("on the wire: %v", err)
	}
	return string(b)
}

func (p *peer) want(s string) {
	p.Helper()
	if got := p.hear(len(s)); got != s {
		p.Fatalf("on the wire is %q, want %q", got, s)
	}
}

// quiet checks that nothing comes for a moment.
func (p *peer) quiet() {
	p.Helper()
	_ = p.SetReadDeadline(time.Now().Add(moment))
	var b [1]byte
	if n, err := p.Read(b[:]); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		p.Errorf("on the wire is %q, %v; want nothing yet", b[:n], err)
	}
	_ = p.SetReadDeadline(time.Now().Add(patience))
}

// wantEnd checks that the connection ends.
func (p *peer) wantEnd() {
	p.Helper()
	if _, err := io.Copy(io.Discard, p); errors.Is(err, os.ErrDeadlineExceeded) {
		p.Error("the connection does not end")
	}
}

// shake goes through the handshake as a socket of a type, with ZMTP 3.minor.
func (p *peer) shake(minor byte, typ string) {
	p.Helper()
	p.say(greeting(3, minor) + ready(typ))
	p.hear(64)
	head := p.hear(2)
	p.hear(int(head[1]))
}

// until returns the types of the events up to the first of a type.
func until(events func(func(zmq.Event) bool), last zmq.EventType) (types []zmq.EventType) {
	for e := range events {
		types = append(types, e.Type)
		if e.Type == last {
			return types
		}
	}
	return types
}
