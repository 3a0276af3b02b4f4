// SPDX-License-Identifier: MPL-2.0

// Previous: loop.go (park). Next: engine/idle.go.

package reactor

import "time"

// A loop that has worked looks over its handlers after a while, for what they hold
// and need no more now that nothing happens. It does so again and again while there
// is traffic, and stops when there is none: a quiet loop is woken by nothing of its
// own. The time comes from a timer of the runtime, not from the loop's own, whose
// turns would read the clock for it.
const (
	// sweepAfter is between two looks while there is traffic. Twice of it is how long
	// a burst's memory is kept.
	sweepAfter = time.Second
	// sweepAfterMax is the longest that the looks get apart while nothing moves but
	// something is left to give back.
	sweepAfterMax = 64 * time.Second
)

// Sweeper is a handler that can give memory back while it has nothing to do.
type Sweeper interface {
	// Sweep is called on the loop now and then.
	Sweep() Swept
}

// Swept says what a Sweeper has found.
type Swept uint8

// What a Sweeper has found, in the order of what it means for the next look.
const (
	Quiet  Swept = iota // there was no traffic since the last time, and all is given back
	Laden               // no traffic either, but somebody has not taken yet what is there
	Moving              // traffic
)

// sweep is when a loop looks. Loop only, but for the timer.
type sweep struct {
	timer *time.Timer // nil before the first time
	on    bool        // it will fire
	after time.Duration
	seen  uint64 // work of the loop at the last look
}

// work is what the loop has done so far.
func (l *Loop) work() uint64 { return l.stats.events.Load() + l.stats.commands.Load() }

// watch has the loop look at its handlers after a while, if it has worked since the
// last time. Runs on the loop, before it parks.
func (l *Loop) watch() {
	if l.sweep.on || l.work() == l.sweep.seen {
		return
	}
	l.lookAfter(sweepAfter)
}

func (l *Loop) lookAfter(d time.Duration) {
	s := &l.sweep
	s.on, s.after = true, d
	if s.timer == nil {
		s.timer = time.AfterFunc(d, func() { l.Send(Command{Op: opSweep, To: l}) })
		return
	}
	s.timer.Reset(d)
}

// opSweep looks over the handlers.
var opSweep = &Op{Name: "sweep"}

func init() { opSweep.Run = func(c Command) { c.To.(*Loop).processSweep() } }

func (l *Loop) processSweep() {
	s := &l.sweep
	s.on = false
	s.seen = l.work() + 1 // this command will count, too
	most := Quiet
	for h := range l.handlers.All() {
		if w, ok := h.(Sweeper); ok {
			most = max(most, l.sweepOne(w))
		}
	}
	switch most {
	case Moving:
		l.lookAfter(sweepAfter)
	case Laden:
		l.lookAfter(min(2*s.after, sweepAfterMax))
	}
}

func (l *Loop) sweepOne(w Sweeper) Swept {
	defer l.contain(w)
	return w.Sweep()
}
