// SPDX-License-Identifier: MPL-2.0

package ypipe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
)

// A test frame is a 4-byte length and that many bytes, or, by reference, a
// length with the top bit set and a body in the side table.
const byRef = 1 << 31

func writeFrame(w *Writer, data []byte, ref bool) {
	if ref {
		if !w.RefRoom() {
			w.NextChunk(0, 4)
		}
		b := w.Space(0, 4)
		binary.BigEndian.PutUint32(b, uint32(len(data))|byRef)
		w.Advance(4)
		body := buf.NewBody(len(data))
		copy(body.Bytes(), data)
		w.AddRef(body)
		return
	}
	b := w.Space(0, 4+len(data))
	binary.BigEndian.PutUint32(b, uint32(len(data)))
	copy(b[4:], data)
	w.Advance(4 + len(data))
}

func readFrame(r *Reader) ([]byte, bool) {
	if !r.Ready() {
		return nil, false
	}
	b := r.Window()
	n := binary.BigEndian.Uint32(b)
	if n&byRef != 0 {
		body, at := r.NextRef(0)
		if at != 4 {
			panic(fmt.Sprintf("body at %d", at))
		}
		r.Consume(4)
		data := append([]byte(nil), body.Bytes()...)
		r.TakeRef().Release()
		return data, true
	}
	r.Consume(4 + int(n))
	return append([]byte(nil), b[4:4+n]...), true
}

// TestModel drives a queue and a plain list with the same random steps; they
// must never differ.
func TestModel(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var q Queue
		q.Init()
		var published, pending [][]byte // whole messages: visible, flushed next
		var open [][]byte               // parts of the unfinished message
		asleep := false
		for step := range 400 {
			where := func() string { return fmt.Sprintf("seed %d step %d", seed, step) }
			switch rng.IntN(8) {
			case 0, 1, 2: // write a part
				data := make([]byte, rng.IntN(1<<rng.IntN(14)))
				for i := range data {
					data[i] = byte(rng.Uint32())
				}
				writeFrame(&q.W, data, rng.IntN(4) == 0)
				open = append(open, data)
			case 3: // end the message
				if len(open) > 0 {
					q.W.EndMessages(1)
					pending = append(pending, open...)
					open = nil
				}
			case 4: // flush
				awake := q.W.Flush()
				if len(pending) > 0 && awake == asleep {
					t.Fatalf("%s: Flush says awake %v, reader asleep %v", where(), awake, asleep)
				}
				if len(pending) == 0 && !awake {
					t.Fatalf("%s: Flush of nothing wants a signal", where())
				}
				published = append(published, pending...)
				if len(pending) > 0 {
					asleep = false
				}
				pending = nil
			case 5: // roll back
				q.W.Rollback()
				open = nil
				if q.W.Pending() {
					t.Fatalf("%s: Pending after Rollback", where())
				}
			default: // read
				got, ok := readFrame(&q.R)
				if ok != (len(published) > 0) {
					t.Fatalf("%s: read %v with %d published", where(), ok, len(published))
				}
				if ok {
					if !bytes.Equal(got, published[0]) {
						t.Fatalf("%s: got %d bytes, want %d", where(), len(got), len(published[0]))
					}
					published = published[1:]
					break
				}
				if !q.R.Sleep() {
					t.Fatalf("%s: an empty queue does not sleep", where())
				}
				asleep = true
			}
			if rng.IntN(16) == 0 {
				wantTrim(t, where(), &q, len(published) > 0, len(open)+len(pending)+len(published) == 0)
			}
		}
	}
}

// wantTrim trims a queue, which may do so only if that is empty, and must then.
func wantTrim(t *testing.T, where string, q *Queue, ready, empty bool) {
	t.Helper()
	q.R.DrainedMessages()
	large := q.W.Held() > StartBytes
	trimmed := q.Trim()
	if large && trimmed != empty {
		t.Fatalf("%s: Trim says %v, empty %v", where, trimmed, empty)
	}
	if trimmed && q.W.Held() > StartBytes || q.R.Ready() != ready {
		t.Fatalf("%s: Trim has left %d bytes, ready %v", where, q.W.Held(), q.R.Ready())
	}
}

