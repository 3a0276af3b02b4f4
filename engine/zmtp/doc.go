// SPDX-License-Identifier: MPL-2.0

// Package zmtp is the wire format of ZMTP 3.1, 3.0, 2.0 and 1.0 (RFC 23, 15 and
// 13, and what libzmq does where they are silent), without I/O: functions from
// bytes to values and back, that keep nothing, and one small state machine, the
// Greeting. Memory: parsers return slices of what they were given; writers
// append to, or write into, what they were given.
//
//	signature  revision  socket type        greeting of ZMTP 2.0      12 bytes
//	signature  3  minor  mechanism  filler  greeting of ZMTP 3        64 bytes
//	length+1  flags  body                   frame of ZMTP 1           2 or 10 + n
//	flags  length  body                     frame of ZMTP 2 and 3     2 or 9 + n
//	name  body                              command, in a frame with COMMAND
//	name  length  value …                   property list of READY, INITIATE
//
// # Lengths
//
// A length from the wire is a uint64 and is compared before it is converted:
// SizeMax is the largest that any caller can mean.
//
// # Flags
//
// RFC 23 reserves the upper five bits of a frame's flags and gives MORE no
// meaning on a command; libzmq ignores both. Here they break the connection,
// because inside the process the upper bits mean something.
package zmtp
