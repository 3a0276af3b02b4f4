// SPDX-License-Identifier: MPL-2.0

package transport

// Credentials are those of the process at the other end of an ipc connection, as
// it was when it connected.
type Credentials struct {
	UID, GID int
	PID      int // -1 where the system does not tell (FreeBSD, macOS)
}
