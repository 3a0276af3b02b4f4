// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// peer is one end of a connection that speaks ZMTP by hand.
type peer struct {
	*testing.T
	net.Conn
	// again waits for the next connection to, or from, the same socket.
	again func() *peer
	l     listener // nil where the socket is bound
	ep    string   // of the socket that is bound
}

// dial connects to a bound socket, accept waits for one that connects.
func (w *world) dial(endpoint string) *peer {
	w.Helper()
	w.over(endpoint, true, true)
	network, address := "tcp", strings.TrimPrefix(endpoint, "tcp://")
	if path, ok := strings.CutPrefix(endpoint, "ipc://"); ok {
		network, address = "unix", path
	}
	c, err := net.Dial(network, address)
	w.must(err)
	p := w.peer(c)
	p.ep, p.again = endpoint, func() *peer { return w.dial(endpoint) }
	return p
}

func (w *world) peer(c net.Conn) *peer {
	w.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &peer{T: w.T, Conn: c}
}

func (w *world) accept(l listener) *peer {
	w.Helper()
	_, late := l.(*lateListener)
	w.over(w.wire+"://", false, !late)
	c, err := l.Accept()
	w.must(err)
	p := w.peer(c)
	p.l, p.again = l, func() *peer { return w.accept(l) }
	return p
}

// listener is a plain one, of either wire.
type listener interface {
	net.Listener
	SetDeadline(time.Time) error
}

// listen returns what a socket can connect to: it listens already, or, where the
// world is late, as soon as something is accepted from it.
func (w *world) listen() (listener, string) {
	w.Helper()
	w.listened = true
	if !w.late {
		return w.listenNow()
	}
	l := &lateListener{}
	ep := ""
	if w.wire == "ipc" {
		path := filepath.Join(w.TempDir(), "s")
		l.begin, ep = func() (net.Listener, error) { return net.Listen("unix", path) }, "ipc://"+path
	} else {
		ep = w.reserve(l)
	}
	w.Cleanup(func() { _ = l.Close() })
	return l, ep
}

// listenNow listens at once, also where the world is late.
func (w *world) listenNow() (listener, string) {
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

// lateListener begins when somebody first asks it for a connection.
type lateListener struct {
	listener
	begin func() (net.Listener, error)
}

// reserve makes a listener of TCP late.
func (w *world) reserve(l *lateListener) string {
	w.Helper()
	f, port := w.port()
	l.begin = func() (net.Listener, error) {
		if err := syscall.Listen(int(f.Fd()), syscall.SOMAXCONN); err != nil {
			return nil, err
		}
		defer f.Close()
		return net.FileListener(f)
	}
	return "tcp://127.0.0.1:" + port
}

// port takes a port of TCP for the time of the test, without listening on it: no
// connection gets it, and nobody listens there but who asks for it by its number.
func (w *world) port() (f *os.File, port string) {
	w.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	w.must(err)
	syscall.CloseOnExec(fd)
	f = os.NewFile(uintptr(fd), "port")
	w.Cleanup(func() { _ = f.Close() })
	w.must(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	w.must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := syscall.Getsockname(fd)
	w.must(err)
	return f, strconv.Itoa(at.(*syscall.SockaddrInet4).Port)
}

// start begins, unless it has.
func (l *lateListener) start() error {
	if l.listener != nil {
		return nil
	}
	plain, err := l.begin()
	if err == nil {
		l.listener = plain.(listener)
	}
	return err
}

func (l *lateListener) Accept() (net.Conn, error) {
	if err := l.start(); err != nil {
		return nil, err
	}
	return l.listener.Accept()
}

func (l *lateListener) SetDeadline(t time.Time) error {
	if err := l.start(); err != nil {
		return err
	}
	return l.listener.SetDeadline(t)
}

func (l *lateListener) Close() error {
	if l.listener == nil {
		return nil
	}
	return l.listener.Close()
}

// byHand makes a socket meet another peer by hand: it binds, or connects once more.
type byHand func(*zmq.Socket) *peer

// onEachEnd runs a test over each wire on a socket that is bound, that connects to
// what listens already, and that connects first.
func onEachEnd(t *testing.T, f func(w *world, meet byHand)) {
	for _, wire := range wires {
		t.Run(wire+"/bound", func(t *testing.T) {
			w := newWorldOn(t, wire)
			f(w, func(s *zmq.Socket) *peer {
				w.must(s.Bind(w.any()))
				return w.dial(s.LastEndpoint())
			})
		})
		for name, late := range map[string]bool{"connecting": false, "connecting first": true} {
			t.Run(wire+"/"+name, func(t *testing.T) {
				w := newWorldOn(t, wire)
				w.late = late
				f(w, func(s *zmq.Socket) *peer {
					l, ep := w.listen()
					w.connect(s, ep)
					p := w.accept(l)
					p.ep = ep
					return p
				})
			})
		}
	}
}

// connect connects a socket that is not to wait long before it tries again.
func (w *world) connect(s *zmq.Socket, endpoint string) {
	w.Helper()
	if s.Options().ReconnectInterval >= 0 {
		w.must(s.Set(zmq.WithReconnectInterval(time.Millisecond)))
	}
	w.must(s.Connect(endpoint))
}

// onBothEnds is onEachEnd for a socket with one such connection.
func onBothEnds(t *testing.T, typ zmq.SocketType, f func(w *world, s *zmq.Socket, p *peer), opts ...zmq.Option) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(typ, opts...)
		f(w, s, meet(s))
	})
}

// notAgain checks that a socket that has connected does not do so again, now that
// the connection has ended.
func (w *world) notAgain(p *peer) {
	w.Helper()
	if p.l != nil {
		w.nobody(p.l)
	}
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
	if _, err := io.WriteString(p, s); err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
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
	p.skip()
}

// skip hears a short frame, and forgets it.
func (p *peer) skip() {
	p.Helper()
	head := p.hear(2)
	p.hear(int(head[1]))
}
