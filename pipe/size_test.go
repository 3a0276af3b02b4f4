// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"testing"
	"unsafe"
)

// TestSizes: a connection has two halves and two ends. What one goroutine writes for
// each message has lines of its own.
func TestSizes(t *testing.T) {
	const line, halfMax, endMax = 64, 768 - 8, 320 // size classes of Go's memory
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for systems of 64 bits")
	}
	if n := unsafe.Sizeof(half{}); n > halfMax {
		t.Errorf("a half has %d bytes", n)
	}
	if n := unsafe.Sizeof(Pipe{}); n > endMax {
		t.Errorf("an end has %d bytes", n)
	}
	for range 100 {
		h := newHalf(Options{})
		before, writer := uintptr(unsafe.Pointer(&h.ahead)), uintptr(unsafe.Pointer(&h.q.W))
		if before/line == writer/line {
			t.Fatalf("the writer's begins in a line that both look at, at %d", writer%line)
		}
	}
}
