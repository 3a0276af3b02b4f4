// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// socksServer is a small SOCKS5 proxy.
type socksServer struct {
	*world
	net.Listener
	user, password string            // wanted where user is set
	names          map[string]string // what host names stand for
	reply          byte              // other than 0: refuse

	mu     sync.Mutex
	asked  []string // addresses that were asked for
	conns  []net.Conn
	served sync.WaitGroup
}

// start makes the proxy serve until the test ends.
func (p *socksServer) start() *socksServer {
	p.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.ok(err)
	p.Listener = l
	p.served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.keep(c)
			p.served.Go(func() { p.serve(c) })
		}
	})
	p.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.served.Wait()
	})
	return p
}

func (p *socksServer) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

// serve speaks the server's side of RFC 1928, then copies both ways, by hand: what
// the kernel copies goes through pipes that are kept.
func (p *socksServer) serve(c net.Conn) {
	defer c.Close()
	address, ok := p.greet(c)
	if !ok {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, address)
	p.mu.Unlock()
	host, port, _ := net.SplitHostPort(address)
	if numeric := p.names[host]; numeric != "" {
		host = numeric
	}
	if p.reply != 0 {
		_, _ = c.Write([]byte{5, p.reply, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	peer, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		p.Error(err)
		return
	}
	defer peer.Close()
	p.keep(peer)
	_, _ = c.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 1})
	p.served.Go(func() {
		_, _ = io.Copy(struct{ io.Writer }{peer}, struct{ io.Reader }{c})
		_ = peer.Close()
	})
	_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{peer})
}

// greet lets the client in and returns the address that it asks for.
func (p *socksServer) greet(c net.Conn) (address string, ok bool) {
	read := func(n int) []byte {
		b := make([]byte, n)
		_, err := io.ReadFull(c, b)
		ok = ok && err == nil
		return b
	}
	ok = true
	methods := read(int(read(2)[1]))
	if p.user != "" {
		if !strings.Contains(string(methods), "\x02") {
			_, _ = c.Write([]byte{5, 0xff})
			return "", false
		}
		_, _ = c.Write([]byte{5, 2})
		user := read(int(read(2)[1]))
		password := read(int(read(1)[0]))
		if string(user) != p.user || string(password) != p.password {
			_, _ = c.Write([]byte{1, 1})
			return "", false
		}
		_, _ = c.Write([]byte{1, 0})
	} else {
		_, _ = c.Write([]byte{5, 0})
	}
	var host string
	switch kind := read(4)[3]; kind {
	case 1:
		host = net.IP(read(4)).String()
	case 4:
		host = net.IP(read(16)).String()
	default:
		host = string(read(int(read(1)[0])))
	}
	port := binary.BigEndian.Uint16(read(2))
	return net.JoinHostPort(host, strconv.Itoa(int(port))), ok
}

// portOf is the port of an endpoint.
func portOf(endpoint string) string { return endpoint[strings.LastIndexByte(endpoint, ':'):] }

// TestSocksProxy: a connection through a proxy, with an IPv4 and an IPv6 address
// and a name that only the proxy knows, without and with a password.
func TestSocksProxy(t *testing.T) {
	for host, user := range map[string]string{"127.0.0.1": "", "[::1]": "me", "only.proxy.knows": "me"} {
		t.Run(host, func(t *testing.T) {
			w := newWorld(t)
			at := "tcp://127.0.0.1:*"
			if host == "[::1]" {
				at = "tcp://[::1]:*"
			}
			rep, at := w.bound(zmq.REP, at, zmq.WithIPv6(true))
			p := (&socksServer{world: w, user: user, password: "secret", names: map[string]string{"only.proxy.knows": "127.0.0.1"}}).start()
			req := w.connected(zmq.REQ, "tcp://"+host+portOf(at), zmq.WithSocksProxy(p.Addr().String()),
				zmq.WithSocksUsername(user), zmq.WithSocksPassword("secret"))
			w.send(req, "hello")
			w.want(rep, "hello")
			w.send(rep, "world")
			w.want(req, "world")
			p.mu.Lock()
			defer p.mu.Unlock()
			if want := strings.Trim(host, "[]"); len(p.asked) != 1 || !strings.Contains(p.asked[0], want) {
				t.Errorf("the proxy was asked for %q", p.asked)
			}
		})
	}
}

