// SPDX-License-Identifier: MPL-2.0

//go:build cgo

package main

// #include "abi.h"
import "C"

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/socket"
)

// The objects by the numbers of their slots. C checks every handle before it
// passes a number on; an object may still end while another thread uses it, and
// answers for itself then.
var (
	contexts [C.ZL_SLOTS_MAX]atomic.Pointer[socket.Ctx]
	sockets  [C.ZL_SLOTS_MAX]atomic.Pointer[socket.Base]
)

// guard ends every exported function, which gives an errno: a panic goes no further.
// It is reported on standard error, and the caller gets EFAULT.
func guard(e *C.int) {
	if r := recover(); r != nil {
		report(r)
		*e = C.int(errno.EFAULT)
	}
}

// contain is guard for the goroutines of this package, which have no caller.
func contain() {
	if r := recover(); r != nil {
		report(r)
	}
}

func report(r any) {
	fmt.Fprintf(os.Stderr, "libzmq: internal error, please report: %v\n%s", r, debug.Stack())
}

// number is what C gets of an error.
func number(err error) C.int {
	if err == nil {
		return 0
	}
	return C.int(errno.From(err))
}
