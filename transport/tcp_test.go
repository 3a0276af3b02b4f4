// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

func TestTCPExchange(t *testing.T) {
	for _, bind := range []string{"tcp://127.0.0.1:0", "tcp://127.0.0.1:*", "tcp://localhost:*"} {
		t.Run(bind, func(t *testing.T) {
			noLeaks(t)
			l := mustListen(t, bind, nil)
			if !strings.HasPrefix(l.Endpoint(), "tcp://127.0.0.1:") || port(l.Endpoint()) == "0" {
				t.Fatalf("bound to %q", l.Endpoint())
			}
			wantFlags(t, l.FD)
			client := mustConnect(t, l.Endpoint(), nil)
			server, peer := mustAccept(t, l)
			wantFlags(t, client)
			wantFlags(t, server)
			if peer != "127.0.0.1" || PeerAddress(client) != "127.0.0.1" {
				t.Errorf("peers are %q and %q", peer, PeerAddress(client))
			}
			if got := RemoteEndpoint(client, "tcp"); got != l.Endpoint() {
				t.Errorf("remote endpoint is %q, want %q", got, l.Endpoint())
			}
			if got := LocalEndpoint(server, "tcp"); got != l.Endpoint() {
				t.Errorf("local endpoint is %q, want %q", got, l.Endpoint())
			}
			if got, want := LocalEndpoint(client, "tcp"), RemoteEndpoint(server, "tcp"); got != want {
				t.Errorf("client is %q, but the server sees %q", got, want)
			}
			wantExchange(t, client, server)
		})
	}
}

func TestTCPWildcard(t *testing.T) {
	l := mustListen(t, "tcp://*:*", nil)
	if !strings.HasPrefix(l.Endpoint(), "tcp://0.0.0.0:") {
		t.Fatalf("bound to %q", l.Endpoint())
	}
	mustConnect(t, "tcp://127.0.0.1:"+port(l.Endpoint()), nil)
	if _, peer := mustAccept(t, l); peer != "127.0.0.1" {
		t.Errorf("peer is %q", peer)
	}
}

func TestTCPWildcardIsDualStack(t *testing.T) {
	o := DefaultOptions()
	o.IPv6 = true
	l := mustListen(t, "tcp://*:*", &o)
	if !hasIPv6() {
		return // the fallback has a test of its own
	}
	if !strings.HasPrefix(l.Endpoint(), "tcp://[::]:") {
		t.Fatalf("bound to %q", l.Endpoint())
	}
	mustConnect(t, "tcp://[::1]:"+port(l.Endpoint()), &o)
	if _, peer := mustAccept(t, l); peer != "::1" {
		t.Errorf("IPv6 peer is %q", peer)
	}
	if off, err := unix.GetsockoptInt(l.FD, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); off != 0 || err != nil {
		t.Fatalf("IPV6_V6ONLY is %d, %v", off, err)
	}
	mustConnect(t, "tcp://127.0.0.1:"+port(l.Endpoint()), &o)
	if _, peer := mustAccept(t, l); peer != "::ffff:127.0.0.1" {
		t.Errorf("IPv4 peer is %q", peer)
	}
}

func TestTCPWildcardFallsBackToIPv4(t *testing.T) {
	defer func() { openTCP = socket.TCPSocket }()
	openTCP = func(proto, addr string, passive bool,
		ints []socket.Option[int], texts []socket.Option[string]) (int, net.Addr, error) {
		if proto == "tcp6" {
			return -1, nil, unix.EAFNOSUPPORT
		}
		return socket.TCPSocket(proto, addr, passive, ints, texts)
	}
	o := DefaultOptions()
	o.IPv6 = true
	if l := mustListen(t, "tcp://*:*", &o); !strings.HasPrefix(l.Endpoint(), "tcp://0.0.0.0:") {
		t.Errorf("bound to %q", l.Endpoint())
	}
	if _, err := Listen("tcp://[::1]:*", &o); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("an explicit IPv6 address gives %v", err)
	}
}

func TestTCPIPv6Literal(t *testing.T) {
	_, err := Listen("tcp://[::1]:0", nil)
	wantErrno(t, err, unix.ENODEV) // without the option
	_, err = Resolve(t.Context(), "tcp://[::1]:1", nil)
	wantErrno(t, err, unix.EINVAL)
	if !hasIPv6() {
		return
	}
	o := DefaultOptions()
	o.IPv6 = true
	for _, bind := range []string{"tcp://[::1]:0", "tcp://::1:*", "tcp://[::1%" + loopback(t) + "]:*"} {
		l := mustListen(t, bind, &o)
		if !strings.HasPrefix(l.Endpoint(), "tcp://[::1") {
			t.Errorf("%s bound to %q", bind, l.Endpoint())
		}
		client := mustConnect(t, l.Endpoint(), &o)
		server, _ := mustAccept(t, l)
		wantExchange(t, client, server)
	}
	// IPv4 stays usable, also when dressed up.
	l := mustListen(t, "tcp://[::ffff:127.0.0.1]:*", &o)
	if !strings.HasPrefix(l.Endpoint(), "tcp://127.0.0.1:") {
		t.Errorf("mapped address bound to %q", l.Endpoint())
	}
	mustConnect(t, l.Endpoint(), &o)
}

