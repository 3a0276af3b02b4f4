// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

// idle is a pool of loops that do not run, with these loads.
func idle(loads ...int64) *Pool {
	p := &Pool{}
	for i, n := range loads {
		l := &Loop{index: i}
		l.load.Store(n)
		p.loops = append(p.loops, l)
	}
	return p
}

// TestChoose: the least loaded of those that affinity names, the first of equal
// ones (libzmq ctx_t::choose_io_thread).
func TestChoose(t *testing.T) {
	cases := []struct {
		loads    []int64
		affinity uint64
		want     int // -1 is none
	}{
		{nil, 0, -1},
		{nil, 1, -1},
		{[]int64{5}, 0, 0},
		{[]int64{5}, 1, 0},
		{[]int64{5}, 2, -1},
		{[]int64{0, 0, 0}, 0, 0},
		{[]int64{2, 1, 1}, 0, 1},
		{[]int64{3, 2, 1}, 0, 2},
		{[]int64{3, 2, 1}, 0b011, 1},
		{[]int64{3, 2, 1}, 0b001, 0},
		{[]int64{3, 2, 1}, 0b101, 2},
		{[]int64{3, 2, 1}, ^uint64(0), 2},
		{[]int64{3, 2, 1}, ^uint64(7), -1},
	}
	for _, c := range cases {
		got := -1
		if l := idle(c.loads...).Choose(c.affinity); l != nil {
			got = l.Index()
		}
		if got != c.want {
			t.Errorf("loads %v, affinity %b: loop %d, want %d", c.loads, c.affinity, got, c.want)
		}
	}
}

// TestChooseManyLoops: affinity has 64 bits; it names none of the loops behind.
func TestChooseManyLoops(t *testing.T) {
	loads := make([]int64, 70)
	for i := range loads {
		loads[i] = int64(100 - i)
	}
	p := idle(loads...)
	if l := p.Choose(0); l.Index() != 69 {
		t.Errorf("loop %d, want the least loaded", l.Index())
	}
	if l := p.Choose(^uint64(0)); l.Index() != 63 {
		t.Errorf("loop %d, want 63", l.Index())
	}
	rng := rand.New(rand.NewPCG(1, 70))
	for range 1000 {
		affinity := rng.Uint64() >> rng.IntN(64)
		if l := p.Choose(affinity); affinity != 0 && affinity&(1<<l.Index()) == 0 {
			t.Fatalf("affinity %b chose loop %d", affinity, l.Index())
		}
	}
}

// TestChooseSpreads: what is registered counts.
func TestChooseSpreads(t *testing.T) {
	p := start(t, 2)
	a, b := sockets(t)
	var ha, hb Handle
	first := p.Choose(0)
	on(t, first, func() { ha, _ = first.Register(a, handler(nothing)) })
	second := p.Choose(0)
	if second == first {
		t.Fatal("the second goes to the loop that has one already")
	}
	on(t, second, func() { hb, _ = second.Register(b, handler(nothing)) })
	on(t, first, func() { first.Unregister(&ha) })
	if p.Choose(0) != first || p.Choose(1<<second.Index()) != second {
		t.Error("a loop that got rid of one is not chosen, or affinity does not count")
	}
	on(t, second, func() { second.Unregister(&hb) })
	closeAll(a, b)
}

// TestPoolStop: commands before the stop are run, and commands after it harm
// nothing.
func TestPoolStop(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		p, err := NewPool(n)
		if err != nil {
			t.Fatal(err)
		}
		var ran atomic.Int64
		op := &Op{Run: func(Command) { ran.Add(1) }}
		for range 100 {
			for _, l := range p.Loops() {
				l.Send(Command{Op: op})
			}
		}
		p.Stop()
		if got := ran.Load(); got != int64(100*n) {
			t.Errorf("%d loops: %d commands were run", n, got)
		}
		for i, l := range p.Loops() {
			if l.Index() != i {
				t.Errorf("loop %d says it is %d", i, l.Index())
			}
			l.Send(Command{Op: op})
		}
	}
}