// TestSocksProxyIsTold: the events are those of any connect, and name the endpoint
// that was connected to (edge case 157).
func TestSocksProxyIsTold(t *testing.T) {
	for reply, want := range map[byte][]zmq.EventType{
		0: {zmq.EventConnectDelayed, zmq.EventConnected, zmq.EventHandshakeSucceeded},
		5: {zmq.EventConnectDelayed, zmq.EventClosed, zmq.EventConnectRetried},
	} {
		w := newWorld(t)
		_, at := w.bound(zmq.PULL, "tcp://127.0.0.1:*")
		p := (&socksServer{world: w, reply: reply}).start()
		s := w.socket(zmq.PUSH, zmq.WithSocksProxy(p.Addr().String()), zmq.WithReconnectInterval(time.Millisecond))
		events := s.Events(w.ctx, zmq.EventAll)
		w.ok(s.Connect(at))
		var got []zmq.EventType
		for e := range events {
			if e.Remote != at {
				t.Errorf("%v of %s, want %s", e.Type, e.Remote, at)
			}
			if got = append(got, e.Type); len(got) == len(want) {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("reply %d: events %v, want %v", reply, got, want)
		}
	}
}

// TestSocksProxyRefuses: what a proxy says of the peer, or of us, is told.
func TestSocksProxyRefuses(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		proxy *socksServer
		want  error
	}{
		{&socksServer{world: w, reply: 5}, zmq.ErrConnRefused},
		{&socksServer{world: w, reply: 4}, zmq.ErrHostUnreach},
		{&socksServer{world: w, user: "other"}, zmq.Errno(13)},
	} {
		p := c.proxy.start()
		s := w.socket(zmq.PUSH, zmq.WithSocksProxy(p.Addr().String()), zmq.WithReconnectInterval(time.Millisecond))
		e := wantEvent(w, s, zmq.EventClosed, func() { w.ok(s.Connect("tcp://127.0.0.1:9")) })
		is(t, e.Err, c.want)
	}
}

// TestSilentProxy: a proxy that says nothing is given up after the connect
// timeout, and when the socket is closed.
func TestSilentProxy(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.ok(err)
	defer l.Close()
	s := w.socket(zmq.PUSH, zmq.WithSocksProxy(l.Addr().String()), zmq.WithConnectTimeout(time.Millisecond), zmq.WithReconnectInterval(time.Millisecond))
	e := wantEvent(w, s, zmq.EventClosed, func() { w.ok(s.Connect("tcp://127.0.0.1:9")) })
	is(t, e.Err, os.ErrDeadlineExceeded)
	forever := w.socket(zmq.PUSH, zmq.WithSocksProxy(l.Addr().String()))
	w.ok(forever.Connect("tcp://127.0.0.1:9"))
}

// wrapped is a net.Conn that is no TCP connection to look at.
type wrapped struct{ net.Conn }

// TestDialerAndListener: both ends by functions, over tcp and ipc, with connections
// of the system's and others.
func TestDialerAndListener(t *testing.T) {
	for _, scheme := range []string{"tcp", "ipc"} {
		t.Run(scheme, func(t *testing.T) {
			w := newWorld(t)
			var d net.Dialer
			var lc net.ListenConfig
			dialled := make(chan string, 10)
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled <- network + " " + address
				c, err := d.DialContext(ctx, network, address)
				return wrapped{c}, err
			}
			at := "tcp://127.0.0.1:*"
			if scheme == "ipc" {
				at = "ipc://" + filepath.Join(t.TempDir(), "s")
			}
			rep, at := w.bound(zmq.REP, at, zmq.WithListener(lc.Listen))
			req := w.connected(zmq.REQ, at, zmq.WithDialer(dial))
			for range 3 {
				w.send(req, "hello")
				w.want(rep, "hello")
				w.send(rep, "world")
				w.want(req, "world")
			}
			network, address := "tcp ", strings.TrimPrefix(at, "tcp://")
			if scheme == "ipc" {
				network, address = "unix ", strings.TrimPrefix(at, "ipc://")
			}
			if got := <-dialled; got != network+address {
				t.Errorf("dialled %q for %s", got, at)
			}
			w.ok(rep.Unbind(at))
		})
	}
}

// TestDialerFails: the function's error is told, and it is asked again; a nil
// connection is an error too; a listening function's error is Bind's.
func TestDialerFails(t *testing.T) {
	w := newWorld(t)
	cause := errors.New("no way")
	calls := make(chan int, 100)
	n := 0
	s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(time.Millisecond),
		zmq.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			n++
			select {
			case calls <- n:
			default:
			}
			if n == 1 {
				return nil, cause
			}
			return nil, nil
		}))
	e := wantEvent(w, s, zmq.EventClosed, func() { w.ok(s.Connect("tcp://127.0.0.1:9")) })
	is(t, e.Err, cause)
	for i := range 3 {
		if got := <-calls; got != i+1 {
			t.Errorf("call %d is %d", i, got)
		}
	}
	r := w.socket(zmq.PULL, zmq.WithListener(func(context.Context, string, string) (net.Listener, error) { return nil, cause }))
	is(t, r.Bind("tcp://127.0.0.1:*"), cause)
	w.ok(r.Set(zmq.WithListener(func(context.Context, string, string) (net.Listener, error) { return nil, nil })))
	is(t, r.Bind("tcp://127.0.0.1:*"), zmq.ErrInvalid)
	w.ok(r.Set(zmq.WithListener(nil)))
	w.ok(r.Bind("tcp://127.0.0.1:*"))
}