func TestTCPInterfaceName(t *testing.T) {
	l := mustListen(t, "tcp://"+loopback(t)+":*", nil)
	if !strings.HasPrefix(l.Endpoint(), "tcp://127.0.0.1:") {
		t.Fatalf("bound to %q", l.Endpoint())
	}
	if !hasIPv6() {
		return
	}
	o := DefaultOptions()
	o.IPv6 = true
	if l := mustListen(t, "tcp://"+loopback(t)+":*", &o); !strings.HasPrefix(l.Endpoint(), "tcp://[") {
		t.Errorf("with IPv6 bound to %q", l.Endpoint())
	}
}

func TestTCPBindErrors(t *testing.T) {
	noLeaks(t)
	taken := mustListen(t, "tcp://127.0.0.1:*", nil)
	for _, c := range []struct {
		endpoint string
		errno    syscall.Errno
	}{
		{taken.Endpoint(), unix.EADDRINUSE},
		{"tcp://198.51.100.7:0", unix.EADDRNOTAVAIL}, // RFC 5737, nobody's
		{"tcp://no..such:0", unix.ENODEV},
		{"tcp://127.0.0.1", unix.EINVAL},
		{"tcp://127.0.0.1:65536", unix.EINVAL},
		{"tcp://:1", unix.EINVAL},
		{"nosuch://x", unix.EPROTONOSUPPORT},
		{"inproc://x", unix.EPROTONOSUPPORT},
		{"x", unix.EINVAL},
	} {
		l, err := Listen(c.endpoint, nil)
		if err == nil {
			t.Errorf("Listen(%q) succeeded", c.endpoint)
			_ = l.Close()
		} else if !errors.Is(err, c.errno) {
			t.Errorf("Listen(%q) = %v, want %v", c.endpoint, err, c.errno)
		}
	}
}

func TestAcceptWithoutConnection(t *testing.T) {
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	if _, _, err := l.Accept(); err != unix.EAGAIN {
		t.Fatalf("got %v, want a bare EAGAIN", err)
	}
	mustConnect(t, l.Endpoint(), nil)
	mustAccept(t, l)
	if _, _, err := l.Accept(); err != unix.EAGAIN {
		t.Fatalf("got %v, want a bare EAGAIN", err)
	}
}

func TestListenerCloseTwice(t *testing.T) {
	noLeaks(t)
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := l.Accept()
	wantErrno(t, err, unix.EBADF)
	mustListen(t, l.Endpoint(), nil) // the port is free again
}

func TestTCPRebindWithOldConnections(t *testing.T) {
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	client := mustConnect(t, l.Endpoint(), nil)
	server, _ := mustAccept(t, l)
	_ = l.Close()
	// The server's side closes first and stays in TIME_WAIT.
	_ = unix.Shutdown(server, unix.SHUT_RDWR)
	wantEnd(t, client)
	mustListen(t, l.Endpoint(), nil)
}

func TestUseFD(t *testing.T) {
	noLeaks(t)
	given := mustListen(t, "tcp://127.0.0.1:*", nil)
	fd, err := socket.Dup(given.FD)
	if err != nil {
		t.Fatal(err)
	}
	closeFD(t, fd)
	_ = unix.SetNonblock(fd, false)
	o := DefaultOptions()
	o.UseFD = fd

	_, err = Listen("ipc:///nowhere", &o)
	wantErrno(t, err, unix.EINVAL) // of another family
	client := mustConnect(t, given.Endpoint(), nil)
	o.UseFD = client
	_, err = Listen("tcp://x:1", &o)
	wantErrno(t, err, unix.EINVAL) // not listening
	if LocalEndpoint(client, "tcp") == "" {
		t.Error("a refused descriptor was closed")
	}

	o.UseFD = fd
	l := mustListen(t, "tcp://198.51.100.7:9", &o)
	if l.Endpoint() != given.Endpoint() || l.FD != fd {
		t.Errorf("listens at %q with %d", l.Endpoint(), l.FD)
	}
	wantFlags(t, l.FD)
	mustAccept(t, l)
	_ = l.Close()
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the descriptor is still open: %v", err)
	}
}
