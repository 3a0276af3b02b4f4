// SPDX-License-Identifier: MPL-2.0

//go:build !race

package biased

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// onOneProcessor has the calling goroutine, and all that do the same, take turns at one
// processor, where the system stops each of them at any instruction.
func onOneProcessor(t *testing.T) {
	runtime.LockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Error(err)
	}
	for i := range 1024 {
		if all.IsSet(i) {
			one.Set(i)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Error(err)
	}
}

// TestAnotherOwner: one goroutine is in and out, another one gets the bias, and is
// inside while the system has stopped the first one on its way in.
func TestAnotherOwner(t *testing.T) {
	if !possible() {
		t.Skip("this system has no barrier")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const inside = 500_000 // loads
	var (
		m    Mutex
		in   atomic.Bool // guarded by m
		stop atomic.Bool
		wg   sync.WaitGroup
	)
	wg.Go(func() {
		onOneProcessor(t)
		for !stop.Load() {
			m.Lock()
			if in.Load() {
				t.Error("two were inside")
				stop.Store(true)
			}
			m.Unlock()
		}
	})
	wg.Go(func() {
		onOneProcessor(t)
		for began := time.Now(); time.Since(began) < time.Second && !stop.Load(); {
			settleOn(&m)
			m.Lock()
			in.Store(true)
			for range inside {
				stop.Load()
			}
			in.Store(false)
			m.Unlock()
		}
		stop.Store(true)
	})
	wg.Wait()
}
