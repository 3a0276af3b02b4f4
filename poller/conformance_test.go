// SPDX-License-Identifier: MPL-2.0

//go:build unix

package poller

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/leaktest"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// everywhere runs a law against each way of sleeping that this system has.
func everywhere(t *testing.T, law func(t *testing.T, p *Poller)) {
	for i, way := range defaultParkers {
		t.Run(fmt.Sprintf("parker%d", i), func(t *testing.T) {
			p, err := open([]func(*queue) (parker, error){way})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}()
			law(t, p)
		})
	}
}

// pair returns two connected descriptors that are closed at the end.
func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	return fds[0], fds[1]
}

// collect polls once and joins the reports by token.
func collect(t *testing.T, p *Poller) map[Token]Ready {
	t.Helper()
	got := map[Token]Ready{}
	var events [16]Event
	for {
		n, err := p.Poll(events[:])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events[:n] {
			got[e.Token] |= e.Ready
		}
		if n == 0 {
			return got
		}
	}
}

// until polls and parks until tok has all of want, or the test fails.
func until(t *testing.T, p *Poller, tok Token, want Ready) Ready {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	var got Ready
	for got&want != want {
		if time.Now().After(end) {
			t.Fatalf("got %04b, want %04b", got, want)
		}
		if err := p.Park(end); err != nil {
			t.Fatal(err)
		}
		got |= collect(t, p)[tok]
	}
	return got
}

func add(t *testing.T, p *Poller, fd int, tok Token) {
	t.Helper()
	if err := p.Add(fd, tok); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, fd int, b []byte) {
	t.Helper()
	if n, err := unix.Write(fd, b); n != len(b) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
}

// TestParkTakesNoMemory: a loop parks as often as once for each message.
func TestParkTakesNoMemory(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		until(t, p, 5, Out)
		one := []byte("1")
		var events [1]Event
		n := testing.AllocsPerRun(200, func() {
			_, _ = unix.Write(b, one)
			if err := p.Park(time.Time{}); err != nil {
				t.Fatal(err)
			}
			if n, err := p.Poll(events[:]); n != 1 || err != nil {
				t.Fatalf("%d reports, %v", n, err)
			}
			p.Wake()
			if err := p.Park(time.Time{}); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 && !raceEnabled { // the race detector's builds keep less on the stack
			t.Errorf("%v allocations", n)
		}
	})
}

func TestAddReportsWhatIsReadyAlready(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		write(t, b, []byte("early"))
		add(t, p, a, 5)
		until(t, p, 5, In|Out)
	})
}

func TestAnEdgeIsReportedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		until(t, p, 5, Out)
		write(t, b, []byte("1"))
		until(t, p, 5, In)
		if got := collect(t, p); len(got) != 0 {
			t.Fatalf("reported again without a change: %v", got)
		}
		write(t, b, []byte("2")) // the first byte is still there
		until(t, p, 5, In)
	})
}

func TestRoomIsReportedAfterAFullBuffer(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		block := make([]byte, 64<<10)
		for {
			if _, err := unix.Write(a, block); err == unix.EAGAIN {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		collect(t, p)
		for {
			if n, err := unix.Read(b, block); err == unix.EAGAIN || n == 0 {
				break
			}
		}
		until(t, p, 5, Out)
	})
}

func TestTheEndComesWithIn(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		collect(t, p)
		if err := unix.Shutdown(b, unix.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		until(t, p, 5, In|HangUp)
		if n, err := unix.Read(a, make([]byte, 1)); n != 0 || err != nil {
			t.Fatalf("read: %d, %v", n, err)
		}
	})
}

// TestWatch: what is not watched is not reported, but for the end, and what is ready
// when it comes to be watched again, is.
func TestWatch(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		watch := func(fd int, r Ready) {
			t.Helper()
			if err := p.Watch(fd, 5, r); err != nil {
				t.Fatal(err)
			}
		}
		a, b := pair(t)
		add(t, p, a, 5)
		until(t, p, 5, Out)
		watch(a, 0)
		collect(t, p)
		write(t, b, []byte("1"))
		if got := collect(t, p); len(got) != 0 {
			t.Fatalf("reported though not watched: %v", got)
		}
		watch(a, In)
		if got := until(t, p, 5, In); got&Out != 0 {
			t.Errorf("got %04b", got)
		}
		watch(a, In|Out)
		until(t, p, 5, Out)
	})
}

