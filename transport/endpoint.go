// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net"
	"net/netip"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// PeerAddress says who is at the other end of fd, in the form of the Peer-Address
// property and of ZAP (edge case 58): the numeric host without port for tcp,
// ":uid:gid:pid" of the connecting process for ipc, where FreeBSD and macOS know
// no pid and other BSDs nothing at all. "" if it is unknown. Source: libzmq
// stream_engine_base.cpp get_peer_address.
func PeerAddress(fd int) string {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return ""
	}
	return peerAddress(fd, sa)
}

// peerAddress is PeerAddress for who has the socket address at hand.
func peerAddress(fd int, sa unix.Sockaddr) string {
	if addr, isTCP := addrPort(sa); isTCP {
		return addr.Addr().String()
	}
	return credentials(fd)
}

// LocalEndpoint returns the endpoint that fd is bound to, "tcp://127.0.0.1:5555"
// or "ipc:///tmp/x". What has no name, such as the connecting end of ipc and any
// end of a registered scheme, is the bare "scheme://". "" if fd is no socket.
func LocalEndpoint(fd int, scheme string) string {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return ""
	}
	return endpointText(sa, scheme)
}

// RemoteEndpoint returns the endpoint that fd is connected to; see LocalEndpoint.
// "" if fd is not connected.
func RemoteEndpoint(fd int, scheme string) string {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return ""
	}
	return endpointText(sa, scheme)
}

// endpointText writes a socket address as an endpoint.
func endpointText(sa unix.Sockaddr, scheme string) string {
	if addr, isTCP := addrPort(sa); isTCP {
		return tcpEndpoint(addr)
	}
	// x/sys shows the abstract NUL as '@', and on Linux no name at all too.
	if u, isUnix := sa.(*unix.SockaddrUnix); isUnix && u.Name != "@" {
		return scheme + "://" + u.Name
	}
	return scheme + "://"
}

// addrPort returns sa as an address and port, if it is an Internet one.
func addrPort(sa unix.Sockaddr) (netip.AddrPort, bool) {
	a, isTCP := socket.SockaddrToTCPOrUnixAddr(sa).(*net.TCPAddr)
	if !isTCP {
		return netip.AddrPort{}, false
	}
	return a.AddrPort(), true
}
