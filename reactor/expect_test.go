// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"testing"
	"time"
)

// soon is what the tests expect an answer in.
const soon = 100 * time.Microsecond

// expecting is a loop's expectation with a clock of its own.
type expecting struct {
	expectation
	t   *testing.T
	now time.Duration
}

// serve is a turn that has done something to which an answer may come within d.
func (x *expecting) serve(d time.Duration) {
	x.ask(d)
	if x.polls() {
		x.ended(x.now)
	}
	x.busy()
}

// wants checks how long an answer is polled for that does not come, in turns of d.
func (x *expecting) wants(want, d time.Duration, when string) {
	x.t.Helper()
	x.now += time.Second
	start := x.now
	for x.may() && x.again(x.now) {
		x.now += d
	}
	if got := x.now - start; got != want {
		x.t.Errorf("polled for %v %s, want %v", got, when, want)
	}
}

// answered lets an answer come after d, for which the loop polls in turns of d.
func (x *expecting) answered(d time.Duration) {
	x.t.Helper()
	x.now += time.Second
	if !x.may() || !x.again(x.now) {
		x.t.Error("no answer is polled for")
	}
	x.now += d
	x.serve(soon)
}

// TestExpectation: an answer is polled for where the last one came soon, for as long as
// it is expected in.
func TestExpectation(t *testing.T) {
	x := expecting{t: t}
	x.serve(soon)
	x.wants(0, 1, "at first")
	x.slept(soon - 1)
	x.wants(0, 1, "where nothing was done")
	x.serve(soon)
	for range 3 {
		x.answered(soon - 1)
	}
	x.serve(2 * soon)
	x.wants(2*soon, 1, "where answers have come soon")
	x.wants(0, 1, "after it was in vain")
}

// TestExpectationOfASlowAnswer: who answers slowly is slept for, and what says nothing
// changes nothing.
func TestExpectationOfASlowAnswer(t *testing.T) {
	x := expecting{t: t}
	x.serve(soon)
	x.slept(soon)
	x.serve(soon)
	x.wants(0, 1, "where the last answer took long")
	x.slept(soon - 1)
	x.slept(time.Hour) // nothing was expected
	x.serve(soon)
	x.answered(1)
	x.slept(soon)
	x.serve(soon)
	x.wants(0, 1, "where the last answer took long again")
}

// TestExpectationInVain: what polling has cost is earned back before there is more of
// it, be it that no answer came, or that others had the processor when one did.
func TestExpectationInVain(t *testing.T) {
	for name, c := range map[string]struct {
		costs func(x *expecting)
		want  time.Duration
	}{
		"no answer":        {func(x *expecting) { x.wants(soon, 1, "in vain") }, soon},
		"a late answer":    {func(x *expecting) { x.answered(3 * time.Millisecond) }, 3 * time.Millisecond},
		"a very late one":  {func(x *expecting) { x.answered(time.Minute) }, expectDebtMax},
		"no processor":     {func(x *expecting) { x.wants(4*time.Millisecond, 4*time.Millisecond, "in vain") }, 4 * time.Millisecond},
		"the last moments": {func(x *expecting) { x.answered(soon - 1) }, 0},
	} {
		x := expecting{t: t, expectation: expectation{earned: true}}
		x.serve(soon)
		c.costs(&x)
		slept := time.Duration(0)
		for x.serve(soon); !x.may(); x.serve(soon) {
			x.slept(soon - 1)
			slept++
		}
		if want := (c.want + expectGain - 1) / expectGain; slept != want {
			t.Errorf("%s: %d answers slept for, want %d", name, slept, want)
		}
	}
}

// TestParkAtOnce: loops that park at once have no budget, others none of an expectation.
func TestParkAtOnce(t *testing.T) {
	l := &Loop{}
	l.spin.budget = 1
	l.expects = expectation{earned: true, within: time.Hour}
	if !l.pollOn() || l.pollOn() {
		t.Error("a loop does not keep to its budget")
	}
	ParkAtOnce()
	defer func() { parksAtOnce = false }()
	l.spin.used = 0
	if !l.pollOn() || !l.expects.polls() {
		t.Error("no answer is polled for")
	}
	if l.busy(); l.expects.polls() {
		t.Error("polling does not end with an answer")
	}
	if l.pollOn() {
		t.Error("a loop that parks at once polls on")
	}
}
