// SPDX-License-Identifier: MPL-2.0

package buf

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

// TestClasses: a body has the length that was asked for, in the smallest class
// that holds it.
func TestClasses(t *testing.T) {
	cases := []struct{ n, class, size int }{
		{0, 0, 1 << 10}, {1, 0, 1 << 10}, {1<<10 - 1, 0, 1 << 10}, {1 << 10, 0, 1 << 10},
		{1<<10 + 1, 1, 2 << 10}, {2 << 10, 1, 2 << 10}, {2<<10 + 1, 2, 4 << 10}, {4 << 10, 2, 4 << 10},
		{64 << 10, 6, 64 << 10}, {64<<10 + 1, 7, 128 << 10},
		{PooledBytesMax - 1, 12, PooledBytesMax}, {PooledBytesMax, 12, PooledBytesMax},
		{PooledBytesMax + 1, -1, PooledBytesMax + 1}, {5 << 20, -1, 5 << 20},
	}
	for _, c := range cases {
		if got := classOf(c.n); got != c.class || got >= classes {
			t.Errorf("%d bytes: class %d, want %d", c.n, got, c.class)
		}
		b := NewBody(c.n)
		if len(b.Bytes()) != c.n || b.Cap() < c.size || c.class >= 0 && b.Cap() != c.size || b.Shared() {
			t.Errorf("%d bytes: length %d, room %d, shared %v", c.n, len(b.Bytes()), b.Cap(), b.Shared())
		}
		b.Release()
	}
}

// Large bodies begin at a line of the cache, and not near the beginning of a page.
func TestPlaces(t *testing.T) {
	for _, n := range []int{pageBytes, 5000, 8 << 10, 32 << 10, 64 << 10, 1 << 20, PooledBytesMax, PooledBytesMax + 1} {
		var all [20]*Body
		for i := range all {
			all[i] = NewBody(n)
			at := uintptr(unsafe.Pointer(unsafe.SliceData(all[i].Bytes())))
			if len(all[i].Bytes()) != n || at%64 != 0 || at%pageBytes < skewBytes {
				t.Errorf("%d bytes begin at %#x, %d of them", n, at, len(all[i].Bytes()))
			}
		}
		for _, b := range all {
			b.Release()
		}
	}
}

// TestPooledBodiesComeBackWhole: whatever was done to the length of a body, the
// next one of its class has its own.
func TestPooledBodiesComeBackWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 80))
	for range 5000 {
		n := rng.IntN(8 << 10)
		b := NewBody(n)
		if len(b.Bytes()) != n || b.Cap() < n {
			t.Fatalf("%d bytes: length %d, room %d", n, len(b.Bytes()), b.Cap())
		}
		b.Resize(rng.IntN(b.Cap() + 1))
		b.Release()
	}
}

// TestReleaseFunction runs once, with the last reference and not before, and
// never again, not even if somebody releases too often.
func TestReleaseFunction(t *testing.T) {
	for refs := 1; refs <= 4; refs++ {
		freed := 0
		b := WrapBody([]byte("mine"), func() { freed++ })
		if refs > 1 {
			b.Retain(refs - 1)
		}
		for i := 1; i <= refs; i++ {
			if b.Shared() != (refs-i > 0) {
				t.Errorf("%d references left: shared %v", refs-i+1, b.Shared())
			}
			if freed != 0 || string(b.Bytes()) != "mine" {
				t.Fatalf("freed with %d of %d references left", refs-i+1, refs)
			}
			b.Release()
		}
		if freed != 1 || b.Bytes() != nil {
			t.Fatalf("%d references: freed %d times, %d bytes left", refs, freed, len(b.Bytes()))
		}
		if checked {
			continue // there one too many is a panic: TestReleasedTwice
		}
		b.Release()
		b.Release()
		if freed != 1 {
			t.Errorf("freed %d times by one release too many", freed)
		}
	}
	WrapBody([]byte("without"), nil).Release()
}

