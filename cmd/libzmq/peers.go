// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// What only some socket types have: groups, routing ids, states of peers.

package main

// #include "abi.h"
import "C"

import (
	"unsafe"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/socket"
)

//export goSendTo
func goSendTo(at C.uint32_t, data unsafe.Pointer, size C.size_t, flags C.int, id C.uint32_t, group *C.char) (e C.int) {
	defer guard(&e)
	return goSend(at, data, size, flags)
}

//export goGroup
func goGroup(at C.uint32_t, join C.int, group *C.char) C.int { return C.int(errno.ENOTSUP) }

//export goConnectPeer
func goConnectPeer(at C.uint32_t, text *C.char, id *C.uint32_t) C.int { return C.int(errno.ENOTSUP) }

//export goDisconnectPeer
func goDisconnectPeer(at C.uint32_t, id C.uint32_t) C.int { return C.int(errno.ENOTSUP) }

//export goPeerState
func goPeerState(at C.uint32_t, id unsafe.Pointer, size C.size_t, state *C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		n, err := b.PeerState(view(id, size))
		*state = C.int(n)
		return err
	})
}
