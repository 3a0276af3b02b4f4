// SPDX-License-Identifier: MPL-2.0

//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Plain x/sys calls. SIGPIPE is kept away by Tune (SO_NOSIGPIPE) where that
// exists, and ignored by the Go runtime elsewhere.

// Read reads into p, which must not be empty.
func Read(fd int, p []byte) (int, syscall.Errno) {
	if len(p) == 0 {
		return 0, syscall.EINVAL
	}
	for {
		n, err := unix.Read(fd, p)
		if err == nil {
			return n, 0
		}
		if err != unix.EINTR {
			return 0, errnoOf(err)
		}
	}
}

// Write writes what it can of p.
func Write(fd int, p []byte) (int, syscall.Errno) {
	for {
		n, err := unix.Write(fd, p)
		if err == nil {
			return n, 0
		}
		if err != unix.EINTR {
			return 0, errnoOf(err)
		}
	}
}

// Readv reads into the buffers of iov in order; the first must not be empty. iov
// and its buffers stay the caller's.
func Readv(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	if len(iov) == 0 || iov[0].Len == 0 {
		return 0, syscall.EINVAL
	}
	for {
		n, errno := readv(fd, iov[:min(len(iov), iovecsMax)])
		if errno != unix.EINTR {
			return n, errno
		}
	}
}

// Writev writes what it can of the buffers of iov in order. iov and its buffers
// stay the caller's, unchanged.
func Writev(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	if len(iov) == 0 {
		return 0, 0
	}
	for {
		n, errno := writev(fd, iov[:min(len(iov), iovecsMax)])
		if errno != unix.EINTR {
			return n, errno
		}
	}
}

// errnoOf is the number behind an error of x/sys.
func errnoOf(err error) syscall.Errno {
	if errno, ok := err.(syscall.Errno); ok {
		return errno
	}
	return syscall.EIO
}
