// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"strings"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// systemOptions appends the options that only Linux has. Raising SO_BUSY_POLL
// and a SO_PRIORITY above 6 take CAP_NET_ADMIN, or EPERM.
func systemOptions(ints []socket.Option[int], o *Options) []socket.Option[int] {
	if o.Priority != 0 {
		ints = append(ints, socketOption(unix.SO_PRIORITY, o.Priority))
	}
	if o.BusyPoll != 0 {
		ints = append(ints, socketOption(unix.SO_BUSY_POLL, o.BusyPoll))
	}
	return ints
}

// socketOption is an option at level SOL_SOCKET.
func socketOption(name, value int) socket.Option[int] {
	return socket.Option[int]{SetSockOpt: func(fd, v int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, name, v)
	}, Opt: value}
}

// setDevice ties the socket to an interface.
func setDevice(fd int, name string) error { return socket.SetBindToDevice(fd, name) }

// setNoSigpipe does nothing: Write and Writev pass MSG_NOSIGNAL.
func setNoSigpipe(int) error { return nil }

// setMaxRT sets the time in milliseconds after which unacknowledged data ends
// the connection, RFC 5482.
func setMaxRT(fd, ms int) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ms)
}

// unpace takes a connection that does not leave the machine off a congestion control
// that paces (BBR): there is no network whose speed could be found out, and the timers
// by which it sends cost a quarter of the throughput of large messages. Each kernel has
// Reno and lets anybody choose it. Where it refuses things stay as they are.
func unpace(fd int) {
	name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	if err == nil && strings.HasPrefix(name, "bbr") {
		_ = unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
	}
}

// setKeepaliveTimes sets what is not left to the system.
func setKeepaliveTimes(fd int, o *Options) error {
	return setInts(fd,
		[2]int{unix.TCP_KEEPCNT, o.KeepaliveCount},
		[2]int{unix.TCP_KEEPIDLE, o.KeepaliveIdle},
		[2]int{unix.TCP_KEEPINTVL, o.KeepaliveInterval})
}
