// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// DatagramBytesMax is the largest packet, in bytes (libzmq MAX_UDP_MSG). Larger
// ones are neither sent nor received (edge case 163).
const DatagramBytesMax = 8192

// Datagrams is an open UDP socket, non-blocking. It is immutable; whoever has it
// closes FD.
type Datagrams struct {
	FD     int
	to     unix.Sockaddr // where packets go, if they do not say
	family int
	text   string
}

// Endpoint returns the endpoint as a text, with the port that the system chose.
func (d *Datagrams) Endpoint() string { return d.text }

// udpAddress is what a udp endpoint means.
type udpAddress struct {
	bind, target netip.AddrPort
	group        bool           // target is a multicast group
	nic          *net.Interface // for the group; nil leaves it to the system
}

// ListenUDP opens the socket of a udp endpoint to bind: "udp://address:port", where
// the address may be "*" or an interface, or "udp://interface;group:port" to join a
// multicast group; instead of the interface there may be one of its addresses, or
// "*". Options.MulticastLoop and MulticastHops count for what is sent from it.
// Errors: EINVAL, ENODEV for an interface or address that is not there, EADDRINUSE.
// Source: libzmq udp_address_t::resolve, udp_engine_t::plug.
func ListenUDP(endpoint string, o *Options) (*Datagrams, error) {
	a, err := parseUDP(endpoint, true, o)
	var d *Datagrams
	if err == nil {
		d, err = openUDP(a, true, o)
	}
	if err != nil {
		return nil, fail("bind", endpoint, err)
	}
	return d, nil
}

// DialUDP opens the socket of a udp endpoint to send to: "udp://host:port", or
// "udp://interface;group:port". It may wait for a name server. Errors: EINVAL,
// ENODEV, EHOSTUNREACH for an unknown name.
func DialUDP(endpoint string, o *Options) (*Datagrams, error) {
	a, err := parseUDP(endpoint, false, o)
	var d *Datagrams
	if err == nil {
		d, err = openUDP(a, false, o)
	}
	if err != nil {
		return nil, fail("connect", endpoint, err)
	}
	return d, nil
}

// parseUDP resolves an endpoint. An interface is for groups only, and IPv6 groups
// need one.
func parseUDP(endpoint string, passive bool, o *Options) (a udpAddress, err error) {
	_, text, errno := split(endpoint)
	if errno != 0 {
		return a, errno
	}
	nic, rest, named := strings.Cut(text, ";")
	if !named {
		rest = text
	}
	h, errno := parseHostPort(rest, passive)
	if errno != 0 {
		return a, errno
	}
	host, err := udpHost(h, passive, o)
	if err != nil {
		return a, err
	}
	a.target = netip.AddrPortFrom(host, h.port)
	a.group = host.IsMulticast()
	all := netip.IPv4Unspecified()
	if host.Is6() {
		all = netip.IPv6Unspecified()
	}
	a.bind = netip.AddrPortFrom(all, h.port)
	switch {
	case named && !a.group:
		return a, syscall.EINVAL
	case a.group && host.Is6() && !named && host.Zone() == "":
		return a, syscall.ENODEV
	case named && nic != wildcard:
		a.nic, err = findInterface(nic)
	case a.group && host.Zone() != "":
		a.nic, err = findInterface(host.Zone())
	case !a.group && passive:
		a.bind = a.target
	}
	return a, err
}

// udpHost looks a host up: at once to bind, from a name server to send to.
func udpHost(h hostPort, passive bool, o *Options) (netip.Addr, error) {
	if passive && h.host == wildcard {
		if o.IPv6 {
			return netip.IPv6Unspecified(), nil
		}
		return netip.IPv4Unspecified(), nil
	}
	if passive {
		return bindAddr(h, o)
	}
	found, err := lookup(context.Background(), h, o.IPv6)
	if err != nil {
		return netip.Addr{}, err
	}
	return found[0], nil
}

// findInterface finds an interface by its name or one of its addresses.
func findInterface(s string) (*net.Interface, error) {
	if nic, err := net.InterfaceByName(s); err == nil {
		return nic, nil
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return nil, syscall.ENODEV
	}
	if addr.IsMulticast() {
		return nil, syscall.EINVAL
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, syscall.ENODEV
	}
	for i := range all {
		if hasAddr(&all[i], addr.WithZone("")) {
			return &all[i], nil
		}
	}
	return nil, syscall.ENODEV
}

func hasAddr(nic *net.Interface, addr netip.Addr) bool {
	addrs, err := nic.Addrs()
	if err != nil {
		return false
	}
	for _, x := range addrs {
		if p, err := netip.ParsePrefix(x.String()); err == nil && p.Addr() == addr {
			return true
		}
	}
	return false
}

// openUDP opens the socket. One that receives from a group shares its port with
// others that do.
func openUDP(a udpAddress, receives bool, o *Options) (*Datagrams, error) {
	ints, texts := beforeBind(o)
	set := func(f func(fd int) error) {
		ints = append(ints, socket.Option[int]{SetSockOpt: func(fd, _ int) error { return f(fd) }})
	}
	if a.group && receives {
		set(func(fd int) error { return socket.SetReuseAddr(fd, 1) })
		set(func(fd int) error { return socket.SetReuseport(fd, 1) })
	}
	bind := a.bind
	if !receives {
		bind = netip.AddrPortFrom(bind.Addr(), 0)
	}
	v4, network := bind.Addr().Is4(), "udp6"
	if v4 {
		network = "udp4"
	}
	if a.group {
		set(func(fd int) error { return a.sendToGroup(fd, o) })
	}
	if !v4 {
		set(func(fd int) error { _ = socket.SetIPv6Only(fd, 0); return nil })
	}
	fd, _, err := socket.UDPSocket(network, bind.String(), false, ints, texts)
	if err == nil && a.group && receives {
		if err = a.joinGroup(fd); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		return nil, err
	}
	return a.opened(fd, network)
}

