// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: object.c. Next: socket/ctx.go.

package main

// #include "abi.h"
import "C"

import (
	"context"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/socket"
)

//export goCtxNew
func goCtxNew(at C.uint32_t) (e C.int) {
	defer guard(&e)
	startWatchdog()
	contexts[at].Store(socket.NewCtx())
	return 0
}

//export goCtxShutdown
func goCtxShutdown(at C.uint32_t) (e C.int) {
	defer guard(&e)
	if c := contexts[at].Load(); c != nil {
		c.Shutdown()
	}
	return 0
}

// goCtxTerm begins to end a context and makes fd, an eventfd, readable when that is
// done.
//
//export goCtxTerm
func goCtxTerm(at C.uint32_t, fd C.int) (e C.int) {
	defer guard(&e)
	c := contexts[at].Swap(nil)
	if c == nil {
		return C.int(errno.EFAULT)
	}
	c.Shutdown()
	go term(c, int(fd))
	return 0
}

// term ends a context and makes fd readable, whatever happens.
func term(c *socket.Ctx, fd int) {
	defer func() {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		_, _ = unix.Write(fd, one[:])
	}()
	defer contain()
	_ = c.Term(context.Background())
	awaitReleases()
}

//export goCtxSet
func goCtxSet(at C.uint32_t, option C.int, value unsafe.Pointer, size C.size_t) (e C.int) {
	defer guard(&e)
	c := contexts[at].Load()
	if c == nil {
		return C.int(errno.EFAULT)
	}
	return number(c.SetOpt(int(option), view(value, size)))
}

//export goCtxGet
func goCtxGet(at C.uint32_t, option C.int, value unsafe.Pointer, size *C.size_t) (e C.int) {
	defer guard(&e)
	c := contexts[at].Load()
	if c == nil {
		return C.int(errno.EFAULT)
	}
	n, err := c.GetOpt(int(option), view(value, *size))
	if err == nil {
		*size = C.size_t(n)
	}
	return number(err)
}

// view looks at C's memory as bytes; nil for NULL, never nil for anything else.
func view(p unsafe.Pointer, size C.size_t) []byte {
	switch {
	case p == nil:
		return nil
	case size == 0:
		return []byte{}
	}
	return unsafe.Slice((*byte)(p), size)
}
