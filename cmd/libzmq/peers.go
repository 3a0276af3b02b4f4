// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// What only some socket types have: groups, routing ids, states of peers.

package main

// #include "abi.h"
import "C"

import (
	"unsafe"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/socket"
)

// goSendTo sends a message of a type whose messages have an address; it is copied.
//
//export goSendTo
func goSendTo(at C.uint32_t, data unsafe.Pointer, size C.size_t, flags C.int, id C.uint32_t, group *C.char) (e C.int) {
	defer guard(&e)
	b := socketFor(at, flags)
	if b == nil {
		return C.int(errno.ENOTSOCK)
	}
	to := msg.Address{RoutingID: uint32(id)}
	if group != nil {
		to.Group = C.GoString(group)
	}
	n := sendCopy(b, to, unsafe.Slice((*byte)(data), size), flags)
	return C.int(passOn(b, flags, n, socket.PollIn))
}

// takeAddress hands a message's address over to C.
func takeAddress(in *C.struct_zl_in, from msg.Address) {
	in.routing_id = C.uint32_t(from.RoutingID)
	if from.Group != "" && !bool(in.cut) {
		in.group = C.CString(from.Group)
	}
}

//export goGroup
func goGroup(at C.uint32_t, join C.int, group *C.char) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		if join != 0 {
			return b.Join(C.GoString(group))
		}
		return b.Leave(C.GoString(group))
	})
}

//export goConnectPeer
func goConnectPeer(at C.uint32_t, text *C.char, id *C.uint32_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		n, err := b.ConnectPeer(C.GoString(text))
		*id = C.uint32_t(n)
		return err
	})
}

//export goDisconnectPeer
func goDisconnectPeer(at C.uint32_t, id C.uint32_t) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error { return b.DisconnectPeer(uint32(id)) })
}

//export goPeerState
func goPeerState(at C.uint32_t, id unsafe.Pointer, size C.size_t, state *C.int) (e C.int) {
	defer guard(&e)
	return on(at, func(b *socket.Base) error {
		n, err := b.PeerState(view(id, size))
		*state = C.int(n)
		return err
	})
}
