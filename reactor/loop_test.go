// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/zeroloop/zmq/internal/leaktest"
	"github.com/zeroloop/zmq/poller"
	"golang.org/x/sys/unix"
)

// opCall runs the function that is its argument.
var opCall = &Op{Name: "call", Run: func(c Command) { c.Arg.(func())() }}

// start makes a pool that ends with the test.
func start(t *testing.T, n int) *Pool {
	t.Helper()
	leaktest.Check(t)
	p, err := NewPool(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// on runs f on the loop and waits for it.
func on(t *testing.T, l *Loop, f func()) {
	t.Helper()
	done := make(chan struct{})
	l.Send(Command{Op: opCall, Arg: func() {
		defer close(done)
		f()
	}})
	await(t, done, "a command")
}

// turns waits until the loop has polled n times more.
func turns(t *testing.T, l *Loop, n int) {
	t.Helper()
	for range n {
		on(t, l, func() {})
	}
}

// sockets makes a connected pair of non-blocking descriptors.
func sockets(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return fds[0], fds[1]
}

func put(t *testing.T, fd int, s string) {
	t.Helper()
	if n, err := unix.Write(fd, []byte(s)); n != len(s) {
		t.Errorf("wrote %d of %d bytes: %v", n, len(s), err)
	}
}

// handler is a Handler made of a function.
type handler func(poller.Ready)

func nothing(poller.Ready) {}

func closeAll(fds ...int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func (h handler) Event(r poller.Ready) { h(r) }

// TestLoopNoLostWake sends commands, one at a time, to a loop that parks in
// between. A lost wake-up hangs it.
func TestLoopNoLostWake(t *testing.T) {
	l := start(t, 1).Loops()[0]
	done := make(chan struct{})
	op := &Op{Run: func(Command) { done <- struct{}{} }}
	rng := rand.New(rand.NewPCG(1, 42))
	for range 5000 {
		l.Send(Command{Op: op})
		await(t, done, "a command")
		for range rng.IntN(300) {
			runtime.Gosched() // the loop is on its way to sleep, or asleep
		}
	}
	// A sweep is a command, too.
	if s := l.Stats(); s.Commands < 5000 || s.Turns < s.Parks || s.Wakes > s.Commands {
		t.Errorf("%+v", s)
	}
}

// TestLoopManySenders: nothing is lost or reordered where several goroutines
// send at a time.
func TestLoopManySenders(t *testing.T) {
	const senders, each = 4, 5000
	l := start(t, 1).Loops()[0]
	var next [senders]int64 // loop only
	var bad atomic.Int64
	left := senders * each
	done := make(chan struct{})
	op := &Op{Run: func(c Command) {
		i := c.To.(*int64)
		if *i != c.N {
			bad.Add(1)
		}
		*i++
		if left--; left == 0 {
			close(done)
		}
	}}
	for s := range senders {
		go func() {
			for i := range each {
				l.Send(Command{Op: op, To: &next[s], N: int64(i)})
			}
		}()
	}
	await(t, done, "the last command")
	if n := bad.Load(); n != 0 {
		t.Errorf("%d commands out of order", n)
	}
}

// TestLoopDispatch: a handler hears of bytes, of room and of the end, each from
// its own descriptor.
func TestLoopDispatch(t *testing.T) {
	l := start(t, 1).Loops()[0]
	const pairs = 5
	var near, far [pairs]int
	var hs [pairs]Handle
	type seen struct {
		i int
		r poller.Ready
	}
	events := make(chan seen, 100)
	on(t, l, func() {
		for i := range pairs {
			near[i], far[i] = sockets(t)
			var err error
			hs[i], err = l.Register(near[i], handler(func(r poller.Ready) { events <- seen{i, r} }))
			if err != nil {
				t.Error(err)
			}
		}
	})
	waitFor := func(i int, want poller.Ready) {
		t.Helper()
		for {
			e := await(t, events, "an event")
			if e.i == i && e.r&want == want {
				return
			}
			if e.i != i && e.r&^poller.Out != 0 {
				t.Fatalf("pair %d has event %d, which is pair %d's", e.i, e.r, i)
			}
		}
	}
	for i := range pairs {
		put(t, far[i], "x")
		waitFor(i, poller.In)
	}
	if s := l.Stats(); s.Handles != pairs {
		t.Errorf("%d handles, want %d", s.Handles, pairs)
	}
	unix.Close(far[2])
	waitFor(2, poller.In|poller.HangUp)
	on(t, l, func() {
		for i := range pairs {
			l.Unregister(&hs[i])
			l.Unregister(&hs[i])
		}
	})
	if s := l.Stats(); s.Handles != 0 {
		t.Errorf("%d handles are left", s.Handles)
	}
	for i := range pairs {
		unix.Close(near[i])
		if i != 2 {
			unix.Close(far[i])
		}
	}
}

// TestRegisterFails: a descriptor that is none leaves nothing behind.
func TestRegisterFails(t *testing.T) {
	l := start(t, 1).Loops()[0]
	on(t, l, func() {
		h, err := l.Register(-1, handler(func(poller.Ready) { t.Error("an event from nowhere") }))
		if err == nil || l.handlers.Len() != 0 {
			t.Errorf("error %v, %d handlers", err, l.handlers.Len())
		}
		l.Unregister(&h)
	})
	if s := l.Stats(); s.Handles != 0 {
		t.Errorf("%d handles", s.Handles)
	}
}

// TestUnregisterInDispatch: two descriptors are ready in one poll, and whichever
// comes first takes the other off the loop, which then must hear nothing.
func TestUnregisterInDispatch(t *testing.T) {
	l := start(t, 1).Loops()[0]
	for round := range 50 {
		var fds [4]int
		var hs [2]Handle
		var heard [2]int
		on(t, l, func() {
			for i := range hs {
				fds[2*i], fds[2*i+1] = sockets(t)
				put(t, fds[2*i+1], "x")
				hs[i], _ = l.Register(fds[2*i], handler(func(poller.Ready) {
					heard[i]++
					l.Unregister(&hs[1-i])
					l.Unregister(&hs[i])
				}))
			}
		})
		turns(t, l, 2)
		on(t, l, func() {
			if heard[0]+heard[1] != 1 {
				t.Errorf("round %d: heard %v", round, heard)
			}
		})
		closeAll(fds[:]...)
	}
}

// TestStaleEvent: an event that was collected for a descriptor does not reach
// the next one with the same number in the same slot of the table.
func TestStaleEvent(t *testing.T) {
	l := start(t, 1).Loops()[0]
	for round := range 50 {
		var fds [4]int
		var hs [2]Handle
		var fresh Handle
		var wrong poller.Ready
		replaced := 0
		quietNear, quietFar := sockets(t)
		on(t, l, func() {
			for i := range hs {
				fds[2*i], fds[2*i+1] = sockets(t)
				put(t, fds[2*i+1], "x")
				hs[i], _ = l.Register(fds[2*i], handler(func(poller.Ready) {
					if replaced++; replaced > 1 {
						return
					}
					other := hs[1-i]
					l.Unregister(&hs[1-i])
					// Gives the other's number to a socket that has nothing to read.
					if err := unix.Dup2(quietNear, other.fd); err != nil {
						t.Error(err)
					}
					var err error
					fresh, err = l.Register(other.fd, handler(func(r poller.Ready) { wrong |= r & poller.In }))
					if err != nil || fresh.token.Slot() != other.token.Slot() || fresh.token == other.token {
						t.Errorf("token %x after %x, %v", fresh.token, other.token, err)
					}
				}))
			}
		})
		turns(t, l, 2)
		on(t, l, func() {
			if replaced != 1 || wrong != 0 {
				t.Errorf("round %d: %d replaced, the new descriptor heard %d of the old one", round, replaced, wrong)
			}
			l.Unregister(&fresh)
			l.Unregister(&hs[0])
			l.Unregister(&hs[1])
		})
		closeAll(append(fds[:], quietNear, quietFar)...)
	}
}

// stepper goes on for some turns.
type stepper struct {
	l     *Loop
	left  int
	turns []uint64 // in which it went on
	done  chan struct{}
}

func (s *stepper) Step() {
	s.turns = append(s.turns, s.l.stats.turns.Load())
	if s.left--; s.left > 0 {
		s.l.Requeue(s)
		return
	}
	close(s.done)
}

// TestRequeue: each requeued handler goes on once a turn, and the loop does not
// sleep while one waits.
func TestRequeue(t *testing.T) {
	l := start(t, 1).Loops()[0]
	ss := make([]*stepper, 5)
	on(t, l, func() {
		for i := range ss {
			ss[i] = &stepper{l: l, left: 10 + i, done: make(chan struct{})}
			l.Requeue(ss[i])
		}
	})
	for i, s := range ss {
		await(t, s.done, "a step")
		for k := 1; k < len(s.turns); k++ {
			if s.turns[k] != s.turns[k-1]+1 {
				t.Fatalf("stepper %d went on in turns %d", i, s.turns)
			}
		}
		if len(s.turns) != 10+i {
			t.Errorf("stepper %d went on %d times", i, len(s.turns))
		}
	}
}

// TestRequeueAllocatesNothing once the lists have grown.
func TestRequeueAllocatesNothing(t *testing.T) {
	var l Loop
	ss := make([]*stepper, 10)
	for i := range ss {
		ss[i] = &stepper{l: &l, left: 1 << 30}
		ss[i].turns = make([]uint64, 0, 1000)
		l.Requeue(ss[i])
	}
	l.steps()
	if n := testing.AllocsPerRun(100, func() { l.steps() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSpin: a short sleep earns a budget of empty turns, a long one forfeits it.
func TestSpin(t *testing.T) {
	var s spin
	count := func() (n int) {
		for s.again() {
			n++
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("%d turns without traffic", n)
	}
	s.slept(spinGapMax-1, 0)
	if n := count(); n != spinTurnsMax {
		t.Errorf("%d turns after a short sleep", n)
	}
	s.busy()
	if n := count(); n != spinTurnsMax {
		t.Errorf("%d turns after work", n)
	}
	s.slept(spinGapMax, 0)
	if n := count(); n != 0 {
		t.Errorf("%d turns after a long sleep", n)
	}
	s.slept(answerGapMax-1, 1)
	if n := count(); n != answerTurnsMax {
		t.Errorf("%d turns where an answer came soon", n)
	}
	s.slept(answerGapMax-1, 1)
	if n := count(); n != 0 {
		t.Errorf("%d turns after the same sleep, when nothing was sent", n)
	}
	s.slept(answerGapMax, 2)
	if n := count(); n != 0 {
		t.Errorf("%d turns where an answer took long", n)
	}
}
