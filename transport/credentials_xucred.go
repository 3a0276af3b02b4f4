// SPDX-License-Identifier: MPL-2.0

//go:build darwin || freebsd

package transport

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// solLocal is the level of LOCAL_PEERCRED, SOL_LOCAL in <sys/un.h>.
const solLocal = 0

// credentials returns ":uid:gid:" of the process at the other end of a Unix
// domain socket (LOCAL_PEERCRED), or "". The gid is its first group; there is no
// pid, and libzmq leaves its place empty too.
func credentials(fd int) string {
	c, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
	if err != nil {
		return ""
	}
	text := make([]byte, 0, 40)
	text = strconv.AppendUint(append(text, ':'), uint64(c.Uid), 10)
	text = append(text, ':')
	if c.Ngroups > 0 {
		text = strconv.AppendUint(text, uint64(c.Groups[0]), 10)
	}
	return string(append(text, ':'))
}
