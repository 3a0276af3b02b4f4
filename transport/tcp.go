// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// openTCP opens a TCP socket; tests put another in its place to play a kernel
// without IPv6.
var openTCP = socket.TCPSocket

// connectTCP starts to connect. The descriptor is valid when the error is nil or
// EINPROGRESS. Source: libzmq tcp_connecter_t::open.
func connectTCP(t *Target, o *Options) (int, error) {
	ints, texts := beforeBind(o)
	if t.hasSource {
		ints = append(ints, socket.Option[int]{SetSockOpt: func(fd, _ int) error {
			return bindSource(fd, t.source)
		}})
	}
	fd, _, err := openTCP(network(t.addr.Addr()), t.addr.String(), false, ints, texts)
	return fd, err
}

// bindSource gives a socket its local address before it connects. With
// SO_REUSEADDR several connections may have the same one, as long as their
// targets differ (edge case 154).
func bindSource(fd int, source netip.AddrPort) error {
	if err := socket.SetReuseAddr(fd, 1); err != nil {
		return err
	}
	sa, _, _, _, err := socket.GetTCPSockAddr(network(source.Addr()), source.String())
	if err != nil {
		return err
	}
	return unix.Bind(fd, sa)
}

// network is the name that net and gnet have for the family of a.
func network(a netip.Addr) string {
	if a.Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// listenTCP binds and listens. The wildcard is dual stack when IPv6 is allowed,
// and IPv4 when the kernel has no IPv6 (edge case 141). Source: libzmq
// tcp_listener_t::create_socket, tcp_open_socket.
func listenTCP(addr string, o *Options) (int, error) {
	h, errno := parseHostPort(addr, true)
	if errno != 0 {
		return -1, errno
	}
	if h.host != wildcard {
		a, err := bindAddr(h, o)
		if err != nil {
			return -1, err
		}
		return listenAddr(netip.AddrPortFrom(a, h.port), o)
	}
	if o.IPv6 {
		fd, err := listenAddr(netip.AddrPortFrom(netip.IPv6Unspecified(), h.port), o)
		if !errors.Is(err, unix.EAFNOSUPPORT) {
			return fd, err
		}
	}
	return listenAddr(netip.AddrPortFrom(netip.IPv4Unspecified(), h.port), o)
}

// bindAddr returns the local address that h names: a numeric one, an interface's
// or a host's. ENODEV if there is none. It may wait for a name server.
func bindAddr(h hostPort, o *Options) (netip.Addr, error) {
	if _, numeric := h.literal(); !numeric {
		if a, err := interfaceAddr(h.host, o.IPv6); err == nil {
			return a, nil
		}
	}
	found, err := lookup(context.Background(), h, o.IPv6)
	if err != nil {
		return netip.Addr{}, syscall.ENODEV
	}
	return found[0], nil
}

// listenAddr opens the listening socket itself.
func listenAddr(addr netip.AddrPort, o *Options) (int, error) {
	ints, texts := beforeBind(o)
	ints = append(ints, socket.Option[int]{SetSockOpt: socket.SetReuseAddr, Opt: 1})
	if addr.Addr().Is6() {
		// gnet has set IPV6_V6ONLY by now. Systems that know no mapped
		// addresses (OpenBSD) refuse to clear it, and listen on IPv6 alone.
		ints = append(ints, socket.Option[int]{SetSockOpt: func(fd, off int) error {
			_ = socket.SetIPv6Only(fd, off)
			return nil
		}})
	}
	fd, _, err := openTCP(network(addr.Addr()), addr.String(), true, ints, texts)
	if err != nil {
		return -1, err
	}
	return setBacklog(fd, o)
}

// setBacklog listens once more, because gnet asks for the longest queue there
// is. It closes fd when it fails.
func setBacklog(fd int, o *Options) (int, error) {
	if err := unix.Listen(fd, o.backlog()); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// tcpEndpoint is the numeric text of addr, "tcp://[::1]:5555" for IPv6. Source:
// libzmq tcp_address_t::to_string.
func tcpEndpoint(addr netip.AddrPort) string {
	host := addr.Addr().String()
	if addr.Addr().Is6() {
		host = "[" + host + "]"
	}
	return schemeTCP + "://" + host + ":" + strconv.Itoa(int(addr.Port()))
}
