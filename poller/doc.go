// SPDX-License-Identifier: MPL-2.0

// Package poller tells which of many descriptors have become ready: epoll on
// Linux, kqueue on the BSDs and macOS, edge-triggered on both.
//
// # Contract
//
// A descriptor is added once, for both directions, and reported when something
// has changed: bytes have come, room has become free, the peer has gone, an
// error waits. It is not reported again for bytes that were there before, so
// whoever is told goes on until EAGAIN, or remembers that it did not.
//
// A report may be spurious: the receiver finds EAGAIN and waits on. A change is
// never swallowed: one that came before Add, or between two polls, is reported
// by the next poll.
//
//	what                    In  Out  HangUp  Error
//	bytes to read           x
//	room to write               x
//	peer shut its half down x        x
//	connection reset        x        x       x
//	connect has ended           x            x if it failed
//
// HangUp and Error always come with In, so that a receiver who only reads finds
// the end or the error where it reads.
//
// # Tokens
//
// Each descriptor carries a Token: a slot in a Table and the slot's generation.
// A slot that is given up gets a new generation, so that a report collected for
// its former holder finds nobody, even if the descriptor's number and the slot
// are both in use again.
//
// # Threads
//
// Add, Remove, Poll, Park and Close belong to one goroutine, the loop. Wake may
// be called by any goroutine at any time, after Close too.
//
// # Sleeping
//
// Poll never blocks and makes one system call that the Go scheduler is not told
// about. Park blocks. On Linux it waits in the runtime's own poller, into which
// an epoll descriptor can be put like any other: the goroutine sleeps, no thread
// is held and no P is given up and fetched back, which is where a blocking
// epoll_wait loses 5 to 50 microseconds. Elsewhere, and where the runtime
// refuses the descriptor, Park blocks in the system call, and Wake writes to an
// eventfd or a pipe.
//
//	Wake ──▶ the Park under way returns; if there is none, the next one does.
//	         Wakes coalesce, and a Park that returns for another reason takes
//	         the wakes before its return with it.
package poller
