// SPDX-License-Identifier: MPL-2.0

package biased

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// settleOn has the caller take the lock as often as it takes to get the bias.
func settleOn(m *Mutex) {
	for range 2 * biasAfter {
		m.Lock()
		m.Unlock()
	}
}

func TestBiasIsGiven(t *testing.T) {
	if !possible() {
		t.Skip("this system has no barrier, or the race detector runs")
	}
	var m Mutex
	for i := range biasAfter {
		if m.Biased() {
			t.Fatalf("biased after %d", i)
		}
		m.Lock()
		m.Unlock()
	}
	if !m.Biased() {
		t.Fatalf("not biased after %d", biasAfter)
	}
	m.Lock()
	if m.plain || m.given.busy.Load() != 1 {
		t.Error("the owner did not come in by the bias")
	}
	m.Unlock()
	if m.given.busy.Load() != 0 {
		t.Error("busy is left")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Lock()
		if !m.plain || m.Biased() {
			t.Error("another came in, and the bias stayed")
		}
		m.Unlock()
	}()
	<-done
	for range biasAfter {
		if m.Biased() {
			t.Fatal("biased again at once")
		}
		m.Lock()
		m.Unlock()
	}
	if !m.Biased() {
		t.Error("not biased again")
	}
}

// TestTurnsGiveNoBias: two goroutines that take turns are no owners.
func TestTurnsGiveNoBias(t *testing.T) {
	var m Mutex
	turn := make(chan struct{})
	go func() {
		defer close(turn)
		for range 4 * biasAfter {
			turn <- struct{}{}
			m.Lock()
			m.Unlock()
			turn <- struct{}{}
		}
	}()
	for range turn {
		m.Lock()
		if m.Biased() {
			t.Error("biased")
		}
		m.Unlock()
		if _, open := <-turn; !open {
			break
		}
	}
}

// TestTheOwnerIsWaitedFor: who revokes comes in when the owner has left.
func TestTheOwnerIsWaitedFor(t *testing.T) {
	possible()
	var m Mutex
	for range 100 {
		settleOn(&m)
		inside := true // guarded by m
		m.Lock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Lock()
			defer m.Unlock()
			if inside {
				t.Error("both are inside")
			}
		}()
		for range 100 {
			runtime.Gosched()
		}
		inside = false
		m.Unlock()
		<-done
	}
}

func TestTryLock(t *testing.T) {
	if possible() {
		var m Mutex
		settleOn(&m)
		m.Lock()
		if m.TryLock() {
			t.Error("taken twice by its owner")
		}
		other := make(chan bool)
		go func() { other <- m.TryLock() }()
		if <-other {
			t.Error("taken by another while the owner is inside")
		}
		if !m.Biased() {
			t.Error("who only tried has taken the bias away")
		}
		m.Unlock()
	}
	for _, settled := range []bool{false, true} {
		var m Mutex
		if settled {
			settleOn(&m)
		}
		if !m.TryLock() {
			t.Fatal("a free lock was refused")
		}
		m.Unlock()
		m.mu.Lock()
		m.entered() // as another goroutine would hold it
		if m.TryLock() {
			t.Fatal("taken twice")
		}
		m.unlockPlain()
		if !m.TryLock() {
			t.Fatal("a free lock was refused")
		}
		m.Unlock()
	}
}

// pair is a plain count, kept twice, which shows whether two were inside: the halves are
// as far apart in time as inside takes.
type pair struct{ a, b uint64 } // equal outside

// insideLoads is how long, in loads: longer than the barrier, whose interrupt finds the
// owner at any of its instructions, for who does not look again comes in behind it.
const insideLoads = 2000

func (p *pair) add(loads int, spin *atomic.Bool) (alone bool) {
	p.a++
	alone = p.a == p.b+1
	for range loads {
		spin.Load()
	}
	alone = alone && p.a == p.b+1
	p.b++
	return alone
}

// TestMutualExclusion: several goroutines, one of which gets the bias now and then.
func TestMutualExclusion(t *testing.T) {
	const others, each = 3, 20_000
	possible()
	var (
		m     Mutex
		p     pair // guarded by m
		stop  atomic.Bool
		wg    sync.WaitGroup
		owner = make(chan uint64)
	)
	enter := func() {
		m.Lock()
		if !p.add(0, &stop) {
			t.Error("two were inside")
			stop.Store(true)
		}
		m.Unlock()
	}
	go func() {
		n := uint64(0)
		for ; !stop.Load(); n++ {
			enter()
		}
		owner <- n
	}()
	for range others {
		wg.Go(func() {
			for i := 0; i < each && !stop.Load(); i++ {
				enter()
				for range i % 64 * 8 {
					stop.Load()
				}
			}
		})
	}
	wg.Wait()
	failed := stop.Swap(true)
	if n := <-owner + others*each; !failed && (p.a != n || p.b != n) {
		t.Errorf("%d and %d entries were counted, %d made", p.a, p.b, n)
	}
}

// TestRevoking: a goroutine that is in and out all the time is given the bias and has it
// taken away, at any point of its way.
func TestRevoking(t *testing.T) {
	if !possible() {
		t.Skip("this system has no barrier, or the race detector runs")
	}
	const times = 50_000
	var (
		m    Mutex
		p    pair // guarded by m
		n    uint64
		stop atomic.Bool
		who  = make(chan uintptr)
		gone = make(chan struct{})
	)
	go func() {
		defer close(gone)
		who <- goroutine()
		for ; !stop.Load(); n++ {
			m.Lock()
			if !p.add(insideLoads, &stop) {
				t.Error("two were inside")
				stop.Store(true)
			}
			m.Unlock()
		}
	}()
	owner := <-who
	i := uint64(0)
	for ; i < times && !stop.Load(); i++ {
		m.Lock()
		if !p.add(insideLoads, &stop) {
			t.Error("two are inside")
			stop.Store(true)
		}
		m.last, m.inRow = owner, biasAfter // gives it the bias
		m.Unlock()
		for range i % 1024 * 4 {
			stop.Load()
		}
	}
	stop.Store(true)
	<-gone
	if !t.Failed() && (p.a != n+i || p.b != n+i) {
		t.Errorf("%d and %d entries were counted, %d made", p.a, p.b, n+i)
	}
	t.Logf("%d entries of the owner", n)
}

func BenchmarkLock(b *testing.B) {
	b.Run("biased", func(b *testing.B) {
		possible()
		var m Mutex
		settleOn(&m)
		for b.Loop() {
			m.Lock()
			m.Unlock()
		}
	})
	b.Run("sync", func(b *testing.B) {
		var m sync.Mutex
		for b.Loop() {
			m.Lock()
			m.Unlock()
		}
	})
}
