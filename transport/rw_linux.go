// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// RawSyscall instead of Syscall: a call on a non-blocking socket comes back at
// once, so the scheduler need not be told (entersyscall, exitsyscall and, after
// 20 µs, the loss of the processor to another thread). That holds only for
// sockets with O_NONBLOCK, which is T1.
//
// sendto and sendmsg instead of write and writev: MSG_NOSIGNAL keeps the kernel
// from raising SIGPIPE. A Go program would ignore the signal, after running its
// handler, but inside a C program it may be C's to handle, and it would die of
// it by default.

// Read reads into p, which must not be empty.
func Read(fd int, p []byte) (int, syscall.Errno) {
	if len(p) == 0 {
		return 0, syscall.EINVAL
	}
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ,
			uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Write writes what it can of p.
func Write(fd int, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO,
			uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_NOSIGNAL, 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Readv reads into the buffers of iov in order; the first must not be empty. iov
// and its buffers stay the caller's.
func Readv(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	if len(iov) == 0 || iov[0].Len == 0 {
		return 0, syscall.EINVAL
	}
	iov = iov[:min(len(iov), iovecsMax)]
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READV,
			uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Writev writes what it can of the buffers of iov in order. iov and its buffers
// stay the caller's, unchanged.
func Writev(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	iov = iov[:min(len(iov), iovecsMax)]
	h := unix.Msghdr{Iov: unsafe.SliceData(iov)}
	h.SetIovlen(len(iov))
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG,
			uintptr(fd), uintptr(unsafe.Pointer(&h)), unix.MSG_NOSIGNAL)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}
