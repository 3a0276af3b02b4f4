// SPDX-License-Identifier: MPL-2.0

//go:build dragonfly || freebsd || netbsd

package transport

import "golang.org/x/sys/unix"

// setKeepaliveTimes sets what is not left to the system.
func setKeepaliveTimes(fd int, o *Options) error {
	return setInts(fd,
		[2]int{unix.TCP_KEEPCNT, o.KeepaliveCount},
		[2]int{unix.TCP_KEEPIDLE, o.KeepaliveIdle},
		[2]int{unix.TCP_KEEPINTVL, o.KeepaliveInterval})
}

// setNoSigpipe makes a write to a closed connection an error only.
func setNoSigpipe(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
}
