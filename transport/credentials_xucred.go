// SPDX-License-Identifier: MPL-2.0

//go:build darwin || freebsd

package transport

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// solLocal is the level of LOCAL_PEERCRED, SOL_LOCAL in <sys/un.h>.
const solLocal = 0

// PeerCredentials returns who is at the other end of an ipc connection
// (LOCAL_PEERCRED), the gid being its first group, or -1; false where that is
// unknown.
func PeerCredentials(fd int) (Credentials, bool) {
	c, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
	if err != nil {
		return Credentials{}, false
	}
	who := Credentials{UID: int(c.Uid), GID: -1, PID: -1}
	if c.Ngroups > 0 {
		who.GID = int(c.Groups[0])
	}
	return who, true
}

// credentials returns ":uid:gid:" of the process at the other end of a Unix
// domain socket (LOCAL_PEERCRED), or "". The gid is its first group; there is no
// pid, and libzmq leaves its place empty too.
func credentials(fd int) string {
	c, known := PeerCredentials(fd)
	if !known {
		return ""
	}
	text := make([]byte, 0, 40)
	text = strconv.AppendInt(append(text, ':'), int64(c.UID), 10)
	text = append(text, ':')
	if c.GID >= 0 {
		text = strconv.AppendInt(text, int64(c.GID), 10)
	}
	return string(append(text, ':'))
}
