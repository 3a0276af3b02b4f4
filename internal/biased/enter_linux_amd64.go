// SPDX-License-Identifier: MPL-2.0

//go:build !race

package biased

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// enter takes the lock where the caller has the bias.
//
//go:noescape
func enter(m *Mutex) bool

// goroutine returns what tells the running goroutine from all others.
func goroutine() uintptr

// leave gives the lock up that enter took. It is a plain store, which B2 is about; an
// atomic one would cost what the bias saves.
func leave(m *Mutex) { *(*uint32)(unsafe.Pointer(&m.given.busy)) = 0 }

// Commands of membarrier(2).
const (
	privateExpedited         = 1 << 3
	registerPrivateExpedited = 1 << 4
)

// offer is what is known of the barrier.
var offer atomic.Int32

const (
	unasked = iota
	asking
	offered
	refused
)

// able reports whether there is a barrier, without which nobody may have the bias. The
// first call asks for it, which takes the kernel some milliseconds, and says no.
func able() bool {
	switch offer.Load() {
	case offered:
		return true
	case unasked:
		if offer.CompareAndSwap(unasked, asking) {
			go ask()
		}
	}
	return false
}

func ask() {
	if _, _, no := unix.Syscall(unix.SYS_MEMBARRIER, registerPrivateExpedited, 0, 0); no != 0 {
		offer.Store(refused)
		return
	}
	offer.Store(offered)
}

// barrier has every thread of the process that runs pass a memory barrier. Where the
// kernel has come to refuse that, to stop all goroutines once does it too.
func barrier() {
	if _, _, no := unix.RawSyscall(unix.SYS_MEMBARRIER, privateExpedited, 0, 0); no != 0 {
		offer.Store(refused)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
	}
}
