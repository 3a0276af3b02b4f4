// SPDX-License-Identifier: MPL-2.0

package reactor

import "time"

// A loop that parks at once polls on for an answer all the same, where the last one
// came soon. To be woken takes 5 to 25 microseconds, in each of the two loops that a
// message passes; and while a loop sleeps whose peer has just been woken, the kernel
// has the two share a processor, as who wakes another one seldom goes on for long. Each
// empty turn lets the kernel run somebody else.
//
// It has to be earned, by an answer that comes within the time that it is expected in
// while the loop sleeps. Polling that was in vain, or took longer than that, has to be
// earned back: where answers take longer it costs the processor, and where others want
// the processors whoever lets them run, and is not asleep, has his turn when they have
// used up theirs, some milliseconds later.
const (
	// expectGain is what polling for an answer saves, about.
	expectGain = 10 * time.Microsecond
	// expectDebtMax bounds what has to be earned back.
	expectDebtMax = 10 * time.Millisecond
)

// expectation decides for a loop that parks at once between polling on and parking. A
// time of 0 is none; times of day are the loop's clock. Loop only.
type expectation struct {
	asked  time.Duration // an answer to what is done in this turn may come within that
	within time.Duration // the same of the last turn that did something
	began  time.Duration // when polling on has begun
	earned bool
	debt   time.Duration // what polling has cost that has not been earned back
}

// ask notes that an answer may come to what is done in this turn.
func (x *expectation) ask(within time.Duration) { x.asked = max(x.asked, within) }

// busy notes a turn that did something.
func (x *expectation) busy() { x.within, x.asked = x.asked, 0 }

// polls reports whether the loop polls on, so that its end has to be told.
func (x *expectation) polls() bool { return x.began > 0 }

// ended notes that polling on has ended, with an answer or in vain.
func (x *expectation) ended(now time.Duration) {
	if d := now - x.began; d >= x.within {
		x.debt = min(x.debt+d, expectDebtMax)
		x.earned = false
	}
	x.began = 0
}

// may reports whether there is anything to poll for.
func (x *expectation) may() bool { return x.earned && x.within > 0 }

// again reports whether another empty turn is worth it, for a loop that may poll.
func (x *expectation) again(now time.Duration) bool {
	switch {
	case !x.polls():
		x.began = now
	case now-x.began >= x.within:
		x.ended(now)
		return false
	}
	return true
}

// slept notes how long a park lasted.
func (x *expectation) slept(d time.Duration) {
	switch {
	case x.within == 0: // it says nothing
	case d < x.within:
		x.debt = max(x.debt-expectGain, 0)
		x.earned = x.debt == 0
	default:
		x.earned = false
	}
	x.within = 0
}
