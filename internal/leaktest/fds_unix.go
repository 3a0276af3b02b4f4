// SPDX-License-Identifier: MPL-2.0

//go:build unix && !linux

package leaktest

import "syscall"

// scanFDsMax bounds the numbers that are tried where the system keeps no
// list. Descriptors are handed out from the lowest number, so that a leak shows
// below it.
const scanFDsMax = 1 << 14

// openFDs returns the open descriptors and what each refers to: its file mode.
// fstat is used because it works on every kind of descriptor and is in every
// system's syscall package.
func openFDs() (map[int]string, error) {
	fds := make(map[int]string)
	for fd := range scanFDsMax {
		var st syscall.Stat_t
		if err := syscall.Fstat(fd, &st); err != syscall.EBADF {
			fds[fd] = kind(uint32(st.Mode))
		}
	}
	return fds, nil
}

// kind names the file type in mode.
func kind(mode uint32) string {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFSOCK:
		return "socket"
	case syscall.S_IFIFO:
		return "pipe"
	case syscall.S_IFREG:
		return "file"
	case syscall.S_IFDIR:
		return "directory"
	case syscall.S_IFCHR:
		return "device"
	}
	return "other"
}
