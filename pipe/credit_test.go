// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestHighWater: the writer stops at the mark, hears of room when half has been
// read and not before, and then has room for just that half (libzmq
// pipe_t::compute_lwm).
func TestHighWater(t *testing.T) {
	for _, hwm := range []int{1, 2, 3, 4, 5, 9, 10, 999, 1000} {
		a, b, toA, _ := pair(Options{HWM: hwm}, Options{})
		written := func() (n int) {
			for a.CheckWrite() {
				send(t, a, "x")
				n++
			}
			return n
		}
		if n := written(); n != hwm || !a.Full() {
			t.Fatalf("hwm %d: %d messages went in, full %v", hwm, n, a.Full())
		}
		lwm := (hwm + 1) / 2
		for n := 1; n <= lwm; n++ {
			if toA.writes != 0 || a.CheckWrite() {
				t.Fatalf("hwm %d: room after %d messages, before half", hwm, n-1)
			}
			take(b)
		}
		if toA.writes != 1 {
			t.Fatalf("hwm %d: %d signals after %d messages", hwm, toA.writes, lwm)
		}
		if n := written(); n != lwm {
			t.Fatalf("hwm %d: %d more went in, want %d", hwm, n, lwm)
		}
	}
}

// TestNoSignalToAWriterThatIsAwake: only a writer that found no room hears.
func TestNoSignalToAWriterThatIsAwake(t *testing.T) {
	a, b, toA, _ := pair(Options{HWM: 4}, Options{})
	for range 100 {
		send(t, a, "x")
		take(b)
	}
	if toA.writes != 0 {
		t.Errorf("%d signals", toA.writes)
	}
}

// TestPartsDoNotCount: a message that was begun may end whatever its length, and
// counts once.
func TestPartsDoNotCount(t *testing.T) {
	a, b, toA, _ := pair(Options{HWM: 2}, Options{})
	send(t, a, "1")
	var parts []string
	for i := range 100 {
		parts = append(parts, fmt.Sprint(i))
	}
	send(t, a, parts...)
	if a.CheckWrite() {
		t.Fatal("room behind the mark")
	}
	take(b)
	if toA.writes != 1 || !a.CheckWrite() {
		t.Errorf("%d signals after one of two messages", toA.writes)
	}
	for i := range parts {
		if f, ok := take(b); !ok || string(f.data) != parts[i] || f.more != (i+1 < len(parts)) {
			t.Fatalf("part %d: %v, %v", i, f, ok)
		}
	}
	if toA.writes != 1 {
		t.Errorf("%d signals, though nobody waits", toA.writes)
	}
}

// TestCreditInBatches: Credit, Wrote and Took count as single messages do.
func TestCreditInBatches(t *testing.T) {
	a, b, toA, _ := pair(Options{HWM: 10}, Options{})
	if n := a.Credit(); n != 10 {
		t.Fatalf("credit %d", n)
	}
	a.Wrote(7)
	if n := a.Credit(); n != 3 {
		t.Fatalf("credit %d after 7", n)
	}
	a.Wrote(3)
	if n := a.Credit(); n != 0 {
		t.Fatalf("credit %d when full", n)
	}
	b.Took(0)
	b.Took(4)
	if toA.writes != 0 || a.Credit() != 0 {
		t.Fatal("a signal before half")
	}
	b.Took(3) // 7: beyond a multiple of 5
	if n := a.Credit(); toA.writes != 1 || n != 7 {
		t.Fatalf("%d signals, credit %d, want 7", toA.writes, n)
	}
	if out, _ := a.Queued(); out != 3 {
		t.Errorf("%d queued, want 3", out)
	}
	a.Wrote(7)
	if a.Credit() != 0 {
		t.Fatal("credit beyond the mark")
	}
	b.Took(3) // 10: progress is told at multiples, not so many after the last time
	if n := a.Credit(); toA.writes != 2 || n != 3 {
		t.Fatalf("%d signals, credit %d, want 3", toA.writes, n)
	}
	a.CloseWrite()
	if n := a.Credit(); n != 0 {
		t.Errorf("credit %d on a closed pipe", n)
	}
}

// TestNoLimit: mark 0 never stops the writer and never signals it.
func TestNoLimit(t *testing.T) {
	a, b, toA, _ := pair(Options{}, Options{})
	for range 5000 {
		send(t, a, "x")
	}
	if n := a.Credit(); n < 1<<20 {
		t.Errorf("credit %d", n)
	}
	for range 5000 {
		if _, ok := take(b); !ok {
			t.Fatal("a message is missing")
		}
	}
	if toA.writes != 0 {
		t.Errorf("%d signals", toA.writes)
	}
}

// TestRaisedMark: more room shows at once.
func TestRaisedMark(t *testing.T) {
	a, _, _, _ := pair(Options{HWM: 2}, Options{})
	send(t, a, "1")
	send(t, a, "2")
	if a.CheckWrite() {
		t.Fatal("room at the mark")
	}
	a.SetHWM(3, 0)
	if n := a.Credit(); n != 1 {
		t.Errorf("credit %d, want 1", n)
	}
}

