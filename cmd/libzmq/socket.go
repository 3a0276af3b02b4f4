// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: object.c, poll.c. Next: socket/.

package main

// #include "abi.h"
import "C"

import (
	"context"
	"time"
	"unsafe"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/socket"
)

// on runs f on a socket.
func on(at C.uint32_t, f func(b *socket.Base) error) C.int {
	b := sockets[at].Load()
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	return number(f(b))
}

//export goSocket
func goSocket(ctx, at C.uint32_t, typ C.int) (e C.int) {
	defer guard(&e)
	c := contexts[ctx].Load()
	if c == nil {
		return C.int(errno.ETERM)
	}
	b, err := c.New(int(typ), nil)
	if err == nil {
		b.GoBare()
		sockets[at].Store(b)
	}
	return number(err)
}

//export goClose
func goClose(at C.uint32_t) (e C.int) {
	defer guard(&e)
	b := sockets[at].Swap(nil)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	return number(b.Close())
}

//export goSetOpt
func goSetOpt(at C.uint32_t, option C.int, value unsafe.Pointer, size C.size_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		if value == nil && size > 0 {
			return errno.EINVAL
		}
		return b.SetSockOpt(int(option), view(value, size))
	})
}

//export goGetOpt
func goGetOpt(at C.uint32_t, option C.int, value unsafe.Pointer, size *C.size_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		n, err := b.GetSockOpt(int(option), view(value, *size))
		if err == nil {
			*size = C.size_t(n)
		}
		return err
	})
}

//export goFD
func goFD(at C.uint32_t, fd *C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		n, err := b.FD()
		*fd = C.int(n)
		return err
	})
}

// goRaise makes other threads that wait for the socket look again.
//
//export goRaise
func goRaise(at C.uint32_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error { b.RaiseSignal(); return nil })
}

// goEvents writes what each of n sockets is ready for. It fails where one of them
// has ended.
//
//export goEvents
func goEvents(at *C.uint32_t, n C.int, got *C.short) (e C.int) {
	defer guard(&e)
	events := unsafe.Slice(got, n)
	for i, id := range unsafe.Slice(at, n) {
		b := sockets[id].Load()
		if b == nil {
			return C.int(errno.ENOTSOCK)
		}
		ready, err := b.Events()
		if err != nil {
			return number(err)
		}
		events[i] = C.short(ready)
	}
	return 0
}

// What goEndpoint does, as object.c counts it.
var endpointCalls = [...]func(b *socket.Base, endpoint string) error{
	(*socket.Base).Bind, (*socket.Base).Connect, (*socket.Base).Unbind, (*socket.Base).Disconnect,
}

//export goEndpoint
func goEndpoint(at C.uint32_t, what C.int, text *C.char) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error { return endpointCalls[what](b, C.GoString(text)) })
}

//export goMonitor
func goMonitor(at C.uint32_t, text *C.char, events C.uint64_t, version, typ C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		endpoint := ""
		if text != nil {
			if endpoint = C.GoString(text); endpoint == "" {
				return errno.EINVAL // only NULL ends a monitor
			}
		}
		return b.Monitor(endpoint, engine.EventType(events), int(version), int(typ))
	})
}

// statsWait bounds how long the loops may take to answer; they answer at once
// unless something is badly wrong.
const statsWait = 5 * time.Second

//export goPipesStats
func goPipesStats(at C.uint32_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		ctx, cancel := context.WithTimeout(context.Background(), statsWait)
		defer cancel()
		return b.PipesStats(ctx)
	})
}
