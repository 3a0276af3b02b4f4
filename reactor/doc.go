// SPDX-License-Identifier: MPL-2.0

// Package reactor holds the I/O loops: threads, time and commands, and no
// protocol.
//
// # Threads
//
// A Loop is one goroutine that owns a poller, a table of handles, a timer heap
// and a mailbox. Everything that belongs to a connection is owned by its loop
// and touched by nobody else. Other goroutines reach it by a Command: a static
// operation plus arguments, carried as a value.
//
//	what                          who may call it
//	Loop.Send                     any goroutine
//	Loop.Register, AddTimer,      the loop itself: inside an Event, a Fire,
//	Requeue, Now, Handle methods  a Step or a command
//	Loop.Load, Loop.Stats         any goroutine
//	Pool.Choose                   any goroutine
//
// # A turn
//
// A turn polls the kernel without blocking, dispatches what it found, runs the
// commands, fires due timers, and lets those handlers go on that had used up
// their budget. A turn that did nothing is followed by another while traffic is
// recent (spin.go), and by a park in the runtime's own poller when it is not:
// no operating-system thread is held and no P is kept.
//
// # Order of shutdown
//
//	socket.Close ─▶ term command to each session, listener (owned objects)
//	             ◀─ each leaves when flushed, lingered out, or refused
//	last one out ─▶ the socket is reaped (own.go)
//	last socket  ─▶ Context.Term returns; Pool.Stop ends the loops (reaper.go)
package reactor
