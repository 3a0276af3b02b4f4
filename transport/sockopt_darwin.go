// SPDX-License-Identifier: MPL-2.0

package transport

import "golang.org/x/sys/unix"

// setKeepaliveTimes sets what is not left to the system; the idle time is
// called TCP_KEEPALIVE here.
func setKeepaliveTimes(fd int, o *Options) error {
	return setInts(fd,
		[2]int{unix.TCP_KEEPCNT, o.KeepaliveCount},
		[2]int{unix.TCP_KEEPALIVE, o.KeepaliveIdle},
		[2]int{unix.TCP_KEEPINTVL, o.KeepaliveInterval})
}

// setNoSigpipe makes a write to a closed connection an error only. A connection
// that the peer has closed meanwhile is EINVAL to macOS; the next read tells.
func setNoSigpipe(fd int) error {
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	if err == unix.EINVAL {
		return nil
	}
	return err
}
