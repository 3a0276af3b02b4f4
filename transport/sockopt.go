// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"net/netip"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// beforeBind returns the options that must be set before a TCP socket binds or
// connects: buffers, which decide the window offered in the handshake, and what
// concerns routing. Accepted sockets inherit them. Source: libzmq
// tcp_open_socket.
func beforeBind(o *Options) (ints []socket.Option[int], texts []socket.Option[string]) {
	if o.SndBuf > 0 {
		ints = append(ints, socket.Option[int]{SetSockOpt: socket.SetSendBuffer, Opt: o.SndBuf})
	}
	if o.RcvBuf > 0 {
		ints = append(ints, socket.Option[int]{SetSockOpt: socket.SetRecvBuffer, Opt: o.RcvBuf})
	}
	if o.TOS != 0 {
		ints = append(ints, socket.Option[int]{SetSockOpt: setTOS, Opt: o.TOS})
	}
	if o.BindToDevice != "" {
		texts = append(texts, socket.Option[string]{SetSockOpt: setDevice, Opt: o.BindToDevice})
	}
	return systemOptions(ints, o), texts
}

// Tune sets what a connection needs once it stands, accepted or connected:
// TCP_NODELAY, keepalive, TCP_USER_TIMEOUT, type of service, no congestion control that
// paces within the machine, and no SIGPIPE where that is a socket option. On a socket
// that is not TCP only the last applies, so it may be called for every descriptor of
// this package. It never waits. Source: libzmq tune_tcp_socket, tune_tcp_keepalives,
// tune_tcp_maxrt.
func Tune(fd int, o *Options) error {
	o = o.orDefault()
	if err := setNoSigpipe(fd); err != nil {
		return fail("tune", "", err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return fail("tune", "", err)
	}
	local, isTCP := addrPort(sa)
	if !isTCP {
		return nil
	}
	if staysHere(fd, local.Addr()) {
		unpace(fd)
	}
	err = socket.SetNoDelay(fd, 1)
	if err == nil {
		err = setKeepalive(fd, o)
	}
	if err == nil && o.MaxRT > 0 {
		err = setMaxRT(fd, o.MaxRT)
	}
	if err == nil && o.TOS != 0 {
		err = setTOS(fd, o.TOS)
	}
	for _, x := range systemOptions(nil, o) { // an accepted socket does not inherit all of them
		if err == nil {
			err = x.SetSockOpt(fd, x.Opt)
		}
	}
	if err != nil {
		return fail("tune", "", err)
	}
	return nil
}

// staysHere reports whether both ends of a connection are on this machine.
func staysHere(fd int, local netip.Addr) bool {
	if local.Unmap().IsLoopback() {
		return true
	}
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return false // not connected
	}
	peer, ok := addrPort(sa)
	return ok && peer.Addr().Unmap() == local.Unmap()
}

// setTOS sets the type of service for IPv4 and the traffic class for IPv6. An
// IPv6 socket gets both, because it may carry IPv4.
func setTOS(fd, tos int) error {
	v4 := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
	v6 := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, tos)
	if v4 == nil || v6 == nil {
		return nil
	}
	return v4
}

// setInts sets each option that has a value above 0, at level TCP.
func setInts(fd int, options ...[2]int) error {
	for _, option := range options {
		if option[1] <= 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, option[0], option[1]); err != nil {
			return err
		}
	}
	return nil
}

// setKeepalive switches keepalive on or off. gnet's SetKeepAlive wants all three
// times at once, and ours may each be left to the system. An option that the
// system does not have per socket (OpenBSD) is left to it as well.
func setKeepalive(fd int, o *Options) error {
	if o.Keepalive < 0 {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, o.Keepalive); err != nil {
		return err
	}
	err := setKeepaliveTimes(fd, o)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return nil
	}
	return err
}
