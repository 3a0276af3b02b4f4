// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"errors"
	"syscall"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/transport"
)

// Errno is an error number of ZeroMQ: the system's, or one of its own from
// 156384713 on, with the value that zmq.h gives it.
type Errno = errno.Errno

// The errors that calls return, wrapped in *OpError: compare with errors.Is.
// They also answer errors.Is for the syscall.Errno of the same number.
const (
	ErrAgain          = errno.EAGAIN          // would block
	ErrInvalid        = errno.EINVAL          // bad option, value or address
	ErrNotSup         = errno.ENOTSUP         // not for this socket type
	ErrProtoNoSupport = errno.EPROTONOSUPPORT // unknown transport
	ErrNoBufs         = errno.ENOBUFS
	ErrNetDown        = errno.ENETDOWN
	ErrAddrInUse      = errno.EADDRINUSE
	ErrAddrNotAvail   = errno.EADDRNOTAVAIL
	ErrConnRefused    = errno.ECONNREFUSED
	ErrInProgress     = errno.EINPROGRESS
	ErrNotSock        = errno.ENOTSOCK // the socket is closed; is net.ErrClosed
	ErrMsgSize        = errno.EMSGSIZE
	ErrHostUnreach    = errno.EHOSTUNREACH // no such peer
	ErrFSM            = errno.EFSM         // not allowed in the socket's state
	ErrNoCompatProto  = errno.ENOCOMPATPROTO
	ErrTerm           = errno.ETERM    // the context was terminated; is net.ErrClosed
	ErrMThread        = errno.EMTHREAD // no I/O loop to serve the endpoint
	ErrNoEnt          = errno.ENOENT   // unknown endpoint
	ErrMFile          = errno.EMFILE   // too many sockets or descriptors
	ErrNoDev          = errno.ENODEV   // unknown interface
	ErrNameTooLong    = errno.ENAMETOOLONG
	ErrFault          = errno.EFAULT
	ErrProto          = errno.EPROTO
	ErrConnReset      = errno.ECONNRESET
	ErrTimedOut       = errno.ETIMEDOUT
	ErrNetUnreach     = errno.ENETUNREACH
	ErrConnAborted    = errno.ECONNABORTED
	ErrNotConn        = errno.ENOTCONN
	ErrAFNoSupport    = errno.EAFNOSUPPORT
	ErrNetReset       = errno.ENETRESET
	ErrInterrupted    = errno.EINTR
	ErrNoMem          = errno.ENOMEM
	ErrBadFD          = errno.EBADF
	ErrPipe           = errno.EPIPE
)

// ErrTimeout is what a call returns that waited for its send or receive timeout
// in vain. It is ErrAgain for errors.Is, and os.ErrDeadlineExceeded.
var ErrTimeout = errno.Timeout

// OpError is what every call of this package returns on failure.
type OpError struct {
	Op       string // the call: "send", "bind", …
	Endpoint string // the endpoint that it concerns, or ""
	Err      error  // an Errno, ErrTimeout, the context's error, or what the system said
}

// Error says what failed, where and why.
func (e *OpError) Error() string {
	if e.Endpoint == "" {
		return "zmq: " + e.Op + ": " + e.Err.Error()
	}
	return "zmq: " + e.Op + " " + e.Endpoint + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// Timeout reports whether the call ran out of time.
func (e *OpError) Timeout() bool {
	t, ok := e.Err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

// wrap makes an OpError, or nil of nil. A system error becomes the Errno of its
// number, which answers errors.Is for both. It runs on failure only.
func wrap(op, endpoint string, err error) error {
	if err == nil {
		return nil
	}
	var below *transport.Error // says operation and endpoint too
	if errors.As(err, &below) {
		err = below.Err
	}
	if number, ok := err.(syscall.Errno); ok {
		err = Errno(number)
	}
	return &OpError{Op: op, Endpoint: endpoint, Err: err}
}
