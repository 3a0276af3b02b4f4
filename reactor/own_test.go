// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestOwnModel: done runs once, at the moment when the owner is closing and has
// no children, and nothing is adopted from Close on.
func TestOwnModel(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 60))
		var o Own
		children, done, closing := 0, 0, false
		for step := range 60 {
			switch op := rng.IntN(10); {
			case op < 4:
				ok := o.Adopt()
				if ok == closing {
					t.Fatalf("seed %d, step %d: Adopt %v, closing %v", seed, step, ok, closing)
				}
				if ok {
					children++
				}
			case op < 9:
				if children > 0 {
					children--
					o.Leave()
				}
			default:
				if rng.IntN(3) > 0 {
					continue
				}
				first := !closing
				o.Close(func() {
					if done++; !first {
						t.Errorf("seed %d: the second Close's function runs", seed)
					}
					if o.Adopt() {
						t.Errorf("seed %d: adopted when finished", seed)
					}
				})
				closing = true
			}
			if want := closing && children == 0; done > 1 || want != (done == 1) {
				t.Fatalf("seed %d, step %d: done ran %d times, closing %v, %d children", seed, step, done, closing, children)
			}
		}
	}
}

// TestOwnStress: whoever is last runs done, on any goroutine, once, after all
// others have left.
func TestOwnStress(t *testing.T) {
	for round := range 300 {
		var o Own
		var alive, finished atomic.Int64
		done := make(chan struct{})
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for range 20 {
					if !o.Adopt() {
						return
					}
					alive.Add(1)
					if finished.Load() != 0 {
						t.Error("adopted after the end")
					}
					if (i+round)%2 == 0 {
						runtime.Gosched()
					}
					alive.Add(-1)
					o.Leave()
				}
			})
		}
		wg.Go(func() {
			runtime.Gosched()
			o.Close(func() {
				if n := alive.Load(); n != 0 {
					t.Errorf("finished with %d alive", n)
				}
				finished.Add(1)
				close(done)
			})
		})
		wg.Wait()
		await(t, done, "the end of an owner")
	}
}

// TestReaper: Wait returns when the last one has ended, for all who wait, or
// with the context's error, and the reaper can be used again.
func TestReaper(t *testing.T) {
	var r Reaper
	if err := r.Wait(context.Background()); err != nil || r.Open() != 0 {
		t.Fatalf("nothing to wait for: %v, %d open", err, r.Open())
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Wait(ended); err != nil {
		t.Errorf("nothing to wait for, and the context is over: %v", err)
	}
	for range 3 {
		r.Add()
		r.Add()
		if err := r.Wait(ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		r.mu.Lock()
		before := r.idle
		r.mu.Unlock()
		waiters := make(chan error, 3)
		for range cap(waiters) {
			go func() { waiters <- r.Wait(context.Background()) }()
		}
		r.Reaped()
		if r.Open() != 1 {
			t.Fatalf("%d open", r.Open())
		}
		if err := r.Wait(ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("one is open: %v", err)
		}
		r.mu.Lock()
		idle := r.idle
		r.mu.Unlock()
		select {
		case err := <-waiters:
			t.Fatalf("a Wait ended with one open: %v", err)
		case <-before:
			t.Fatal("idle with one open")
		case <-idle:
			t.Fatal("idle with one open")
		default:
		}
		r.Reaped()
		for range cap(waiters) {
			if err := await(t, waiters, "Wait"); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestReaperStress: objects end while others begin and somebody waits.
func TestReaperStress(t *testing.T) {
	for range 200 {
		var r Reaper
		r.Add()
		var wg sync.WaitGroup
		for range 4 {
			r.Add()
			wg.Go(func() {
				for range 10 {
					r.Add()
					r.Reaped()
				}
				r.Reaped()
			})
		}
		waited := make(chan error, 1)
		go func() { waited <- r.Wait(context.Background()) }()
		wg.Wait()
		select {
		case <-waited:
			t.Fatal("Wait ended with one open")
		default:
		}
		r.Reaped()
		if err := await(t, waited, "Wait"); err != nil || r.Open() != 0 {
			t.Fatalf("%v, %d open", err, r.Open())
		}
	}
}
