// SPDX-License-Identifier: MPL-2.0

//go:build darwin || openbsd

package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These systems want to be called through libc, which x/sys does. It takes
// slices and makes iovecs of them, without allocating for up to slicesMax.

// slicesMax is the number of buffers per call that x/sys keeps on the stack.
const slicesMax = 8

// slices turns iovecs back into slices; the result is a part of room.
func slices(room *[slicesMax][]byte, iov []unix.Iovec) [][]byte {
	n := min(len(iov), slicesMax)
	for i := range n {
		room[i] = unsafe.Slice(iov[i].Base, int(iov[i].Len))
	}
	return room[:n]
}

// readv is one readv(2) of at most slicesMax buffers.
func readv(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	var room [slicesMax][]byte
	n, err := unix.Readv(fd, slices(&room, iov))
	if err != nil {
		return 0, errnoOf(err)
	}
	return n, 0
}

// writev is one writev(2) of at most slicesMax buffers.
func writev(fd int, iov []unix.Iovec) (int, syscall.Errno) {
	var room [slicesMax][]byte
	n, err := unix.Writev(fd, slices(&room, iov))
	if err != nil {
		return 0, errnoOf(err)
	}
	return n, 0
}
