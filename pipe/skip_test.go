// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
)

// wireSize is how long a frame is on the wire.
func (f frame) wireSize() int { return zmtp.HeaderSize(len(f.data)) + len(f.data) }

// drainWire takes n wire bytes out of p as a connection does: window by window,
// with bodies by reference in between, counting messages only where a window is
// used up. It returns how much of the next body is gone.
func drainWire(t *testing.T, p *Pipe, n int) (bodySent int) {
	t.Helper()
	r := p.Reader()
	p.TookBytes(n)
	for n > 0 {
		if !r.Ready() {
			t.Fatalf("%d bytes less than written", n)
		}
		body, at := r.NextRef(0)
		if body == nil {
			at = len(r.Window())
		}
		k := min(n, at)
		r.Consume(k)
		n -= k
		if body != nil && k == at {
			if size := len(body.Bytes()); n < size {
				return n
			}
			n -= len(body.Bytes())
			r.TakeRef().Release()
		}
		if r.Drained() {
			p.Took(r.DrainedMessages())
		}
	}
	return 0
}

// drainWhole takes out everything that is left, as a connection does.
func drainWhole(p *Pipe) {
	r := p.Reader()
	for r.Ready() {
		p.TookBytes(len(r.Window()))
		r.Consume(len(r.Window()))
		for b, _ := r.NextRef(0); b != nil; b, _ = r.NextRef(0) {
			p.TookBytes(len(b.Bytes()))
			r.TakeRef().Release()
		}
		p.Took(r.DrainedMessages())
	}
}

// conversation is a list of messages that goes over several chunks, with bodies
// by reference at the beginning, in the middle and at the end of messages.
func conversation() (ms [][]frame) {
	sizes := [][]int{
		{5}, {0}, {1, 0, 3}, {200, 300, 256}, {-5000}, {3, -4096, 7}, {-4096, -4100}, {0, -4096}, {1, 600, 600, 600},
		{2}, {-4200, 0}, {900, 2, -4096, 900, 40}, {255}, {256}, {5000}, {10, 4097}, {1},
	}
	tag := uint32(0)
	for _, m := range sizes {
		var fs []frame
		for i, n := range m {
			tag++
			fs = append(fs, frame{data: fill(max(n, -n), tag), more: i+1 < len(m), ref: n < 0})
		}
		ms = append(ms, fs)
	}
	return ms
}

// spoken is a pipe with the conversation in it.
func spoken(t *testing.T, l *ledger, ms [][]frame) (a, b *Pipe, total int) {
	t.Helper()
	a, b, _, _ = pair(Options{Bytes: 1 << 40}, Options{})
	for i, m := range ms {
		for _, f := range m {
			if !write(a, l, f) {
				t.Fatal("no room")
			}
			total += f.wireSize()
		}
		if i%3 == 0 {
			a.Flush()
		}
	}
	a.Flush()
	return a, b, total
}

// untouched returns the messages of which nothing is within the first n wire
// bytes.
func untouched(ms [][]frame, n int) [][]frame {
	for i, m := range ms {
		if n <= 0 {
			return ms[i:]
		}
		for _, f := range m {
			n -= f.wireSize()
		}
	}
	return nil
}

// readAll compares what is left in p with messages.
func readAll(t *testing.T, where string, p *Pipe, want [][]frame) {
	t.Helper()
	for i, m := range want {
		for j, f := range m {
			if got, ok := take(p); !ok || !got.same(f) {
				t.Fatalf("%s: message %d of %d, part %d: %v, %v, want %v", where, i, len(want), j, got, ok, f)
			}
		}
	}
	if got, ok := take(p); ok {
		t.Fatalf("%s: %v is left over", where, got)
	}
}

