// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// PeerCredentials returns who is at the other end of an ipc connection
// (SO_PEERCRED); false where that is unknown.
func PeerCredentials(fd int) (Credentials, bool) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, false
	}
	return Credentials{UID: int(c.Uid), GID: int(c.Gid), PID: int(c.Pid)}, true
}

// credentials returns ":uid:gid:pid" of the process at the other end of a Unix
// domain socket, as it was when it connected (SO_PEERCRED), or "".
func credentials(fd int) string {
	c, known := PeerCredentials(fd)
	if !known {
		return ""
	}
	text := make([]byte, 0, 40)
	text = strconv.AppendInt(append(text, ':'), int64(c.UID), 10)
	text = strconv.AppendInt(append(text, ':'), int64(c.GID), 10)
	text = strconv.AppendInt(append(text, ':'), int64(c.PID), 10)
	return string(text)
}
