// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"syscall"
)

// Error is the failure of one operation on one endpoint. It is immutable.
type Error struct {
	Op       string // "bind", "connect", "accept", "resolve", "register", …
	Endpoint string // as the caller gave it; "" where only a descriptor is known
	Err      error  // a syscall.Errno, or a context's error
}

// Error returns operation, endpoint and reason in one line.
func (e *Error) Error() string {
	if e.Endpoint == "" {
		return e.Op + ": " + e.Err.Error()
	}
	return e.Op + " " + e.Endpoint + ": " + e.Err.Error()
}

// Unwrap returns the reason, so that errors.Is finds the syscall.Errno.
func (e *Error) Unwrap() error { return e.Err }

// fail wraps err, once, at the boundary that knows the endpoint. Of a chain of
// errors only the errno or the context's error is kept; what has neither came
// from a registered transport and is kept whole.
func fail(op, endpoint string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var num syscall.Errno
	switch {
	case errors.As(err, &num):
		err = num
	case errors.Is(err, context.Canceled):
		err = context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		err = context.DeadlineExceeded
	}
	return &Error{Op: op, Endpoint: endpoint, Err: err}
}