// TestSkipPartial takes the conversation apart at every byte: what was begun is
// gone, all of it, the rest comes whole, no body is lost, and every message is
// counted once, whether the rest leaves by parts or by windows.
func TestSkipPartial(t *testing.T) {
	ms := conversation()
	_, _, total := spoken(t, &ledger{}, ms)
	far, at := make(map[int]bool), 0
	for _, m := range ms {
		for _, f := range m {
			for n := at + 20; n < at+len(f.data)-20; n++ {
				far[n] = true
			}
			at += f.wireSize()
		}
	}
	for n := range total + 1 {
		// Far inside of large bodies one byte in eleven will do.
		if n%11 != 0 && far[n] {
			continue
		}
		for variant := range 4 {
			byParts, looked := variant&1 != 0, variant&2 != 0
			where := fmt.Sprintf("cut at %d of %d, by parts %v, looked %v", n, total, byParts, looked)
			var l ledger
			a, b, _ := spoken(t, &l, ms)
			bodySent := drainWire(t, b, n)
			if looked {
				// The next chunk is open, and nothing of it is gone.
				b.Reader().Ready()
			}
			b.SkipPartial(bodySent)
			left := untouched(ms, n)
			if byParts {
				readAll(t, where, b, left)
			} else {
				drainWhole(b)
			}
			if got := b.in.c.taken; got != uint64(len(ms)) {
				t.Fatalf("%s: %d of %d messages were counted", where, got, len(ms))
			}
			if got := b.in.limit.taken; got != uint64(total) || a.out.limit.written != got {
				t.Fatalf("%s: %d of %d bytes were counted, %d as written", where, got, total, a.out.limit.written)
			}
			// The pipe goes on.
			next := []frame{{data: []byte("next"), more: true}, {data: fill(4096, 1), ref: true}}
			for _, f := range next {
				write(a, &l, f)
			}
			a.Flush()
			readAll(t, where, b, [][]frame{next})
			a.CloseWrite()
			b.CloseRead()
			l.close(t, where)
		}
	}
}

// TestSkipPartialAfterParts: the same where parts were read one by one, as the
// slow lane does, and the view of the last one is still out.
func TestSkipPartialAfterParts(t *testing.T) {
	ms := conversation()
	parts := 0
	for _, m := range ms {
		parts += len(m)
	}
	for n := range parts + 1 {
		where := fmt.Sprintf("after %d of %d parts", n, parts)
		var l ledger
		_, b, total := spoken(t, &l, ms)
		bytes, at := 0, 0
		for _, m := range ms {
			for _, f := range m {
				if at++; at <= n {
					take(b)
					bytes += f.wireSize()
				}
			}
		}
		b.SkipPartial(0)
		readAll(t, where, b, untouched(ms, bytes))
		if got := b.in.c.taken; got != uint64(len(ms)) {
			t.Fatalf("%s: %d of %d messages were counted", where, got, len(ms))
		}
		if got := b.in.limit.taken; got != uint64(total) {
			t.Fatalf("%s: %d of %d bytes were counted", where, got, total)
		}
		l.close(t, where)
	}
}

// TestSkipPartialUnfinished: the writer has not ended the message that follows;
// nothing of it is touched.
func TestSkipPartialUnfinished(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	send(t, a, "one", "two")
	write(a, nil, frame{data: []byte("open"), more: true})
	a.Flush()
	b.SkipPartial(drainWire(t, b, 3))
	if f, ok := take(b); ok {
		t.Fatalf("%v is left", f)
	}
	write(a, nil, frame{data: []byte("end")})
	a.Flush()
	readAll(t, "after the end", b, [][]frame{message("open", "end")})
}

// TestSkipPartialOfNothing: an empty pipe stays as it is.
func TestSkipPartialOfNothing(t *testing.T) {
	a, b, _, _ := pair(Options{HWM: 1}, Options{})
	b.SkipPartial(0)
	send(t, a, "x")
	b.SkipPartial(0)
	var part msg.Part
	if !b.Read(&part) || string(part.Data) != "x" {
		t.Errorf("read %q", part.Data)
	}
}
