// SPDX-License-Identifier: MPL-2.0

//go:build cgo

package main

// #include "abi.h"
import "C"

import (
	"crypto/rand"
	"unsafe"

	"github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine"
)

// goHas says whether the engine has a capability. The draft functions are all here.
//
//export goHas
func goHas(capability *C.char, has *C.int) (e C.int) {
	defer guard(&e)
	if name := C.GoString(capability); name == "draft" || zmq.Has(name) {
		*has = 1
	}
	return 0
}

// goCurveKeys writes the public key, of 32 bytes, of a secret key, which it makes
// where fresh is not 0.
//
//export goCurveKeys
func goCurveKeys(public, secret *C.uint8_t, fresh C.int) (e C.int) {
	defer guard(&e)
	s := (*[32]byte)(unsafe.Pointer(secret))
	if fresh != 0 {
		_, _ = rand.Read(s[:]) // never fails
	}
	*(*[32]byte)(unsafe.Pointer(public)) = engine.CurvePublicOf(*s)
	return 0
}
