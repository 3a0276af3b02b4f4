// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// alarm is an Alarm made of a function.
type alarm func(t *Timer)

func (a alarm) Fire(t *Timer) { a(t) }

// timerModel is a list of what is pending, sorted when it is looked at.
type timerModel []*Timer

func (m *timerModel) set(t *Timer) {
	if !slices.Contains(*m, t) {
		*m = append(*m, t)
	}
}

func (m *timerModel) cancel(t *Timer) {
	*m = slices.DeleteFunc(*m, func(o *Timer) bool { return o == t })
}

// sorted returns the pending timers in the order of firing.
func (m *timerModel) sorted() []*Timer {
	slices.SortFunc(*m, func(a, b *Timer) int {
		if c := a.when.Compare(b.when); c != 0 {
			return c
		}
		return int(a.seq) - int(b.seq)
	})
	return *m
}

// timerRig is the timers of a loop that does not run, and their model.
type timerRig struct {
	t      *testing.T
	where  string
	rng    *rand.Rand
	l      Loop
	model  timerModel
	timers [24]Timer
	fired  []*Timer
	rearm  map[*Timer]time.Duration // when it fires
	stop   map[*Timer]*Timer        // which to cancel when it fires
}

func (r *timerRig) Fire(t *Timer) {
	if t.Pending() {
		r.t.Fatalf("%s: a timer fires and is pending", r.where)
	}
	if t.when.After(time.Now()) {
		r.t.Fatalf("%s: a timer fires early", r.where)
	}
	r.fired = append(r.fired, t)
	r.model.cancel(t)
	if d, ok := r.rearm[t]; ok {
		delete(r.rearm, t)
		r.set(t, d)
	}
	if o := r.stop[t]; o != nil {
		delete(r.stop, t)
		r.l.CancelTimer(o)
		r.model.cancel(o)
	}
}

func (r *timerRig) set(t *Timer, d time.Duration) {
	r.l.SetTimer(t, d, r)
	r.model.set(t)
}

// delay is due at once, or not in this test.
func (r *timerRig) delay() time.Duration {
	if r.rng.IntN(2) == 0 {
		return time.Hour + time.Duration(r.rng.IntN(5))
	}
	return -time.Duration(r.rng.IntN(5)) * time.Millisecond
}

// fire lets the loop fire and checks who did, in which order.
func (r *timerRig) fire() {
	now := time.Now()
	r.fired = nil
	want := slices.Clone(r.model.sorted())
	last := r.l.timerSeq
	n := r.l.fireTimers()
	if n != len(r.fired) {
		r.t.Fatalf("%s: says %d, fired %d", r.where, n, len(r.fired))
	}
	for i, t := range r.fired {
		if slices.Index(want, t) < 0 || i > 0 && slices.Index(want, t) <= slices.Index(want, r.fired[i-1]) {
			r.t.Fatalf("%s: fired in the wrong order", r.where)
		}
	}
	for _, t := range r.model {
		if !t.when.After(now) && t.seq <= last {
			r.t.Fatalf("%s: a timer that was due has not fired", r.where)
		}
	}
}

func (r *timerRig) step() {
	t := &r.timers[r.rng.IntN(len(r.timers))]
	switch r.rng.IntN(8) {
	case 0, 1, 2, 3:
		r.set(t, r.delay())
	case 4:
		r.l.CancelTimer(t)
		r.model.cancel(t)
	case 5:
		// Not in the past: what an alarm sets comes after what was due before.
		r.rearm[t] = max(r.delay(), 0)
	case 6:
		r.stop[t] = &r.timers[r.rng.IntN(len(r.timers))]
	case 7:
		r.fire()
	}
	for i := range r.timers {
		if p := &r.timers[i]; p.Pending() != slices.Contains(r.model, p) {
			r.t.Fatalf("%s: timer %d: Pending %v", r.where, i, p.Pending())
		}
	}
	want := time.Time{}
	if len(r.model) > 0 {
		want = r.model.sorted()[0].when
	}
	if got := r.l.nextTimer(); !got.Equal(want) {
		r.t.Fatalf("%s: next at %v, want %v", r.where, got, want)
	}
}

