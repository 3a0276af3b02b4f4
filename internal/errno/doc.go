// SPDX-License-Identifier: MPL-2.0

// Package errno holds the closed set of error numbers that a ZeroMQ call can
// end with.
//
// A number that the operating system knows has the system's value, so that it
// compares with a syscall.Errno and can be handed to C unchanged. Those that
// only ZeroMQ knows lie above Hausnumero, as in zmq.h, and collide with no
// system's.
//
// An Errno is a plain number: inside the house it is compared with ==, and
// OK says that nothing failed. Only the public API turns it into an error and
// lets users ask with errors.Is. An Errno that is OK must not be returned as an
// error; Err makes the right value of it.
//
// Reading order: errno.go (the numbers and how they answer errors.Is), text.go
// (their names and sentences), from.go (other errors to numbers).
package errno