// TestNothingLost passes a sequence between two goroutines, which sleep and wake
// by the queue's own protocol. A lost wake-up hangs it; a torn publication
// breaks the sequence.
func TestNothingLost(t *testing.T) {
	const messages = 200_000
	var q Queue
	q.Init()
	signal := make(chan struct{}, 1)
	go func() {
		rng := rand.New(rand.NewPCG(7, 7))
		var b [9]byte
		for i := range uint64(messages) {
			parts := 1 + rng.IntN(3)
			for p := range parts {
				binary.BigEndian.PutUint64(b[:], i)
				b[8] = byte(parts - p)
				writeFrame(&q.W, b[:], rng.IntN(50) == 0)
			}
			q.W.EndMessages(1)
			if rng.IntN(4) == 0 && i+1 < messages {
				continue
			}
			if !q.W.Flush() {
				signal <- struct{}{}
			}
			if rng.IntN(64) == 0 {
				runtime.Gosched()
			}
		}
		if !q.W.Close() {
			signal <- struct{}{}
		}
	}()
	var next uint64
	left := byte(0)
	for {
		b, ok := readFrame(&q.R)
		if !ok {
			if q.R.Sleep() {
				<-signal
			} else if q.R.EOF() {
				break
			}
			continue
		}
		if got := binary.BigEndian.Uint64(b); got != next {
			t.Fatalf("message %d, want %d", got, next)
		}
		if left != 0 && b[8] != left {
			t.Fatalf("message %d: part %d, want %d", next, b[8], left)
		}
		if left = b[8] - 1; left == 0 {
			next++
		}
	}
	if next != messages {
		t.Fatalf("got %d messages, want %d", next, messages)
	}
}

// TestUnfinishedMessageStaysHidden: a reader never sees half a message, even
// where its first part would fill chunks.
func TestUnfinishedMessageStaysHidden(t *testing.T) {
	var q Queue
	q.Init()
	for range 20 {
		writeFrame(&q.W, make([]byte, 40_000), false)
		q.W.Flush()
		if q.R.Ready() {
			t.Fatal("part of an unfinished message is readable")
		}
	}
	q.W.EndMessages(1)
	q.W.Flush()
	for i := range 20 {
		if b, ok := readFrame(&q.R); !ok || len(b) != 40_000 {
			t.Fatalf("part %d: %v, %d bytes", i, ok, len(b))
		}
	}
}

// TestCloseEndsBehindWholeMessages: EOF comes after the last whole message, and
// the unfinished one is gone.
func TestCloseEndsBehindWholeMessages(t *testing.T) {
	var q Queue
	q.Init()
	writeFrame(&q.W, []byte("whole"), false)
	q.W.EndMessages(1)
	writeFrame(&q.W, []byte("half"), false)
	q.W.Close()
	if b, ok := readFrame(&q.R); !ok || string(b) != "whole" {
		t.Fatalf("got %q, %v", b, ok)
	}
	if _, ok := readFrame(&q.R); ok || !q.R.EOF() {
		t.Fatalf("no EOF after the last message")
	}
	if q.R.Sleep() {
		t.Fatal("a reader went to sleep on a closed queue")
	}
}

// TestDrainedMessages: a reader that moves bytes learns how many messages they
// were.
func TestDrainedMessages(t *testing.T) {
	var q Queue
	q.Init()
	written, counted := 0, 0
	for i := range 3000 {
		writeFrame(&q.W, make([]byte, i%500), i%7 == 0)
		if i%3 != 0 {
			q.W.EndMessages(1)
			written++
		}
		if i%10 == 0 {
			q.W.Flush()
		}
		for i%100 == 0 && q.R.Ready() {
			q.R.Consume(len(q.R.Window()))
			for b, _ := q.R.NextRef(0); b != nil; b, _ = q.R.NextRef(0) {
				q.R.TakeRef().Release()
			}
			counted += q.R.DrainedMessages()
		}
	}
	q.W.EndMessages(1)
	q.W.Flush()
	for q.R.Ready() {
		q.R.Consume(len(q.R.Window()))
		for b, _ := q.R.NextRef(0); b != nil; b, _ = q.R.NextRef(0) {
			q.R.TakeRef().Release()
		}
		counted += q.R.DrainedMessages()
	}
	if counted != written+1 {
		t.Fatalf("counted %d messages, want %d", counted, written+1)
	}
}

func BenchmarkWriteFlushRead(b *testing.B) {
	for _, size := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var q Queue
			q.Init()
			data := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				s := q.W.Space(0, 9+size)
				s[0] = byte(size)
				copy(s[1:], data)
				q.W.Advance(1 + size)
				q.W.EndMessages(1)
				q.W.Flush()
				if q.R.Ready() {
					q.R.Consume(1 + size)
					q.R.EndMessage()
				}
			}
		})
	}
}
