// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

// counts is a Sink that counts what it is told.
type counts struct{ reads, writes, closes int }

func (c *counts) ReadActivated(*Pipe)  { c.reads++ }
func (c *counts) WriteActivated(*Pipe) { c.writes++ }
func (c *counts) PeerClosed(*Pipe)     { c.closes++ }

// pair makes two ends that are listened to.
func pair(ab, ba Options) (a, b *Pipe, toA, toB *counts) {
	a, b = NewPair(ab, ba)
	toA, toB = &counts{}, &counts{}
	a.SetSink(toA)
	b.SetSink(toB)
	return a, b, toA, toB
}

// ledger hands bodies out and checks in the end that each reference to them was
// given up exactly once. It keeps a reference of its own to each: one given up
// too often and one too few both show, for the last one does not fall to it.
type ledger struct {
	bodies []*buf.Body
	freed  int
}

// body returns a body whose only other reference is the ledger's.
func (l *ledger) body(data []byte) *buf.Body {
	b := buf.WrapBody(data, func() { l.freed++ })
	b.Retain(1)
	l.bodies = append(l.bodies, b)
	return b
}

// held returns how many bodies somebody else still refers to.
func (l *ledger) held() (n int) {
	for _, b := range l.bodies {
		if b.Shared() {
			n++
		}
	}
	return n
}

func (l *ledger) close(t *testing.T, where string) {
	t.Helper()
	for i, b := range l.bodies {
		before := l.freed
		b.Release()
		if l.freed != before+1 {
			t.Fatalf("%s: body %d of %d was released too often or not at all", where, i, len(l.bodies))
		}
	}
	l.bodies = nil
}

// frame is one part as the tests see it.
type frame struct {
	data []byte
	more bool
	ref  bool // comes with a body
}

func (f frame) String() string {
	return fmt.Sprintf("%d bytes, more %v, ref %v", len(f.data), f.more, f.ref)
}

// fill makes n bytes that tell where they belong.
func fill(n int, tag uint32) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(tag>>(8*(i%3))) ^ byte(i)
	}
	return b
}

// write puts f into p; a body comes from l.
func write(p *Pipe, l *ledger, f frame) bool {
	part := msg.Part{Data: f.data}
	if f.more {
		part.Flags = msg.More
	}
	if f.ref {
		part.Body = l.body(f.data)
	}
	ok := p.Write(&part)
	if !ok {
		part.Drop()
	}
	return ok
}

// take reads one part and gives its body up; what it returns is a copy.
func take(p *Pipe) (f frame, ok bool) {
	var part msg.Part
	if !p.Read(&part) {
		return f, false
	}
	f = frame{data: bytes.Clone(part.Data), more: part.HasMore(), ref: part.Body != nil}
	part.Drop()
	return f, true
}

// same compares what was read with what was written: a small body is copied.
func (f frame) same(w frame) bool {
	return bytes.Equal(f.data, w.data) && f.more == w.more && f.ref == (w.ref && len(w.data) >= msg.RefBytesMin)
}

// randomFrame visits the sizes where the format or the way of travel changes.
func randomFrame(rng *rand.Rand) frame {
	edges := []int{0, 1, 255, 256, msg.RefBytesMin - 1, msg.RefBytesMin, msg.RefBytesMin + 1, 70_000}
	n := rng.IntN(40)
	if rng.IntN(4) == 0 {
		n = edges[rng.IntN(len(edges))]
	}
	return frame{data: fill(n, rng.Uint32()), more: rng.IntN(3) == 0, ref: rng.IntN(2) == 0}
}

// message returns the frames of one message.
func message(text ...string) (fs []frame) {
	for i, s := range text {
		fs = append(fs, frame{data: []byte(s), more: i+1 < len(text)})
	}
	return fs
}

// send writes and publishes a message, and signals where it is owed.
func send(t *testing.T, p *Pipe, text ...string) {
	t.Helper()
	for _, f := range message(text...) {
		if !write(p, nil, f) {
			t.Fatalf("no room for %q", f.data)
		}
	}
	if !p.Flush() {
		p.Signal()
	}
}
