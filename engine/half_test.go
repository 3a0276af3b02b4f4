// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"sync"
	"testing"
)

// TestHalfStates goes through every state with every operation, as the picture in
// half.go has it.
func TestHalfStates(t *testing.T) {
	for _, step := range []struct {
		from                    uint32
		try, acquire, shut      bool
		afterTry, afterAcquire  uint32
		afterShut, afterRelease uint32
		again, left             bool
	}{
		{from: halfIdle, try: true, acquire: true, shut: true,
			afterTry: halfBusy, afterAcquire: halfBusy, afterShut: halfShut, afterRelease: halfIdle},
		{from: halfBusy, afterTry: halfBusy, afterAcquire: halfAgain, afterShut: halfLeaving, afterRelease: halfIdle},
		{from: halfAgain, again: true, afterTry: halfAgain, afterAcquire: halfAgain, afterShut: halfLeaving, afterRelease: halfIdle},
		{from: halfLeaving, left: true,
			afterTry: halfLeaving, afterAcquire: halfLeaving, afterRelease: halfShut},
		{from: halfShut, shut: true, afterTry: halfShut, afterAcquire: halfShut, afterShut: halfShut, afterRelease: halfShut},
	} {
		var h half
		check := func(what string, got, want bool, after uint32) {
			t.Helper()
			if s := h.state.Load(); got != want || s != after {
				t.Errorf("%s in state %d: %v, then state %d; want %v, %d", what, step.from, got, s, want, after)
			}
			h.state.Store(step.from)
		}
		h.state.Store(step.from)
		check("try", h.try(), step.try, step.afterTry)
		check("acquire", h.acquire(), step.acquire, step.afterAcquire)
		if step.from != halfLeaving { // it is shut once
			check("shut", h.shut(), step.shut, step.afterShut)
		}
		again, _ := h.release()
		check("again of release", again, step.again, step.afterRelease)
		_, left := h.release()
		check("left of release", left, step.left, step.afterRelease)
	}
}

// TestHalfLosesNoNote: whoever finds the half taken has his work done by the holder.
func TestHalfLosesNoNote(t *testing.T) {
	const workers, each = 4, 20_000
	var h half
	var todo [workers]int // what each has asked for; under mu
	var mu sync.Mutex
	done := 0 // by holders only
	work := func() {
		mu.Lock()
		for i, n := range todo {
			done += n
			todo[i] = 0
		}
		mu.Unlock()
	}
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for range each {
				mu.Lock()
				todo[i]++
				mu.Unlock()
				for h.acquire() {
					work()
					if again, _ := h.release(); !again {
						break
					}
				}
			}
		})
	}
	all.Wait()
	if done != workers*each {
		t.Errorf("%d of %d were done", done, workers*each)
	}
}
