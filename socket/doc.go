// SPDX-License-Identifier: MPL-2.0

// Package socket holds contexts, the socket base and the patterns (libzmq
// ctx_t, socket_base_t and its descendants).
//
// # Locks
//
// A socket has a send lock S and a receive lock R, so that sends and receives
// do not exclude each other; REQ and REP, whose two directions are one state,
// have R = S. Control operations (attach, detach, options) take both, S first.
// No lock is held while a call waits, and nobody holds locks of two sockets.
//
// Whatever reaches a socket from elsewhere comes as a leaf call: a pipe that has
// become readable or writable is noted in an activation list (waitq.go), and a
// waiting goroutine is woken; the pattern hears of it from the next caller that
// holds the lock. Signals that a call owes to others, and pipes to be let go,
// are noted under the lock and settled after unlocking (settle).
//
// # Invariants
//
//	S1: lock order: Poller.mu, S, then R, then leaves (waitq.mu, todo.mu, mailbox, events).
//	S2: a Sink or Host method that takes S or R is called with no lock held.
//	S3: a goroutine that was woken and gives up passes the wake-up on.
package socket