// TestTimerModel drives the timers of a loop and a sorted slice with the same
// random steps.
func TestTimerModel(t *testing.T) {
	for seed := range uint64(200) {
		r := &timerRig{t: t, rng: rand.New(rand.NewPCG(seed, 50)), rearm: map[*Timer]time.Duration{}, stop: map[*Timer]*Timer{}}
		for step := range 200 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step()
		}
	}
}

// TestTimersEqualTimes: timers that are due at the same moment fire in the order
// of setting.
func TestTimersEqualTimes(t *testing.T) {
	var l Loop
	var ts [50]Timer
	var fired []*Timer
	for i := range ts {
		l.SetTimer(&ts[i], -time.Second, alarm(func(t *Timer) { fired = append(fired, t) }))
	}
	// Equal to the nanosecond, which SetTimer alone can not promise.
	for i := range ts {
		ts[i].when = ts[0].when
	}
	l.fireTimers()
	for i := range ts {
		if len(fired) != len(ts) || fired[i] != &ts[i] {
			t.Fatalf("%d fired; number %d is not in its place", len(fired), i)
		}
	}
}

// TestTimersOnALoop: a running loop, which parks until the next timer, fires
// each once, in order, not early, and not what was cancelled or moved away.
func TestTimersOnALoop(t *testing.T) {
	l := start(t, 1).Loops()[0]
	const timers = 60
	rng := rand.New(rand.NewPCG(2, 51))
	var ts [timers]Timer
	var want, fired []*Timer
	early := 0
	done := make(chan struct{})
	on(t, l, func() {
		fire := alarm(func(f *Timer) {
			if time.Now().Before(f.when) {
				early++
			}
			if fired = append(fired, f); len(fired) == len(want) {
				close(done)
			}
		})
		var model timerModel
		for i := range ts {
			l.SetTimer(&ts[i], time.Duration(rng.IntN(20_000))*time.Microsecond, fire)
			model.set(&ts[i])
			o := &ts[rng.IntN(i+1)]
			switch rng.IntN(4) {
			case 0:
				l.CancelTimer(o)
				model.cancel(o)
			case 1:
				l.SetTimer(o, time.Duration(rng.IntN(20_000))*time.Microsecond, fire)
				model.set(o)
			}
		}
		want = slices.Clone(model.sorted())
	})
	await(t, done, "the last timer")
	turns(t, l, 3)
	on(t, l, func() {
		if early != 0 || !slices.Equal(fired, want) {
			t.Errorf("%d early, %d fired, want %d; in order: %v", early, len(fired), len(want), slices.Equal(fired, want))
		}
		if !l.nextTimer().IsZero() {
			t.Error("something is pending")
		}
	})
}

// TestTimerDoesNotStarve: an alarm that sets itself again at once does not keep
// the loop from its commands.
func TestTimerDoesNotStarve(t *testing.T) {
	l := start(t, 1).Loops()[0]
	var tm Timer
	fired := 0
	var again alarm
	again = func(t *Timer) {
		fired++
		l.SetTimer(t, 0, again)
	}
	on(t, l, func() { l.SetTimer(&tm, 0, again) })
	turns(t, l, 5)
	on(t, l, func() {
		l.CancelTimer(&tm)
		if fired == 0 || tm.Pending() {
			t.Errorf("fired %d times, pending %v", fired, tm.Pending())
		}
	})
}

// TestTimerWaitsForTheNextTurn: also where it is set for a time that is past.
func TestTimerWaitsForTheNextTurn(t *testing.T) {
	var l Loop
	var tm Timer
	fired := 0
	var again alarm
	again = func(t *Timer) {
		if fired++; fired < 10 {
			l.SetTimer(t, -time.Second, again)
		}
	}
	l.SetTimer(&tm, -time.Second, again)
	for turn := 1; turn <= 3; turn++ {
		if n := l.fireTimers(); n != 1 || fired != turn {
			t.Fatalf("turn %d: %d fired, %d in all", turn, n, fired)
		}
	}
}

// TestTimersAllocateNothing once the heap has grown.
func TestTimersAllocateNothing(t *testing.T) {
	var l Loop
	var ts [8]Timer
	r := alarm(func(*Timer) {})
	var a Alarm = r
	if n := testing.AllocsPerRun(100, func() {
		for i := range ts {
			l.SetTimer(&ts[i], time.Duration(i%3-1)*time.Hour, a)
		}
		l.CancelTimer(&ts[2])
		l.fireTimers()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