// opened finds out what fd has become.
func (a *udpAddress) opened(fd int, network string) (*Datagrams, error) {
	sa, err := unix.Getsockname(fd)
	var to unix.Sockaddr
	var family int
	if err == nil {
		to, family, _, _, err = socket.GetUDPSockAddr(network, a.target.String())
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	shown := a.target
	if own, ok := udpAddrPort(sa); ok && shown.Port() == 0 {
		shown = netip.AddrPortFrom(shown.Addr(), own.Port())
	}
	return &Datagrams{FD: fd, to: to, family: family, text: "udp://" + shown.String()}, nil
}

// udpAddrPort returns a socket address as an address and port; one of IPv4 in IPv6
// clothes is undressed.
func udpAddrPort(sa unix.Sockaddr) (netip.AddrPort, bool) {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), true
	case *unix.SockaddrInet6:
		a := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 && a.Is6() {
			if nic, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				a = a.WithZone(nic.Name)
			}
		}
		return netip.AddrPortFrom(a, uint16(sa.Port)), true
	}
	return netip.AddrPort{}, false
}

// sendToGroup says how packets to a group leave.
func (a *udpAddress) sendToGroup(fd int, o *Options) error {
	loop, hops := 0, max(o.MulticastHops, 1)
	if o.MulticastLoop {
		loop = 1
	}
	if a.target.Addr().Is4() {
		if err := unix.SetsockoptByte(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, byte(loop)); err != nil {
			return err
		}
		if err := unix.SetsockoptByte(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, byte(min(hops, 255))); err != nil {
			return err
		}
		own, err := a.interface4()
		if err != nil || a.nic == nil {
			return err
		}
		return unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, own)
	}
	err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, loop)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, min(hops, 255))
	}
	if err == nil && a.nic != nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, a.nic.Index)
	}
	return err
}

// joinGroup makes the socket receive what is sent to the group.
func (a *udpAddress) joinGroup(fd int) error {
	if a.target.Addr().Is4() {
		own, err := a.interface4()
		if err != nil {
			return err
		}
		return unix.SetsockoptIPMreq(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP,
			&unix.IPMreq{Multiaddr: a.target.Addr().As4(), Interface: own})
	}
	m := &unix.IPv6Mreq{Multiaddr: a.target.Addr().As16()}
	if a.nic != nil {
		m.Interface = uint32(a.nic.Index)
	}
	return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, m)
}

// interface4 returns the interface by its first IPv4 address, the way of telling
// that all systems have; zero where it is the system's choice.
func (a *udpAddress) interface4() (own [4]byte, err error) {
	if a.nic == nil {
		return own, nil
	}
	addr, err := interfaceAddr(a.nic.Name, false)
	if err != nil {
		return own, err
	}
	return addr.As4(), nil
}

// Send sends one packet to the endpoint's address. EAGAIN where the kernel takes
// none now.
func (d *Datagrams) Send(packet []byte) syscall.Errno { return sendTo(d.FD, packet, d.to) }

// SendTo sends one packet to a numeric "address:port", or "[address]:port". EINVAL
// where to is none, or not of the socket's family.
func (d *Datagrams) SendTo(packet []byte, to string) syscall.Errno {
	a, err := netip.ParseAddrPort(to)
	if err != nil || !a.IsValid() {
		return syscall.EINVAL
	}
	addr := a.Addr()
	switch {
	case d.family == unix.AF_INET && addr.Unmap().Is4():
		return sendTo(d.FD, packet, &unix.SockaddrInet4{Addr: addr.Unmap().As4(), Port: int(a.Port())})
	case d.family == unix.AF_INET6:
		sa := &unix.SockaddrInet6{Addr: addr.As16(), Port: int(a.Port())}
		if nic, err := net.InterfaceByName(addr.Zone()); addr.Zone() != "" && err == nil {
			sa.ZoneId = uint32(nic.Index)
		}
		return sendTo(d.FD, packet, sa)
	}
	return syscall.EINVAL
}

func sendTo(fd int, packet []byte, to unix.Sockaddr) syscall.Errno {
	for {
		switch err := unix.Sendto(fd, packet, 0, to); err {
		case nil:
			return 0
		case unix.EINTR:
		default:
			no, _ := err.(syscall.Errno)
			return no
		}
	}
}

// Receive receives one packet into p and, where sender is set, tells whose it is, as
// SendTo takes it. A packet that is longer than p is cut. EAGAIN where there is
// none.
func (d *Datagrams) Receive(p []byte, sender bool) (n int, from string, no syscall.Errno) {
	if !sender {
		n, no = Read(d.FD, p)
		return n, "", no
	}
	for {
		n, sa, err := unix.Recvfrom(d.FD, p, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			no, _ = err.(syscall.Errno)
			return 0, "", no
		}
		if a, ok := udpAddrPort(sa); ok {
			from = a.String()
		}
		return n, from, 0
	}
}