// TestLoweredMarkIsHeard: a pipe whose mark is lowered before its first message,
// as an option set after connect does, goes on when half of the new mark is read.
func TestLoweredMarkIsHeard(t *testing.T) {
	a, b, toA, _ := pair(Options{HWM: 1000}, Options{})
	a.SetHWM(2, 0)
	for i := range 10 {
		for a.CheckWrite() {
			send(t, a, "x")
		}
		for _, ok := take(b); ok; _, ok = take(b) {
		}
		if toA.writes != i+1 {
			t.Fatalf("round %d: %d signals; the writer waits for ever", i, toA.writes)
		}
	}
}

// TestLoweredMarkIsHeardInARun: the same with the first look at a mark that is lowered
// while small messages are read one after the other.
func TestLoweredMarkIsHeardInARun(t *testing.T) {
	a, b, toA, _ := pair(Options{HWM: 1000}, Options{})
	for range 10 {
		send(t, a, "x")
	}
	for i := range 10 {
		if i == 5 {
			a.SetHWM(2, 0)
			if a.CheckWrite() {
				t.Fatal("room beyond the mark")
			}
		}
		if _, ok := b.ReadSmall(); !ok {
			t.Fatalf("message %d is not there", i)
		}
	}
	if toA.writes == 0 {
		t.Fatal("no signal; the writer waits for ever")
	}
}

// TestLoweredMarkHolds: a mark counts from when it is set, also where there was
// none before.
func TestLoweredMarkHolds(t *testing.T) {
	for _, before := range []int{0, 1000} {
		a, _, _, _ := pair(Options{HWM: before}, Options{})
		send(t, a, "1")
		a.SetHWM(3, 0)
		n := 1
		for ; a.CheckWrite() && n < 10; n++ {
			send(t, a, "x")
		}
		if n != 3 {
			t.Errorf("mark 3 after %d: %d messages went in", before, n)
		}
	}
}

// TestBegunMessageMayEnd: also where the mark is lowered in the middle of it.
func TestBegunMessageMayEnd(t *testing.T) {
	a, b, _, _ := pair(Options{HWM: 10}, Options{})
	send(t, a, "0")
	if !write(a, nil, frame{data: []byte("1"), more: true}) {
		t.Fatal("no room")
	}
	a.SetHWM(1, 0)
	if !a.CheckWrite() || !write(a, nil, frame{data: []byte("2"), more: true}) || !write(a, nil, frame{data: []byte("3")}) {
		t.Fatal("a message cannot end")
	}
	if a.CheckWrite() {
		t.Error("and another one may begin")
	}
	a.Flush()
	readAll(t, "in the end", b, [][]frame{message("0"), message("1", "2", "3")})
}

// TestLowWater agrees with the formula of libzmq.
func TestLowWater(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		hwm := 1 + rng.Int64N(1<<rng.IntN(40))
		if got := lowWater(hwm); got != uint64((hwm+1)/2) || got == 0 {
			t.Fatalf("%d: %d", hwm, got)
		}
	}
	if lowWater(0) == 0 || lowWater(-1) == 0 {
		t.Error("no progress is told without a limit")
	}
}

// TestOverdraw: what fills a pipe from memory may go beyond the mark, hears of
// room when half a mark is left of it and at the next report at the latest, once,
// and never sleeps on an empty pipe.
func TestOverdraw(t *testing.T) {
	for _, hwm := range []int{overdrawHWMMin - 1, overdrawHWMMin, 257, 1000, 1001} {
		rng := rand.New(rand.NewPCG(uint64(hwm), 1))
		a, b, toA, _ := pair(Options{HWM: hwm}, Options{})
		lwm, queued := (hwm+1)/2, 0
		for range 2000 {
			for n := rng.IntN(3 * hwm); n > 0; {
				credit := a.Credit()
				if credit == 0 {
					break
				}
				if hwm < overdrawHWMMin && credit > hwm-queued+lwm {
					t.Fatalf("hwm %d: credit for %d with %d in the queue", hwm, credit, queued)
				}
				k := min(n, credit)
				for range k {
					put(a)
				}
				a.Flush()
				n -= k
				queued += k
			}
			asleep := a.Credit() == 0
			before := toA.writes
			for range min(rng.IntN(2*hwm), queued) {
				take(b)
				queued--
			}
			heard := toA.writes - before
			switch {
			case heard > 1 || heard == 1 && (!asleep || queued >= hwm):
				t.Fatalf("hwm %d: %d signals, asleep %v, %d queued", hwm, heard, asleep, queued)
			case heard == 0 && asleep && queued <= hwm-2*lwm+1:
				t.Fatalf("hwm %d: no signal with %d queued", hwm, queued)
			}
		}
	}
}

// put adds a message as an engine does.
func put(p *Pipe) {
	w := p.Writer()
	w.Space(0, 3)[0] = 0
	b := w.Space(0, 3)
	b[1], b[2] = 1, 'x'
	w.Advance(3)
	w.EndMessages(1)
	p.Wrote(1)
}
