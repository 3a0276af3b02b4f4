// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"testing"
	"time"

	"github.com/zeroloop/zmq/poller"
)

// swept is a handler that says what it is told to and reports each look.
type swept struct {
	says  Swept
	looks chan struct{}
}

func (*swept) Event(poller.Ready) {}
func (h *swept) Sweep() Swept {
	h.looks <- struct{}{}
	return h.says
}

// TestSweep: a loop that has worked looks over its handlers, again while there is
// traffic, later and later while only something is left, and no more when all is
// quiet, until it works again.
func TestSweep(t *testing.T) {
	l := start(t, 1).Loops()[0]
	h := &swept{says: Moving, looks: make(chan struct{}, 1)}
	a, b := sockets(t)
	defer closeAll(a, b)
	var reg Handle
	on(t, l, func() {
		var err error
		if reg, err = l.Register(a, h); err != nil {
			t.Error(err)
		}
	})
	defer on(t, l, func() { l.Unregister(&reg) })
	next := func(says Swept) (again bool, after time.Duration) {
		await(t, h.looks, "a look")
		on(t, l, func() { again, after, h.says = l.sweep.on, l.sweep.after, says })
		return again, after
	}
	for i, step := range []struct {
		then  Swept // what is found the next time
		after time.Duration
	}{
		{Laden, sweepAfter}, {Laden, 2 * sweepAfter}, {Quiet, 4 * sweepAfter},
	} {
		if again, after := next(step.then); !again || after != step.after {
			t.Errorf("after look %d: another one %v, after %v", i, again, after)
		}
		on(t, l, func() { l.sweep.timer.Reset(0) }) // not to wait for it
	}
	if again, _ := next(Quiet); again {
		t.Error("a loop without traffic looks again")
	}
	await(t, h.looks, "a look after the work of asking")
}
