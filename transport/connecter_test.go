// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestConnectRefused(t *testing.T) {
	noLeaks(t)
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	_ = l.Close()
	targets := mustResolve(t, l.Endpoint(), nil)
	fd, inProgress, err := Connect(&targets[0], nil)
	if inProgress {
		closeFD(t, fd)
		await(t, fd, unix.POLLOUT)
		err = ConnectResult(fd)
	}
	wantErrno(t, err, unix.ECONNREFUSED)
}

// TestConnectInProgress fills a backlog, so that a further connect stays in
// progress for as long as the test wants.
func TestConnectInProgress(t *testing.T) {
	noLeaks(t)
	o := DefaultOptions()
	o.Backlog = 1
	l := mustListen(t, "tcp://127.0.0.1:*", &o)
	targets := mustResolve(t, l.Endpoint(), nil)
	var pending int
	for n := 0; ; n++ {
		if n == 64 {
			t.Fatal("64 connections fit into a backlog of 1")
		}
		fd, inProgress, err := Connect(&targets[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		closeFD(t, fd)
		if !inProgress {
			continue
		}
		if events, _ := poll(fd, unix.POLLOUT); events == 0 {
			pending = fd
			break
		}
		if err := ConnectResult(fd); err != nil {
			t.Fatal(err)
		}
	}
	if err := ConnectResult(pending); err != unix.EINPROGRESS {
		t.Fatalf("got %v, want a bare EINPROGRESS", err)
	}
	// Making room lets it through, with the kernel's next attempt.
	mustAccept(t, l)
	mustAccept(t, l)
	await(t, pending, unix.POLLOUT)
	if err := ConnectResult(pending); err != nil {
		t.Fatal(err)
	}
}

func TestConnectSourceAddress(t *testing.T) {
	noLeaks(t)
	a := mustListen(t, "tcp://127.0.0.1:*", nil)
	b := mustListen(t, "tcp://127.0.0.1:*", nil)
	first := mustConnect(t, "tcp://127.0.0.1:0;127.0.0.1:"+port(a.Endpoint()), nil)
	source := LocalEndpoint(first, "tcp")
	// The same source port for another target (edge case 154).
	second := mustConnect(t, "tcp://127.0.0.1:"+port(source)+";127.0.0.1:"+port(b.Endpoint()), nil)
	if got := LocalEndpoint(second, "tcp"); got != source {
		t.Errorf("second connection comes from %q, want %q", got, source)
	}
	third := mustConnect(t, "tcp://"+loopback(t)+":*;localhost:"+port(a.Endpoint()), nil)
	if got := PeerAddress(third); got != "127.0.0.1" {
		t.Errorf("peer is %q", got)
	}
	mustAccept(t, a)
	server, _ := mustAccept(t, b)
	if got := RemoteEndpoint(server, "tcp"); got != source {
		t.Errorf("the server sees %q, want %q", got, source)
	}
	targets := mustResolve(t, "tcp://198.51.100.7:0;127.0.0.1:1", nil)
	_, _, err := Connect(&targets[0], nil)
	wantErrno(t, err, unix.EADDRNOTAVAIL)
}

// TestConnectToItself takes the port of a closed listener as source and target.
func TestConnectToItself(t *testing.T) {
	noLeaks(t)
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	_ = l.Close()
	p := port(l.Endpoint())
	targets := mustResolve(t, "tcp://127.0.0.1:"+p+";127.0.0.1:"+p, nil)
	fd, inProgress, err := Connect(&targets[0], nil)
	if inProgress {
		closeFD(t, fd)
		await(t, fd, unix.POLLOUT)
		err = ConnectResult(fd)
	}
	wantErrno(t, err, unix.ECONNREFUSED)
}

func TestResolve(t *testing.T) {
	v6 := Options{IPv6: true}
	for _, c := range []struct {
		endpoint string
		o        *Options
		first    string // endpoint of the first target
		errno    syscall.Errno
	}{
		{"tcp://127.0.0.1:5555", nil, "tcp://127.0.0.1:5555", 0},
		{"tcp://127.0.0.1:5555", &v6, "tcp://127.0.0.1:5555", 0},
		{"tcp://localhost:5555", nil, "tcp://127.0.0.1:5555", 0},
		{"tcp://[::1]:5555", &v6, "tcp://[::1]:5555", 0},
		{"tcp://[::ffff:1.2.3.4]:5", &v6, "tcp://1.2.3.4:5", 0},
		{"tcp://[fe80::1%" + loopback(t) + "]:5", &v6, "tcp://[fe80::1%" + loopback(t) + "]:5", 0},
		{"tcp://[fe80::1%1]:5", &v6, "", 0}, // index 1 is the loopback on Linux; only no error
		{"ipc:///tmp/x", nil, "ipc:///tmp/x", 0},
		{"tcp://[fe80::1%no_such_nic]:5", &v6, "", unix.EINVAL},
		{"tcp://[fe80::1%99999]:5", &v6, "", unix.EINVAL},
		{"tcp://[::1]:5555", nil, "", unix.EINVAL},
		{"tcp://[::1]:0;127.0.0.1:5555", &v6, "", unix.EADDRNOTAVAIL},
		{"tcp://[::1]:0;127.0.0.1:5555", nil, "", unix.EINVAL},
		{"tcp://no_such_nic:0;127.0.0.1:5555", nil, "", unix.ENODEV},
		{"tcp://no..such:1", nil, "", unix.EHOSTUNREACH},
		{"tcp://127.0.0.1:*", nil, "", unix.EINVAL},
		{"inproc://x", nil, "", unix.EPROTONOSUPPORT},
		{"nosuch://x", nil, "", unix.EPROTONOSUPPORT},
	} {
		targets, err := Resolve(t.Context(), c.endpoint, c.o)
		if c.errno != 0 {
			if !errors.Is(err, c.errno) {
				t.Errorf("Resolve(%q) = %v, want %v", c.endpoint, err, c.errno)
			}
			continue
		}
		if err != nil || len(targets) == 0 {
			t.Errorf("Resolve(%q) = %d targets, %v", c.endpoint, len(targets), err)
		} else if got := targets[0].Endpoint(); c.first != "" && got != c.first {
			t.Errorf("Resolve(%q) begins with %q, want %q", c.endpoint, got, c.first)
		}
	}
}

func TestResolveEndsWithContext(t *testing.T) {
	noLeaks(t)
	system := net.DefaultResolver
	defer func() { net.DefaultResolver = system }()
	ctx, cancel := context.WithCancel(context.Background())
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel() // while the name server is being asked
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	_, err := Resolve(ctx, "tcp://name.invalid:1", nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

func TestResolveNow(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"tcp://127.0.0.1:1":             true,
		"tcp://[::1]:1":                 true,
		"tcp://127.0.0.1:0;127.0.0.1:1": true,
		"tcp://localhost:1":             false,
		"tcp://[fe80::1%lo]:1":          false,
		"tcp://lo:0;127.0.0.1:1":        false,
		"tcp://malformed":               true,
		"ipc:///tmp/x":                  true,
		"inproc://x":                    true,
		"nosuch://x":                    true,
	} {
		if got := ResolveNow(endpoint, nil); got != want {
			t.Errorf("ResolveNow(%q) = %v", endpoint, got)
		}
	}
}

func TestConnectWithoutTarget(t *testing.T) {
	_, _, err := Connect(&Target{}, nil)
	wantErrno(t, err, unix.EINVAL)
}

func TestInterfaceAddr(t *testing.T) {
	v4, err := interfaceAddr(loopback(t), false)
	if err != nil || v4 != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("got %v, %v", v4, err)
	}
	if v6, err := interfaceAddr(loopback(t), true); err != nil || v6.Is6() != hasIPv6() {
		t.Errorf("got %v, %v", v6, err)
	}
	_, err = interfaceAddr("no_such_nic", false)
	if !errors.Is(err, unix.ENODEV) {
		t.Errorf("got %v, want ENODEV", err)
	}
}
