// SPDX-License-Identifier: MPL-2.0

// Previous: mailbox.go, poller. Next: engine (Event, Step, commands).

package reactor

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/zeroloop/zmq/poller"
)

// eventsMax bounds how many events one poll collects (libzmq max_io_events).
const eventsMax = 256

// Stepper is a handler that has used up its budget and goes on next turn,
// because an edge that was not drained will not come again.
type Stepper interface {
	Step()
}

// Loop is one I/O loop (libzmq io_thread_t). All its fields but the mailbox and
// the counters belong to its goroutine.
type Loop struct {
	// immutable after newLoop
	index  int
	poller *poller.Poller
	done   chan struct{}

	// loop only
	handlers poller.Table[Handler]
	timers   timerHeap
	timerSeq uint64
	ready    []Stepper // go on next turn
	running  []Stepper // go on in this turn
	events   [eventsMax]poller.Event
	spin     spin
	expects  expectation
	sweep    sweep
	stopping bool

	// shared
	mailbox Mailbox
	load    atomic.Int64 // registered descriptors
	relief  atomic.Int64 // see Relieve
	stats   counters
}

func newLoop(index int) (*Loop, error) {
	p, err := poller.New()
	if err != nil {
		return nil, err
	}
	l := &Loop{index: index, poller: p, done: make(chan struct{})}
	go l.run()
	return l, nil
}

// Index returns the loop's number within its pool, the bit of AFFINITY.
func (l *Loop) Index() int { return l.index }

// Send posts a command. Any goroutine; it never blocks.
func (l *Loop) Send(c Command) {
	if l.mailbox.Send(c) {
		l.stats.wakes.Add(1)
		l.poller.Wake()
	}
}

// Relieve notes that a goroutine has just done what the loop would have had to
// do, at a time that its users understand. Any goroutine.
func (l *Loop) Relieve(now int64) { l.relief.Store(now) }

// Relieved returns when that was last. Any goroutine.
func (l *Loop) Relieved() int64 { return l.relief.Load() }

// Load returns how many descriptors are registered. Any goroutine.
func (l *Loop) Load() int { return int(l.load.Load()) }

// Calm says that nothing is to be expected for a while of what the caller has just
// served, so that the loop need not poll on for it. Runs on the loop.
func (l *Loop) Calm() { l.spin.calm = true }

// Expect says that an answer may come soon to what the caller has just served. A loop
// that parks at once polls on for it for that long. Runs on the loop.
func (l *Loop) Expect(within time.Duration) { l.expects.ask(within) }

// Expected returns the longest time of what Expect was told in this turn; 0 is nothing.
// Runs on the loop.
func (l *Loop) Expected() time.Duration { return l.expects.asked }

// Requeue lets s go on in the next turn. Runs on the loop; the caller must not
// requeue an s that is already waiting.
func (l *Loop) Requeue(s Stepper) { l.ready = append(l.ready, s) }

// run is the loop's goroutine.
func (l *Loop) run() {
	defer close(l.done)
	for !l.stopping {
		if l.turn() > 0 {
			l.busy()
			continue
		}
		if !l.pollOn() {
			l.park()
		}
	}
	if l.sweep.timer != nil {
		l.sweep.timer.Stop()
	}
	_ = l.poller.Close()
}

// busy notes a turn that did something.
func (l *Loop) busy() {
	if l.expects.polls() {
		l.expects.ended(clock())
	}
	l.expects.busy()
	l.spin.busy()
}

// pollOn lets others run between two empty turns: goroutines, or where the program's
// threads wait outside of Go those. It returns false where the loop had better park.
func (l *Loop) pollOn() bool {
	switch {
	case !parksAtOnce:
		if l.spin.again() {
			runtime.Gosched()
			return true
		}
	case l.expects.may() && l.expects.again(clock()):
		poller.Yield()
		return true
	}
	return false
}

// clock returns the time since the process began.
func clock() time.Duration { return time.Since(processStart) }

var processStart = time.Now()

// turn does everything that is due and returns how much it was.
func (l *Loop) turn() int {
	work := l.steps()
	work += l.poll()
	work += l.commands()
	work += l.fireTimers()
	l.stats.turns.Add(1)
	return work
}

// steps lets the requeued handlers go on.
func (l *Loop) steps() int {
	if len(l.ready) == 0 {
		return 0
	}
	l.running, l.ready = l.ready, l.running[:0]
	for i, s := range l.running {
		l.running[i] = nil
		l.step(s)
	}
	return len(l.running)
}

func (l *Loop) step(s Stepper) {
	defer l.contain(s)
	s.Step()
}

// poll dispatches the kernel's events. A token whose slot has been given up
// since the poll finds nobody.
func (l *Loop) poll() int {
	n, err := l.poller.Poll(l.events[:])
	if err != nil {
		return 0
	}
	for i := range n {
		e := &l.events[i]
		if h, ok := l.handlers.Lookup(e.Token); ok {
			l.dispatch(h, e.Ready)
		}
	}
	l.stats.events.Add(uint64(n))
	return n
}

func (l *Loop) dispatch(h Handler, r poller.Ready) {
	defer l.contain(h)
	h.Event(r)
}

// commands runs what has been posted.
func (l *Loop) commands() int {
	cs := l.mailbox.Take()
	for i := range cs {
		l.command(&cs[i])
	}
	l.stats.commands.Add(uint64(len(cs)))
	return len(cs)
}

func (l *Loop) command(c *Command) {
	defer l.contain(c.To)
	c.Op.Run(*c)
}

// park sleeps until there is an event, a command or a due timer.
func (l *Loop) park() {
	l.watch()
	if !l.mailbox.Sleep() {
		return
	}
	l.stats.parks.Add(1)
	start := time.Now()
	// An error leaves nothing to wait on; the loop goes on polling.
	_ = l.poller.Park(l.nextTimer())
	l.mailbox.Awake()
	d := time.Since(start)
	l.spin.slept(d, l.relief.Load())
	l.expects.slept(d)
}

// opStop ends the loop after the commands before it.
var opStop = &Op{Name: "stop", Run: func(c Command) { c.To.(*Loop).stopping = true }}
