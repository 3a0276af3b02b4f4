// SPDX-License-Identifier: MPL-2.0

package transport

import "golang.org/x/sys/unix"

// Read, Write, Readv and Writev move bytes through a non-blocking stream socket.
// They are what the engine calls for each batch (before: engine's in and out
// events; after: the kernel), so they take a bare descriptor, allocate nothing
// and return a bare errno:
//
//   - errno 0 is success. For reads n == 0 is then the end of the stream; an
//     empty buffer is EINVAL so that it cannot be mistaken for it.
//   - EAGAIN means would block; wait for the poller's next edge.
//   - a write may be short; the rest is the caller's to keep.
//   - EINTR is never returned, the call is repeated.
//
// Only the owner of the descriptor may call them: the number may be another's
// the moment it is closed. Writing to a closed connection is EPIPE and raises
// no signal in the process (see rw_linux.go).

// iovecsMax is the number of buffers that one call takes, IOV_MAX of the systems
// we run on. More are left for the next call, as after a short write.
const iovecsMax = 1024

// SetIovec points v at p. The array stays the caller's; v keeps it reachable.
func SetIovec(v *unix.Iovec, p []byte) {
	v.Base = nil
	if len(p) > 0 {
		v.Base = &p[0]
	}
	v.SetLen(len(p))
}
