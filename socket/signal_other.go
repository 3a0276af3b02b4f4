// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package socket

import "golang.org/x/sys/unix"

// newSignal makes a pipe, both of whose ends never block.
func newSignal() (in, out int, err error) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return -1, -1, err
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			closeSignal(fds[0], fds[1])
			return -1, -1, err
		}
	}
	return fds[0], fds[1], nil
}

func raiseSignal(fd int) {
	_, _ = unix.Write(fd, []byte{1})
}

// clearSignal takes back what one raiseSignal has written; false where there is nothing.
func clearSignal(fd int) bool {
	var b [8]byte
	n, _ := unix.Read(fd, b[:])
	return n > 0
}

func closeSignal(in, out int) {
	_ = unix.Close(in)
	_ = unix.Close(out)
}
