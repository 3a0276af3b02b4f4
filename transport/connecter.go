// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Connect opens a non-blocking, close-on-exec socket and starts to connect it to
// t. The descriptor is the caller's. With inProgress the caller waits until the
// descriptor is writable and asks ConnectResult; without it the connection
// stands already, as it always does for ipc and where Resolve has dialled. It never
// waits; t is used up.
//
// An ipc listener whose backlog is full answers EAGAIN on Linux: that is a
// failure like any other here, to be tried again later.
func Connect(t *Target, o *Options) (fd int, inProgress bool, err error) {
	switch {
	case t.conn != nil:
		conn := t.conn
		t.conn = nil
		fd, err = PumpConn(conn)
	case t.scheme == schemeTCP && t.addr.IsValid():
		fd, err = connectTCP(t, o.orDefault())
	case t.scheme == schemeIPC:
		fd, err = connectIPC(t.path)
	default:
		err = syscall.EINVAL // no target, or one that was used before
	}
	if err == nil && t.scheme == schemeTCP {
		if err = ConnectResult(fd); err != nil {
			_ = unix.Close(fd)
			return -1, false, err
		}
	}
	if err == nil {
		return fd, false, nil
	}
	if errors.Is(err, unix.EINPROGRESS) {
		return fd, true, nil // gnet keeps the descriptor open for this one error
	}
	return -1, false, fail("connect", t.Endpoint(), err)
}

// errInProgress is boxed once: EINPROGRESS is no failure and may be returned
// often.
var errInProgress error = unix.EINPROGRESS

// ConnectResult says how a connect in progress ended; it is to be called after
// the descriptor was reported writable. nil means connected. EINPROGRESS,
// unwrapped, means that the report was spurious and the connect goes on. On any
// other error the caller closes fd. Tune comes next.
//
// A TCP socket that asks for an ephemeral port of its own host may be given that
// same port and connect to itself. It would talk to its own echo and block the
// port for the listener, so it is ECONNREFUSED here; libzmq finds out when it
// cannot decode its own greeting.
func ConnectResult(fd int) error {
	num, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return fail("connect", "", err)
	}
	if num != 0 {
		return fail("connect", "", syscall.Errno(num))
	}
	if events, err := poll(fd, unix.POLLOUT); err != nil {
		return fail("connect", "", err)
	} else if events == 0 {
		return errInProgress
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return fail("connect", "", err)
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return fail("connect", "", err)
	}
	if l, isTCP := addrPort(local); isTCP {
		if p, _ := addrPort(peer); l == p {
			return fail("connect", tcpEndpoint(p), unix.ECONNREFUSED)
		}
	}
	return nil
}

// poll returns the events that fd has now; it does not wait.
func poll(fd int, events int16) (int16, error) {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		_, err := unix.Poll(fds[:], 0)
		if err != unix.EINTR {
			return fds[0].Revents, err
		}
	}
}