// refused returns the address of a port where nobody listens.
func refused(t *testing.T) *unix.SockaddrInet4 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The port stays ours, so that nobody comes to listen there.
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return sa.(*unix.SockaddrInet4)
}

func TestARefusedConnectionIsAnError(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		sa := refused(t)
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Close(fd) }()
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fd, sa); err != unix.EINPROGRESS && err != unix.ECONNREFUSED {
			t.Fatal(err)
		}
		add(t, p, fd, 5)
		until(t, p, 5, Out|In|HangUp)
	})
}

func TestARemovedDescriptorIsSilent(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		collect(t, p)
		if err := p.Remove(a); err != nil {
			t.Fatal(err)
		}
		write(t, b, []byte("x"))
		if got := collect(t, p); len(got) != 0 {
			t.Fatalf("got %v", got)
		}
		add(t, p, a, 6)
		until(t, p, 6, In)
	})
}

// More descriptors than one call collects, taken in portions.
func TestManyReportsComeThroughASmallWindow(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		const pairs = collectMax + 40
		for i := range pairs {
			a, _ := pair(t)
			add(t, p, a, MakeToken(1, uint32(i)))
		}
		seen := map[Token]bool{}
		var window [7]Event
		for len(seen) < pairs {
			n, err := p.Poll(window[:])
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			for _, e := range window[:n] {
				seen[e.Token] = true
			}
		}
		if len(seen) != pairs {
			t.Fatalf("%d of %d reported", len(seen), pairs)
		}
	})
}

func TestParkEndsAtItsDeadline(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		for _, d := range []time.Duration{-time.Hour, 0, 3 * time.Millisecond, 15 * time.Millisecond} {
			deadline := time.Now().Add(d)
			for time.Now().Before(deadline) {
				if err := p.Park(deadline); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Park(deadline); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAWakeBeforeParkEndsIt(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		for range 100 {
			p.Wake()
			p.Wake()
			collect(t, p) // must not swallow it
			if err := p.Park(time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A sender makes something true and wakes; the parker sleeps only while it is
// not true. A lost wake-up hangs the test.
func TestNoWakeIsLost(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		const rounds = 20_000
		var mu sync.Mutex
		turn, asleep := 0, false
		done := make(chan struct{})
		back := make(chan struct{}, 1)
		go func() {
			defer close(done)
			for i := 1; i <= rounds; i++ {
				mu.Lock()
				turn = i
				wake := asleep
				asleep = false
				mu.Unlock()
				if wake {
					p.Wake()
				}
				if i%3 == 0 {
					p.Wake() // one that nobody needs
				}
				<-back
			}
		}()
		for seen := 0; seen < rounds; {
			mu.Lock()
			now := turn
			asleep = now == seen
			mu.Unlock()
			if now != seen {
				seen = now
				back <- struct{}{}
				continue
			}
			deadline := time.Time{}
			if seen%2 == 0 {
				deadline = time.Now().Add(time.Hour)
			}
			if err := p.Park(deadline); err != nil {
				t.Fatal(err)
			}
			collect(t, p)
		}
		<-done
	})
}

func TestWakeAfterCloseDoesNothing(t *testing.T) {
	for _, way := range defaultParkers {
		p, err := open([]func(*queue) (parker, error){way})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		p.Wake()
	}
}

func TestPollAllocatesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, p *Poller) {
		a, b := pair(t)
		add(t, p, a, 5)
		one := []byte{1}
		var events [8]Event
		if n := testing.AllocsPerRun(200, func() {
			_, _ = unix.Write(b, one)
			_, _ = p.Poll(events[:])
			_, _ = unix.Read(a, one)
		}); n != 0 {
			t.Fatalf("%v allocations", n)
		}
	})
}

func BenchmarkPollEmpty(b *testing.B) {
	p, err := New()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	var events [8]Event
	for b.Loop() {
		_, _ = p.Poll(events[:])
	}
}

func BenchmarkParkWake(b *testing.B) {
	p, err := New()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for b.Loop() {
		p.Wake()
		_ = p.Park(time.Time{})
	}
}
