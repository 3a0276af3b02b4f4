// SPDX-License-Identifier: MPL-2.0

package reactor

import "sync/atomic"

// counters are the loop's own; written by the loop, but for wakes, and read by
// anybody.
type counters struct {
	turns, events, commands, parks, wakes, faults atomic.Uint64
}

// Stats is a snapshot of what a loop has done since it began.
type Stats struct {
	Turns    uint64 // passes through the loop
	Events   uint64 // readiness events dispatched
	Commands uint64 // commands run
	Parks    uint64 // times it went to sleep
	Wakes    uint64 // times a command had to wake it
	Faults   uint64 // panics contained
	Handles  int64  // descriptors registered now
}

// Stats returns the loop's counters. Any goroutine.
func (l *Loop) Stats() Stats {
	return Stats{
		Turns:    l.stats.turns.Load(),
		Events:   l.stats.events.Load(),
		Commands: l.stats.commands.Load(),
		Parks:    l.stats.parks.Load(),
		Wakes:    l.stats.wakes.Load(),
		Faults:   l.stats.faults.Load(),
		Handles:  l.load.Load(),
	}
}
