// SPDX-License-Identifier: MPL-2.0

//go:build cgo && libzmq_fault

package main

// #include "abi.h"
import "C"

import (
	"sync/atomic"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/socket"
)

// whole are the sockets in whose place goBreak has put broken ones. Only this build
// has them, which a test makes to see what a panic does (testdata/fault.c).
var whole [C.ZL_SLOTS_MAX]atomic.Pointer[socket.Base]

// goBreak replaces a socket by one of which little was set up: the engine runs into
// nil pointers there.
//
//export goBreak
func goBreak(at C.uint32_t) (e C.int) {
	defer guard(&e)
	if sockets[at].Load() == nil {
		return C.int(errno.ENOTSOCK)
	}
	whole[at].Store(sockets[at].Swap(socket.Broken()))
	return 0
}

// goMend undoes goBreak. A socket that was closed meanwhile is closed now.
//
//export goMend
func goMend(at C.uint32_t) (e C.int) {
	defer guard(&e)
	b := whole[at].Swap(nil)
	switch {
	case b == nil:
		return C.int(errno.ENOTSOCK)
	case sockets[at].Load() == nil:
		return number(b.Close())
	}
	sockets[at].Store(b)
	return 0
}
