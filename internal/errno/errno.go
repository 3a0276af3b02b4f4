// SPDX-License-Identifier: MPL-2.0

package errno

import (
	"net"
	"os"
	"syscall"
)

// Errno is an error number: the system's, or one of ZeroMQ's own. It is an
// immutable value, safe to use from any goroutine.
type Errno uint32

// Hausnumero is the first number of ZeroMQ's own range (ZMQ_HAUSNUMERO in
// zmq.h).
const Hausnumero Errno = 156384712

// OK is the absence of an error.
const OK Errno = 0

// The numbers that the system shares with ZeroMQ.
const (
	EAGAIN          = Errno(syscall.EAGAIN)          // would block
	EINVAL          = Errno(syscall.EINVAL)          // bad option, value or address
	ENOTSUP         = Errno(syscall.ENOTSUP)         // not for this socket type
	EPROTONOSUPPORT = Errno(syscall.EPROTONOSUPPORT) // unknown transport
	ENOBUFS         = Errno(syscall.ENOBUFS)
	ENETDOWN        = Errno(syscall.ENETDOWN)
	EADDRINUSE      = Errno(syscall.EADDRINUSE)
	EADDRNOTAVAIL   = Errno(syscall.EADDRNOTAVAIL)
	ECONNREFUSED    = Errno(syscall.ECONNREFUSED)
	EINPROGRESS     = Errno(syscall.EINPROGRESS)
	ENOTSOCK        = Errno(syscall.ENOTSOCK) // the socket is closed
	EMSGSIZE        = Errno(syscall.EMSGSIZE)
	EAFNOSUPPORT    = Errno(syscall.EAFNOSUPPORT)
	ENETUNREACH     = Errno(syscall.ENETUNREACH)
	ECONNABORTED    = Errno(syscall.ECONNABORTED)
	ECONNRESET      = Errno(syscall.ECONNRESET)
	ENOTCONN        = Errno(syscall.ENOTCONN)
	ETIMEDOUT       = Errno(syscall.ETIMEDOUT)
	EHOSTUNREACH    = Errno(syscall.EHOSTUNREACH) // no such peer
	ENETRESET       = Errno(syscall.ENETRESET)
	ENOENT          = Errno(syscall.ENOENT) // unknown endpoint
	EMFILE          = Errno(syscall.EMFILE) // sockets or descriptors used up
	ENODEV          = Errno(syscall.ENODEV) // unknown interface or host in bind
	ENOMEM          = Errno(syscall.ENOMEM)
	EINTR           = Errno(syscall.EINTR)
	EFAULT          = Errno(syscall.EFAULT)
	EPROTO          = Errno(syscall.EPROTO)
	EBADF           = Errno(syscall.EBADF)
	ENAMETOOLONG    = Errno(syscall.ENAMETOOLONG)
	EPIPE           = Errno(syscall.EPIPE) // the peer closed the connection
)

// The numbers that only ZeroMQ has; values as in zmq.h.
const (
	EFSM           = Hausnumero + 51 // call not allowed in this state
	ENOCOMPATPROTO = Hausnumero + 52 // transport not for this socket type
	ETERM          = Hausnumero + 53 // context terminated
	EMTHREAD       = Hausnumero + 54 // no I/O thread to serve the socket
)

// Timeout is the error of a call that waited for its send or receive timeout
// (ZMQ_SNDTIMEO, ZMQ_RCVTIMEO) or deadline in vain. It is EAGAIN for libzmq's
// users and os.ErrDeadlineExceeded for Go's, and answers errors.Is for both. A
// plain EAGAIN, from a call that did not wait, is no deadline.
var Timeout error = timeoutError{}

// timeoutError is the type of Timeout.
type timeoutError struct{}

// Error returns the sentence for the timeout.
func (timeoutError) Error() string { return "timed out before the socket was ready" }

// Timeout reports true, as net.Error wants it.
func (timeoutError) Timeout() bool { return true }

// Temporary reports true, as net.Error wants it.
func (timeoutError) Temporary() bool { return true }

// Is says which errors Timeout stands for.
func (timeoutError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || EAGAIN.Is(target) || target == error(EAGAIN)
}

// Err returns e as an error, and nil for OK.
func (e Errno) Err() error {
	if e == OK {
		return nil
	}
	return e
}

// Is answers errors.Is. A number of the system's is the syscall.Errno of the
// same value and whatever that is in turn (ENOENT is fs.ErrNotExist, ENOTSUP is
// errors.ErrUnsupported); ETERM and ENOTSOCK are net.ErrClosed.
func (e Errno) Is(target error) bool {
	if e == OK {
		return false
	}
	if target == net.ErrClosed {
		return e == ETERM || e == ENOTSOCK
	}
	if e >= Hausnumero {
		return false
	}
	sys := syscall.Errno(e)
	if t, ok := target.(syscall.Errno); ok {
		return t == sys
	}
	return sys.Is(target)
}

// Timeout reports whether e is a connection's timeout. EAGAIN is none: it comes
// from a call that did not wait. See the variable Timeout for one that did.
func (e Errno) Timeout() bool { return e == ETIMEDOUT }

// Temporary reports whether the same call may succeed later without anything
// being changed by the caller.
func (e Errno) Temporary() bool {
	switch e {
	case EAGAIN, EINTR, EMFILE, ENOBUFS, ENOMEM, ETIMEDOUT, ECONNABORTED, ECONNRESET, EHOSTUNREACH:
		return true
	}
	return false
}
