// SPDX-License-Identifier: MPL-2.0

// Package mechanism holds the security handshakes of ZMTP 3. A mechanism works
// on command bodies only: no I/O, no clock, no goroutine; the engine frames
// what it produces and feeds it what arrives.
package mechanism
