// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// newSignal makes an eventfd.
func newSignal() (in, out int, err error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	return fd, fd, err
}

// raiseSignal adds one. The counter never fills up: it is raised once at a time.
func raiseSignal(fd int) {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(fd, one[:])
}

// clearSignal takes back what one raiseSignal has written; false where there is nothing.
func clearSignal(fd int) bool {
	var count [8]byte
	n, _ := unix.Read(fd, count[:])
	return n > 0
}

func closeSignal(in, _ int) { _ = unix.Close(in) }
