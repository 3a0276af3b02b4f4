// SPDX-License-Identifier: MPL-2.0

//go:build dragonfly || freebsd || netbsd

package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// x/sys has no Readv and Writev here, but these systems keep their system call
// numbers, and Go itself traps into the kernel. The iovecs go down as they are.

// readv is one readv(2). Precondition: iov is not empty.
func readv(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	n, _, errno := unix.Syscall(unix.SYS_READV,
		uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// writev is one writev(2). Precondition: iov is not empty.
func writev(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	n, _, errno := unix.Syscall(unix.SYS_WRITEV,
		uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