// TestHeldBodyIsNotReused: while a reference exists the pool does not give the
// memory to somebody else.
func TestHeldBodyIsNotReused(t *testing.T) {
	b := NewBody(100)
	b.Retain(1)
	b.Release()
	copy(b.Bytes(), "still here")
	var others []*Body
	for range 100 {
		o := NewBody(100)
		if &o.Bytes()[0] == &b.Bytes()[0] {
			t.Fatal("the memory of a held body was handed out")
		}
		others = append(others, o)
	}
	for _, o := range others {
		clear(o.Bytes())
		o.Release()
	}
	if string(b.Bytes()[:10]) != "still here" {
		t.Error("somebody wrote into a held body")
	}
	b.Release()
}

// TestTake: the sole owner keeps the memory, for good; everybody else gets a
// copy, and their reference is gone.
func TestTake(t *testing.T) {
	b := NewBody(2000)
	copy(b.Bytes(), "pooled")
	memory := &b.Bytes()[0]
	got := b.Take()
	if len(got) != 2000 || &got[0] != memory {
		t.Error("the sole owner got a copy")
	}
	for range 100 {
		o := NewBody(2000)
		defer o.Release()
		if &o.Bytes()[0] == memory {
			t.Fatal("taken memory was handed out again")
		}
	}

	b = NewBody(4)
	copy(b.Bytes(), "pool")
	b.Retain(1)
	got = b.Take()
	if string(got) != "pool" || &got[0] == &b.Bytes()[0] || b.Shared() {
		t.Errorf("shared: got %q, own memory %v, shared %v", got, &got[0] == &b.Bytes()[0], b.Shared())
	}
	b.Release()

	freed := 0
	b = WrapBody([]byte("user's"), func() { freed++ })
	memory = &b.Bytes()[0]
	b.Retain(1)
	got = b.Take()
	if string(got) != "user's" || &got[0] == memory || freed != 0 || b.Shared() {
		t.Errorf("shared: got %q, own memory %v, freed %d, shared %v", got, &got[0] == memory, freed, b.Shared())
	}
	got = b.Take()
	if string(got) != "user's" || &got[0] == memory || freed != 1 {
		t.Errorf("with a function: got %q, own memory %v, freed %d", got, &got[0] == memory, freed)
	}
}

// TestBodiesAllocateNothing once the pool has some.
func TestBodiesAllocateNothing(t *testing.T) {
	for _, n := range []int{1, 4096, 60_000} {
		if got := testing.AllocsPerRun(200, func() {
			b := NewBody(n)
			b.Retain(1)
			b.Release()
			b.Release()
		}); got != 0 {
			t.Errorf("%d bytes: %v allocations", n, got)
		}
	}
}

// TestSharedStress: bodies are filled, shared, read and dropped by several
// goroutines. One that is reused too early has somebody else's bytes, one that
// is dropped twice has two owners.
func TestSharedStress(t *testing.T) {
	const owners, readers, rounds = 3, 3, 2000
	type job struct {
		b   *Body
		tag byte
	}
	jobs := make(chan job, 16)
	var freed, wrapped atomic.Int64
	var read sync.WaitGroup
	for range readers {
		read.Go(func() {
			for j := range jobs {
				if want := bytes.Repeat([]byte{j.tag}, len(j.b.Bytes())); !bytes.Equal(j.b.Bytes(), want) {
					t.Error("somebody else's bytes")
				}
				// As a distributor does with what it has received.
				j.b.Retain(2)
				j.b.Release()
				j.b.Release()
				j.b.Release()
			}
		})
	}
	var write sync.WaitGroup
	for o := range owners {
		write.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(o), 81))
			for i := range rounds {
				n := 1 + rng.IntN(3000)
				b := NewBody(n)
				if i%5 == 0 {
					b.Release()
					wrapped.Add(1)
					b = WrapBody(make([]byte, n), func() { freed.Add(1) })
				}
				tag := byte(rng.Uint32())
				for k := range b.Bytes() {
					b.Bytes()[k] = tag
				}
				shares := rng.IntN(4)
				b.Retain(shares)
				for range shares {
					jobs <- job{b, tag}
				}
				b.Release()
			}
		})
	}
	write.Wait()
	close(jobs)
	read.Wait()
	if freed.Load() != wrapped.Load() {
		t.Errorf("%d of %d were freed", freed.Load(), wrapped.Load())
	}
}
