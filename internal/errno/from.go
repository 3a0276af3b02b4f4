// SPDX-License-Identifier: MPL-2.0

package errno

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"syscall"
)

// From returns the number that says best what err is. It looks through wrapped
// errors. nil is OK; Timeout is EAGAIN; a system error keeps its number; the
// standard library's sentinels and timeouts get the number that libzmq uses in
// the same place, such as EPIPE for the end of a connection
// (stream_engine_base_t::in_event_internal). An error that says nothing is
// EINVAL.
func From(err error) Errno {
	if err == nil {
		return OK
	}
	if e, ok := err.(Errno); ok { // the usual case, without a walk
		return orInval(e)
	}
	var own Errno
	if errors.As(err, &own) {
		return orInval(own)
	}
	if errors.Is(err, Timeout) {
		return EAGAIN
	}
	var sys syscall.Errno
	if errors.As(err, &sys) {
		return orInval(Errno(sys))
	}
	return fromSentinel(err)
}

// fromSentinel maps errors that carry no number.
func fromSentinel(err error) Errno {
	switch {
	case errors.Is(err, net.ErrClosed), errors.Is(err, fs.ErrClosed):
		return ENOTSOCK
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return EPIPE
	case errors.Is(err, context.Canceled):
		return EINTR
	case errors.Is(err, fs.ErrNotExist):
		return ENOENT
	case errors.Is(err, errors.ErrUnsupported):
		return ENOTSUP
	}
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		return ETIMEDOUT
	}
	return EINVAL
}

// orInval keeps a non-nil error from becoming OK.
func orInval(e Errno) Errno {
	if e == OK {
		return EINVAL
	}
	return e
}
