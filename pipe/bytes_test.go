// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"math/rand/v2"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// TestLimitInBytes: random traffic by parts under a limit in bytes, with and
// without one in messages. The queue never holds more than the limit and one
// message; a writer that was refused is told as soon as half of the limit is free;
// what is rolled back counts for nothing.
func TestLimitInBytes(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		limit := 1 + rng.IntN(10_000)
		hwm := rng.IntN(20)
		var l ledger
		a, b, toA, _ := pair(Options{HWM: hwm, Bytes: int64(limit)}, Options{})
		var sizes []int // of the messages in the queue
		queued, open, largest, refused := 0, 0, 0, false
		for range 300 {
			if rng.IntN(2) == 0 {
				f := randomFrame(rng)
				before := toA.writes
				if !write(a, &l, f) {
					refused = true
					continue
				}
				if refused && open == 0 && before == 0 {
					t.Fatalf("seed %d: room without a signal", seed)
				}
				refused, toA.writes = false, 0
				if open += f.wireSize(); !f.more {
					sizes = append(sizes, open)
					queued += open
					largest = max(largest, open)
					open = 0
				} else if rng.IntN(8) == 0 {
					a.Rollback()
					open = 0
				}
				a.Flush()
				if queued >= limit+largest {
					t.Fatalf("seed %d: %d bytes with a limit of %d", seed, queued, limit)
				}
				continue
			}
			for len(sizes) > 0 {
				f, ok := take(b)
				if !ok {
					t.Fatalf("seed %d: %d messages have gone", seed, len(sizes))
				}
				if !f.more {
					queued -= sizes[0]
					sizes = sizes[1:]
					break
				}
			}
			if refused && len(sizes) == 0 && toA.writes == 0 {
				t.Fatalf("seed %d: empty, and the writer does not know", seed)
			}
		}
		for {
			if _, ok := take(b); !ok {
				break
			}
		}
		if w, r := a.out.limit.written, b.in.limit.taken; w != r {
			t.Fatalf("seed %d: %d bytes written, %d taken", seed, w, r)
		}
		a.CloseWrite()
		b.CloseRead()
		l.close(t, "")
	}
}

// TestLimitInBytesByWindows: what connections write and read directly counts the
// same, and a message larger than the limit passes.
func TestLimitInBytesByWindows(t *testing.T) {
	a, b, toA, _ := pair(Options{Bytes: 100}, Options{})
	if a.Credit() != 1 {
		t.Errorf("credit %d, want 1 at a time", a.Credit())
	}
	w := a.Writer()
	copy(w.Space(0, 1000), "\x00\xc8") // a frame of 200 bytes
	w.Advance(150)
	a.WroteBytes(150)
	if a.Credit() != 1 {
		t.Error("the beginning of a message counts")
	}
	w.Advance(52)
	a.WroteBytes(52)
	w.EndMessages(1)
	a.Wrote(1)
	a.Flush()
	if a.Credit() != 0 || a.CheckWrite() || a.Write(&msg.Part{Data: []byte("x")}) {
		t.Error("room beyond the limit")
	}
	if _, ok := a.WriteSmall([]byte("x")); ok {
		t.Error("room beyond the limit, the short way")
	}
	if rest := drainWire(t, b, 202); rest != 0 || toA.writes != 1 || a.Credit() != 1 {
		t.Errorf("%d signals, credit %d", toA.writes, a.Credit())
	}
	a.SetBytes(0, 0)
	for range 100 {
		if !write(a, nil, frame{data: make([]byte, 50)}) {
			t.Fatal("refused without a limit")
		}
	}
	a.SetBytes(10, 10)
	if a.CheckWrite() {
		t.Error("room beyond the new limit")
	}
}

// TestDropOldest: whole messages go from the front, until the writer that was
// refused is told; none where it does not wait, or in the middle of one.
func TestDropOldest(t *testing.T) {
	for _, o := range []Options{{HWM: 10}, {Bytes: 10 * 4104}} {
		var l ledger
		a, b, toA, _ := pair(o, Options{})
		fs := []frame{{data: []byte("12345"), more: true}, {data: fill(4096-9, 1), ref: true}}
		if o.Bytes > 0 {
			fs[1].data = fill(4096-8, 1)
		}
		n := 0
		for ; write(a, &l, fs[0]); n++ {
			write(a, &l, fs[1])
			a.Flush()
		}
		if n != 10 {
			t.Fatalf("%d messages fit", n)
		}
		if !b.DropOldest() || toA.writes != 1 || a.Lost() != 5 {
			t.Errorf("%d dropped, %d signals", a.Lost(), toA.writes)
		}
		if !b.DropOldest() || a.Lost() != 5 {
			t.Error("dropped without need")
		}
		for ; write(a, &l, fs[0]); n++ {
			write(a, &l, fs[1])
			a.Flush()
		}
		take(b)
		if b.DropOldest() {
			t.Error("dropped in the middle of a message")
		}
		take(b)
		b.DropOldest()
		readAll(t, "the rest", b, [][]frame{fs, fs, fs, fs, fs})
		if n != 15 || a.Lost() != 9 {
			t.Errorf("%d were written, %d lost", n, a.Lost())
		}
		a.CloseWrite()
		b.CloseRead()
		l.close(t, "")
	}
}
