// SPDX-License-Identifier: MPL-2.0

package buf

import (
	"testing"
	"unsafe"
)

// TestOutside: bodies of foreign memory are released once, by the last reference,
// and not at all where the memory is taken out.
func TestOutside(t *testing.T) {
	released := map[unsafe.Pointer]int{}
	SetOutside(&Outside{
		New: func(n int) ([]byte, unsafe.Pointer) {
			if n > 1<<20 {
				return nil, nil
			}
			data := make([]byte, n)
			return data, unsafe.Pointer(unsafe.SliceData(data))
		},
		Release: func(h unsafe.Pointer) { released[h]++ },
	})
	defer SetOutside(nil)

	b := NewBody(5000)
	h := b.Outside()
	if h == nil || len(b.Bytes()) != 5000 {
		t.Fatalf("%d bytes at %v", len(b.Bytes()), h)
	}
	b.Retain(1)
	if b.Steal() != nil {
		t.Error("a shared body was taken apart")
	}
	b.Release()
	if released[h] != 0 {
		t.Error("released too early")
	}
	b.Release()
	if released[h] != 1 {
		t.Errorf("released %d times", released[h])
	}

	b = NewBody(6000)
	h = b.Outside()
	if b.Steal() != h || released[h] != 0 {
		t.Error("not taken out")
	}

	b = NewBody(7000)
	h = b.Outside()
	if plain := b.Take(); len(plain) != 7000 || unsafe.Pointer(unsafe.SliceData(plain)) == h || released[h] != 1 {
		t.Error("foreign memory is given out as Go's")
	}
	if b = NewBody(2 << 20); b.Outside() != nil || len(b.Bytes()) != 2<<20 || b.Steal() != nil {
		t.Error("no foreign memory, and no Go memory instead")
	}
}
