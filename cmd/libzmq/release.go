// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Bodies in C's memory: made for what is received, released when what was sent is
// on its way.

package main

// #include "abi.h"
import "C"

import (
	"sync"
	"unsafe"

	"github.com/zeroloop/zmq/internal/buf"
)

// outside lets bodies of the engine live in C's memory, so that a large message
// passes to the program without a copy.
var outside = buf.Outside{
	New: func(n int) ([]byte, unsafe.Pointer) {
		content := C.zl_content_new(C.size_t(n))
		if content == nil {
			return nil, nil
		}
		return unsafe.Slice((*byte)(content.data), n), unsafe.Pointer(content)
	},
	Release: func(handle unsafe.Pointer) { release((*C.struct_zl_content)(handle)) },
}

func init() {
	buf.SetOutside(&outside)
	released.idle.L = &released.mu
}

// released are bodies whose program wants to be told of their end. Its function is
// called on a goroutine of its own: the last reference may be dropped under a
// socket's lock, and the function may use sockets.
var released struct {
	mu   sync.Mutex
	idle sync.Cond // done has grown
	// +checklocks:mu
	contents []*C.struct_zl_content
	// +checklocks:mu
	running bool
	// +checklocks:mu
	queued, done uint64 // bodies that have been in contents, and those of them that are gone
}

// release drops Go's reference to a body. Any lock may be held.
func release(content *C.struct_zl_content) {
	if content.ffn == nil {
		C.zl_content_release(content)
		return
	}
	r := &released
	r.mu.Lock()
	r.contents = append(r.contents, content)
	r.queued++
	start := !r.running
	r.running = true
	r.mu.Unlock()
	if start {
		go releaseAll()
	}
}

// releaseAll works off what there is and ends.
func releaseAll() {
	for releaseSome() {
	}
}

// releaseSome works off what there is. It returns false where there is nothing.
func releaseSome() (some bool) {
	defer contain()
	r := &released
	r.mu.Lock()
	contents := r.contents
	r.contents = nil
	some = len(contents) > 0
	r.running = some
	r.mu.Unlock()
	if some {
		defer releasedMany(len(contents))
		C.zl_contents_release(&contents[0], C.size_t(len(contents)))
	}
	return some
}

func releasedMany(n int) {
	r := &released
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += uint64(n)
	r.idle.Broadcast()
}

// awaitReleases waits until the programs have been told of all bodies whose last
// reference was dropped before: with its context a program may end what their functions
// need.
func awaitReleases() {
	r := &released
	r.mu.Lock()
	defer r.mu.Unlock()
	for all := r.queued; r.done < all; {
		r.idle.Wait()
	}
}
