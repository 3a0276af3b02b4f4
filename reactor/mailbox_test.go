// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// hangAfter is how long a test may wait before it counts as hung.
const hangAfter = time.Minute

// await fails t if c does not come.
func await[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(hangAfter):
		t.Fatalf("%s: hangs", what)
	}
	return v
}

// TestMailboxModel drives a mailbox and a plain list with the same random steps.
func TestMailboxModel(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 40))
		var m Mailbox
		var queue []int64
		var serial int64
		asleep := false
		for step := range 200 {
			where := fmt.Sprintf("seed %d, step %d", seed, step)
			switch rng.IntN(5) {
			case 0, 1:
				serial++
				if wake := m.Send(Command{N: serial}); wake != asleep {
					t.Fatalf("%s: Send says wake %v, reader asleep %v", where, wake, asleep)
				}
				queue, asleep = append(queue, serial), false
			case 2:
				got := m.Take()
				if len(got) != len(queue) {
					t.Fatalf("%s: took %d of %d", where, len(got), len(queue))
				}
				for i := range got {
					if got[i].N != queue[i] {
						t.Fatalf("%s: command %d is %d, want %d", where, i, got[i].N, queue[i])
					}
				}
				queue = nil
			case 3:
				if ok := m.Sleep(); ok != (len(queue) == 0) {
					t.Fatalf("%s: Sleep %v with %d commands", where, ok, len(queue))
				}
				asleep = asleep || len(queue) == 0
			case 4:
				m.Awake()
				asleep = false
			}
			if m.Filled() != (len(queue) > 0) {
				t.Fatalf("%s: Filled %v with %d commands", where, m.Filled(), len(queue))
			}
		}
	}
}

// TestMailboxForgets: what has been taken is not kept alive by the mailbox
// beyond the next Take.
func TestMailboxForgets(t *testing.T) {
	var m Mailbox
	freed := make(chan struct{})
	arg := new([64]byte)
	runtime.AddCleanup(arg, func(c chan struct{}) { close(c) }, freed)
	m.Send(Command{Arg: arg})
	arg = nil
	m.Take()
	m.Send(Command{})
	m.Take()
	for range 20 {
		runtime.GC()
		select {
		case <-freed:
			runtime.KeepAlive(&m)
			return
		case <-time.After(time.Millisecond):
		}
	}
	runtime.KeepAlive(&m)
	t.Error("an argument is kept alive")
}

// TestMailboxAllocatesNothing once it has grown.
func TestMailboxAllocatesNothing(t *testing.T) {
	var m Mailbox
	op, to := &Op{}, &m
	if n := testing.AllocsPerRun(100, func() {
		for range 10 {
			m.Send(Command{Op: op, To: to, N: 1})
		}
		m.Take()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestMailboxNoLostWake: several senders, one reader that sleeps whenever it can.
// A lost wake-up hangs it; commands of one sender stay in order.
func TestMailboxNoLostWake(t *testing.T) {
	const senders, each = 4, 20_000
	var m Mailbox
	bell := make(chan struct{}, 1)
	for s := range senders {
		go func() {
			rng := rand.New(rand.NewPCG(uint64(s), 41))
			for i := range each {
				if m.Send(Command{N: int64(s*each + i)}) {
					bell <- struct{}{}
				}
				if rng.IntN(8) == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	var next [senders]int
	timeout := time.After(hangAfter)
	for got := 0; got < senders*each; {
		cs := m.Take()
		for _, c := range cs {
			s, i := int(c.N)/each, int(c.N)%each
			if next[s] != i {
				t.Fatalf("sender %d: command %d, want %d", s, i, next[s])
			}
			next[s]++
		}
		got += len(cs)
		if len(cs) > 0 || got == senders*each || !m.Sleep() {
			continue
		}
		select {
		case <-bell:
		case <-timeout:
			t.Fatalf("hangs after %d of %d commands", got, senders*each)
		}
	}
}
