// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// clockwork is a set of timers whose clock the test turns.
type clockwork struct {
	*Timers
	time  time.Time
	calls []int
}

func newClockwork() *clockwork {
	c := &clockwork{Timers: NewTimers(), time: time.Unix(1000, 0)}
	c.now = func() time.Time { return c.time }
	return c
}

func (c *clockwork) add(t *testing.T, d time.Duration) int {
	t.Helper()
	id, err := c.Add(d, func(id int) { c.calls = append(c.calls, id) })
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// after turns the clock, executes and returns who was called.
func (c *clockwork) after(d time.Duration) []int {
	c.time = c.time.Add(d)
	c.calls = nil
	c.Execute()
	return c.calls
}

func wantCalls(t *testing.T, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
}

// TestTimers: intervals, their change and their end (edge case 225).
func TestTimers(t *testing.T) {
	c := newClockwork()
	if c.Timeout() != -1 {
		t.Error("a timeout without timers")
	}
	a, b := c.add(t, 10), c.add(t, 4)
	if a != 1 || b != 2 || c.Timeout() != 4 {
		t.Errorf("numbers %d, %d, timeout %v", a, b, c.Timeout())
	}
	wantCalls(t, c.after(3))
	wantCalls(t, c.after(10), b, a) // late: the intervals begin now
	if c.Timeout() != 4 {
		t.Errorf("timeout %v", c.Timeout())
	}
	if err := errors.Join(c.SetInterval(b, 20), c.Reset(a)); err != nil {
		t.Error(err)
	}
	wantCalls(t, c.after(9))
	wantCalls(t, c.after(11), a, b)
	if c.time = c.time.Add(time.Hour); c.Timeout() != 0 {
		t.Errorf("timeout %v of what is due", c.Timeout())
	}
	if err := c.Cancel(a); err != nil {
		t.Error(err)
	}
	wantCalls(t, c.after(0), b)
}

// TestTimersOrder: those that are due at the same time are called in the order in
// which they were set (edge case 122), and one with interval 0 once for each
// Execute.
func TestTimersOrder(t *testing.T) {
	c := newClockwork()
	a, b, d := c.add(t, 5), c.add(t, 5), c.add(t, 0)
	wantCalls(t, c.after(0), d)
	wantCalls(t, c.after(0), d)
	if err := c.Reset(a); err != nil {
		t.Error(err)
	}
	wantCalls(t, c.after(5), d, b, a)
}

// TestTimersRefuse: what is wrong changes nothing.
func TestTimersRefuse(t *testing.T) {
	c := newClockwork()
	a := c.add(t, 1)
	_, nilErr := c.Add(1, nil)
	_, negative := c.Add(-1, func(int) {})
	for _, err := range []error{negative, c.SetInterval(a, -1), c.SetInterval(7, 1), c.Reset(7), c.Cancel(7), c.Cancel(0)} {
		if !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	}
	if !errors.Is(nilErr, ErrFault) {
		t.Error(nilErr)
	}
	wantCalls(t, c.after(1), a)
}

// TestTimersFromWithin: a function may cancel, reset and add timers, its own too.
func TestTimersFromWithin(t *testing.T) {
	c := newClockwork()
	var b, d int
	_, err := c.Add(1, func(id int) {
		c.calls = append(c.calls, id)
		d = c.add(t, 0)
		if err := errors.Join(c.Cancel(id), c.Cancel(b)); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b = c.add(t, 1)
	self, err := c.Add(1, func(id int) {
		c.calls = append(c.calls, id)
		if err := c.SetInterval(id, 50); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCalls(t, c.after(1), 1, self)
	wantCalls(t, c.after(49), d)
	wantCalls(t, c.after(1), d, self)
}

// TestTimersModel: random operations do what a plain list of due times does.
func TestTimersModel(t *testing.T) {
	type model struct {
		id        int
		every, at time.Duration
	}
	c, r := newClockwork(), rand.New(rand.NewPCG(1, 2))
	var now time.Duration
	var list []model // in the order of setting
	for range 5000 {
		d := time.Duration(r.IntN(20))
		switch pick := r.IntN(5); {
		case pick == 0 && len(list) < 20 || len(list) == 0:
			list = append(list, model{c.add(t, d), d, now + d})
		case pick == 1:
			i := r.IntN(len(list))
			m := list[i]
			list = slices.Delete(list, i, i+1)
			if r.IntN(2) == 0 {
				if err := c.Cancel(m.id); err != nil {
					t.Fatal(err)
				}
				continue
			}
			m.every, m.at = d, now+d
			list = append(list, m)
			if err := c.SetInterval(m.id, d); err != nil {
				t.Fatal(err)
			}
		default:
			now += d
			due := slices.Clone(list)
			due = slices.DeleteFunc(due, func(m model) bool { return m.at > now })
			slices.SortStableFunc(due, func(a, b model) int { return int(a.at - b.at) })
			var want []int
			for _, m := range due {
				want = append(want, m.id)
				i := slices.IndexFunc(list, func(x model) bool { return x.id == m.id })
				list = slices.Delete(list, i, i+1)
				m.at = now + m.every
				list = append(list, m)
			}
			if got := c.after(d); !slices.Equal(got, want) {
				t.Fatalf("called %v, want %v", got, want)
			}
		}
	}
}

// TestTimersRun: timers run by themselves, those too that come later, until the
// context ends.
func TestTimersRun(t *testing.T) {
	ts := NewTimers()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- ts.Run(ctx) }()
	fired := make(chan int)
	long, err := ts.Add(time.Hour, func(id int) { fired <- id })
	if err != nil {
		t.Fatal(err)
	}
	short, err := ts.Add(time.Millisecond, func(id int) { fired <- id })
	if err != nil {
		t.Fatal(err)
	}
	if id := <-fired; id != short {
		t.Errorf("timer %d fired", id)
	}
	if err := errors.Join(ts.Cancel(short), ts.SetInterval(long, 0)); err != nil {
		t.Error(err)
	}
	for id := range fired {
		if id == long {
			break
		}
	}
	if err := ts.Cancel(long); err != nil {
		t.Error(err)
	}
	cancel()
	for {
		select {
		case <-fired: // it may have been under way
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			return
		}
	}
}
