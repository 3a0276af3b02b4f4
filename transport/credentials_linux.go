// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// credentials returns ":uid:gid:pid" of the process at the other end of a Unix
// domain socket, as it was when it connected (SO_PEERCRED), or "".
func credentials(fd int) string {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return ""
	}
	text := make([]byte, 0, 40)
	text = strconv.AppendUint(append(text, ':'), uint64(c.Uid), 10)
	text = strconv.AppendUint(append(text, ':'), uint64(c.Gid), 10)
	text = strconv.AppendInt(append(text, ':'), int64(c.Pid), 10)
	return string(text)
}
