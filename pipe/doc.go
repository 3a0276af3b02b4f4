// SPDX-License-Identifier: MPL-2.0

// Package pipe holds the bounded two-way message queue between a socket and a
// session, or between two sockets (libzmq's pipe_t), and the disciplines over
// sets of them: fair queue (fq_t), load balancer (lb_t), distributor (dist_t).
//
// # Two ends, two directions
//
// NewPair makes two ends. What one end writes the other reads. Each end has one
// owner. The owner may be a socket, whose goroutines take its send lock to use
// the writing side and its receive lock to use the reading side, or a session,
// which lives on an I/O loop.
//
// # Form
//
// A direction is a ypipe.Queue of frames in ZMTP 2 wire form, so that a session
// can hand the bytes to the kernel as they are. Flag bits above the three of
// ZMTP never reach the wire: sockets whose frames carry them are re-framed.
//
// # Credit
//
// The high-water mark counts whole messages. The writer may be ahead of the
// reader by so many. The reader tells its progress at each multiple of the
// low-water mark, (hwm+1)/2, so that a writer that was stopped resumes when half
// of the queue has been read (libzmq pipe_t::compute_lwm). Progress is one
// atomic word; only a writer that has gone to sleep on it gets a signal. A second
// credit may count bytes the same way; a direction that has one, or that conflates,
// takes the long ways (half.special), so that the others pay nothing for it.
//
// # End of life
//
// Each direction is closed twice: by its writer, which puts an end-of-stream
// mark (libzmq's delimiter) behind the last whole message, and by its reader,
// which will read no more. Whoever comes second owns the queue alone and drops
// what is left, bodies included. There is no handshake to wait for; an end is
// gone when its owner has closed both of its sides.
//
//	          CloseWrite                    CloseRead
//	open ───────────────────▶ ending ───────────────────▶ drained
//	  │  reader sees eof after the last message              ▲
//	  └──CloseRead──▶ refused: writes fail ──CloseWrite──────┘
//
// # Invariants
//
//	P1: a direction has at most one writer and one reader at a time.
//	P2: signals (Sink calls) are leaf calls: a Sink takes no lock that a caller
//	    may hold. PeerClosed alone is called with no lock held.
//	P3: written - read never exceeds the high-water mark at the first part of a
//	    message; all parts of a message that was begun fit.
package pipe
