// SPDX-License-Identifier: MPL-2.0

package invariant_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/zeroloop/zmq/internal/invariant"
)

// panicOf returns what f panics with, or nil.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// whenEnabled returns on in a build with the tag and off in one without, so
// that each test states both.
func whenEnabled[T any](on, off T) T {
	if invariant.Enabled {
		return on
	}
	return off
}

func TestCheck(t *testing.T) {
	if v := panicOf(func() { invariant.Check(true, "fine") }); v != nil {
		t.Errorf("Check(true) panicked: %v", v)
	}
	want := whenEnabled[any]("BUG: reader runs twice", nil)
	if v := panicOf(func() { invariant.Check(false, "reader runs twice") }); v != want {
		t.Errorf("Check(false): got panic %v, want %v", v, want)
	}
}

func TestPoison(t *testing.T) {
	before := []byte("message body")
	b := bytes.Clone(before)
	invariant.Poison(b[:7])
	for i := range b {
		overwritten := b[i] != before[i]
		if want := invariant.Enabled && i < 7; overwritten != want {
			t.Errorf("byte %d overwritten: %v, want %v", i, overwritten, want)
		}
	}
}

func TestMarksCountFromManyGoroutines(t *testing.T) {
	const name, goroutines, each = "test: counted", 4, 100
	before := invariant.Marks(name) // not 0 with -count
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				invariant.Mark(name)
			}
		})
	}
	wg.Wait()
	if got, want := invariant.Marks(name)-before, whenEnabled(goroutines*each, 0); got != want {
		t.Errorf("%d marks, want %d", got, want)
	}
	if got := invariant.Marks("test: never passed"); got != 0 {
		t.Errorf("a mark nobody passed was counted %d times", got)
	}
}

func TestDisabledCostsNothing(t *testing.T) {
	if invariant.Enabled {
		b := make([]byte, 8)
		invariant.Poison(b)
		if bytes.Equal(b, make([]byte, 8)) {
			t.Error("the enabled build does nothing")
		}
		return
	}
	b, name := make([]byte, 8), strings.Repeat("x", 40)
	if n := testing.AllocsPerRun(100, func() {
		invariant.Check(len(b) == 0, name)
		invariant.Poison(b)
		invariant.Mark(name)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
