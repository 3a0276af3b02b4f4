// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// model is a direction in plain terms.
type model struct {
	hwm, lwm int // messages; hwm 0 is no limit

	queue   [][]frame // published
	pending [][]frame // whole, flushed next
	open    []frame   // parts of the unfinished message
	inside  []frame   // parts of the message that is being read

	written, taken, told     int  // messages
	writerSleeps, readerDoes bool // asleep
	readSignals, wroteRoom   int  // signals owed
}

// room says whether a part may be written, and puts the writer to sleep if not.
func (m *model) room() bool {
	if len(m.open) > 0 || m.hwm == 0 || m.written-m.told < m.hwm {
		return true
	}
	m.writerSleeps = true
	return false
}

func (m *model) write(f frame) {
	m.open = append(m.open, f)
	if !f.more {
		m.pending = append(m.pending, m.open)
		m.open = nil
		m.written++
	}
}

// flush returns whether the reader was awake.
func (m *model) flush() bool {
	if len(m.pending) == 0 {
		return true
	}
	m.queue = append(m.queue, m.pending...)
	m.pending = nil
	awake := !m.readerDoes
	m.readerDoes = false
	return awake
}

// next returns the part to be read, or false and the reader sleeps.
func (m *model) next() (f frame, ok bool) {
	if len(m.inside) == 0 {
		if len(m.queue) == 0 {
			m.readerDoes = true
			return f, false
		}
		m.inside, m.queue = m.queue[0], m.queue[1:]
	}
	f, m.inside = m.inside[0], m.inside[1:]
	if f.more {
		return f, true
	}
	m.taken++
	if m.taken%m.lwm == 0 {
		m.told = m.taken
		if m.writerSleeps {
			m.writerSleeps = false
			m.wroteRoom++
		}
	}
	return f, true
}

// upcoming returns the parts of the message that begins next, none in the middle of one.
func (m *model) upcoming() []frame {
	if len(m.inside) > 0 || len(m.queue) == 0 {
		return nil
	}
	return m.queue[0]
}

// inspect makes CheckRead look like next without taking anything.
func (m *model) inspect() bool {
	if len(m.inside)+len(m.queue) > 0 {
		return true
	}
	m.readerDoes = true
	return false
}

// rig is a pipe and its model.
type rig struct {
	t        *testing.T
	rng      *rand.Rand
	where    string
	a, b     *Pipe
	toA, toB *counts
	m        model
	l        ledger
}

func newRig(t *testing.T, seed uint64) *rig {
	r := &rig{t: t, rng: rand.New(rand.NewPCG(seed, 20))}
	r.m.hwm = r.rng.IntN(6)
	if seed%3 == 0 {
		r.m.hwm = 40 // for runs of some length
	}
	r.m.lwm = max((r.m.hwm+1)/2, 1)
	r.a, r.b, r.toA, r.toB = pair(Options{HWM: r.m.hwm}, Options{})
	return r
}

func (r *rig) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s (hwm %d): %s", r.where, r.m.hwm, fmt.Sprintf(format, args...))
}

func (r *rig) write() {
	f := randomFrame(r.rng)
	want := r.m.room()
	part := msg.Part{Data: f.data}
	if f.more {
		part.Flags = msg.More
	}
	if f.ref {
		part.Body = r.l.body(f.data)
	}
	if got := r.a.Write(&part); got != want {
		r.fail("Write of %v: %v, want %v", f, got, want)
	}
	if part.Body != nil == want && f.ref {
		r.fail("Write returned %v, body still ours: %v", want, part.Body != nil)
	}
	part.Drop()
	if want {
		r.m.write(f)
	}
	if got := r.a.MoreOut(); got != (len(r.m.open) > 0) {
		r.fail("MoreOut %v", got)
	}
}

func (r *rig) flush() {
	want := r.m.flush()
	if got := r.a.Flush(); got != want {
		r.fail("Flush says that the reader is awake: %v, want %v", got, want)
	}
	if !want {
		r.a.Signal()
		r.m.readSignals++
	}
}

func (r *rig) read() {
	want, ok := r.m.next()
	got, gotOK := take(r.b)
	if gotOK != ok || ok && !got.same(want) {
		r.fail("read %v, %v, want %v, %v", got, gotOK, want, ok)
	}
	if gotOK && r.b.MoreIn() != want.more {
		r.fail("MoreIn %v", r.b.MoreIn())
	}
	if r.b.EOF() {
		r.fail("the end of an open pipe")
	}
}

// readSmall reads the next message by the short way, which says no to all but small
// ones of one part and then changes nothing.
func (r *rig) readSmall() {
	data, ok := r.b.ReadSmall()
	if !ok {
		if fs := r.m.upcoming(); len(fs) == 1 && len(fs[0].data) < msg.RefBytesMin {
			r.fail("a message of %v was refused", fs[0])
		}
		return
	}
	want, wantOK := r.m.next()
	if got := (frame{data: data}); !wantOK || !got.same(want) {
		r.fail("read %v, want %v, %v", got, want, wantOK)
	}
}

func (r *rig) step() {
	switch r.rng.IntN(16) {
	case 0, 1, 2, 3:
		r.write()
	case 4, 5:
		r.flush()
	case 6:
		if got, want := r.a.CheckWrite(), r.m.room(); got != want {
			r.fail("CheckWrite %v, want %v", got, want)
		}
	case 7:
		if got, want := r.b.CheckRead(), r.m.inspect(); got != want {
			r.fail("CheckRead %v, want %v", got, want)
		}
	case 8:
		if r.rng.IntN(3) == 0 {
			r.a.Rollback()
			r.m.open = nil
		}
	case 9, 10, 11, 12:
		r.readSmall()
	case 13:
		if got, want := r.b.Empty(), len(r.m.inside)+len(r.m.queue) == 0; got != want {
			r.fail("Empty %v, want %v", got, want)
		}
	case 14:
		all := len(r.m.queue)+len(r.m.pending)+len(r.m.open)+len(r.m.inside) == 0
		if r.rng.IntN(8) == 0 && !r.b.Trim() && all {
			r.fail("a queue from which all has been read keeps its memory")
		}
	default:
		r.read()
	}
	if r.toA.writes != r.m.wroteRoom || r.toB.reads != r.m.readSignals {
		r.fail("signals: %d to the writer, want %d; %d to the reader, want %d",
			r.toA.writes, r.m.wroteRoom, r.toB.reads, r.m.readSignals)
	}
	if n := r.b.Taken(); n != uint64(r.m.taken) {
		r.fail("%d messages taken, want %d", n, r.m.taken)
	}
	if out, _ := r.a.Queued(); out != r.m.written-r.told() {
		r.fail("%d queued, want %d", out, r.m.written-r.told())
	}
}

// told is how much of the reader's progress is known to the writer.
func (r *rig) told() int {
	if r.m.hwm == 0 {
		return r.m.taken &^ (1<<10 - 1)
	}
	return r.m.told
}

// TestPipeModel drives a pipe and its model with the same random steps (edge cases 82
// and 88).
func TestPipeModel(t *testing.T) {
	for seed := range uint64(150) {
		r := newRig(t, seed)
		for step := range 400 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step()
		}
		r.where = fmt.Sprintf("seed %d, end", seed)
		r.a.CloseWrite()
		r.b.CloseRead()
		if _, ok := r.b.ReadSmall(); ok {
			r.fail("read from a pipe that is closed")
		}
		r.l.close(t, r.where)
	}
}

// TestRollback: the parts of an unfinished message vanish with their bodies, and
// whole ones before it stay, wherever the chunks' borders are (edge case 89).
func TestRollback(t *testing.T) {
	for parts := 1; parts < 200; parts += 7 {
		var l ledger
		a, b, _, _ := pair(Options{HWM: 10}, Options{})
		first := frame{data: []byte("kept")}
		write(a, &l, first)
		for i := range parts {
			write(a, &l, frame{data: fill(300+i*40, 1), more: true, ref: i%2 == 0})
		}
		if !a.MoreOut() {
			t.Fatal("no message is open")
		}
		a.Rollback()
		if a.MoreOut() || l.held() != 0 {
			t.Fatalf("%d parts: open %v, %d bodies held", parts, a.MoreOut(), l.held())
		}
		last := frame{data: fill(5000, 2), ref: true}
		write(a, &l, last)
		a.Flush()
		for _, want := range []frame{first, last} {
			if got, ok := take(b); !ok || !got.same(want) {
				t.Fatalf("%d parts: %v, %v, want %v", parts, got, ok, want)
			}
		}
		if _, ok := take(b); ok {
			t.Fatalf("%d parts: something is left", parts)
		}
		if out, _ := a.Queued(); out != 2 {
			t.Errorf("%d parts: %d counted", parts, out)
		}
		l.close(t, fmt.Sprint(parts, " parts"))
	}
}

// TestHalfMessagesAreHidden: no part of a message shows before its last one is
// published.
func TestHalfMessagesAreHidden(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	for i := range 50 {
		write(a, &ledger{}, frame{data: fill(i*100, 3), more: true, ref: true})
		if !a.Flush() || b.CheckRead() {
			t.Fatalf("part %d of an unfinished message shows", i)
		}
	}
	write(a, nil, frame{})
	if b.CheckRead() {
		t.Fatal("a message shows before Flush")
	}
	if a.Flush() {
		t.Error("Flush forgets the sleeping reader")
	}
	for i := range 51 {
		if f, ok := take(b); !ok || f.more != (i < 50) {
			t.Fatalf("part %d: %v, %v", i, f, ok)
		}
	}
}

// TestViewHolds: what Read returned stays until the next Read or CheckRead, even
// while the writer goes on.
func TestViewHolds(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	send(t, a, "the first message")
	var part msg.Part
	if !b.Read(&part) {
		t.Fatal("nothing to read")
	}
	for range 200 {
		write(a, nil, frame{data: fill(1000, 9)})
		a.Flush()
	}
	if string(part.Data) != "the first message" {
		t.Errorf("the view became %q", part.Data)
	}
	if f, ok := take(b); !ok || !bytes.Equal(f.data, fill(1000, 9)) {
		t.Errorf("next: %v, %v", f, ok)
	}
}

// TestConflate: a conflating direction keeps the latest value, one of them at
// most, whatever the order, and has no high-water mark (edge case 95).
func TestConflate(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 21))
		a, b, toA, toB := pair(Options{HWM: 1, Conflate: true}, Options{})
		if !b.Conflating() || a.Conflating() {
			t.Fatal("the wrong direction conflates")
		}
		var l ledger
		var latest *frame
		asleep, signals := false, 0
		for step := range 200 {
			where := fmt.Sprintf("seed %d, step %d", seed, step)
			switch rng.IntN(3) {
			case 0:
				f := randomFrame(rng)
				if !a.CheckWrite() || !write(a, &l, f) || a.MoreOut() {
					t.Fatalf("%s: no room, or a message is open", where)
				}
				f.more = false
				latest = &f
				if rng.IntN(3) == 0 {
					continue // and publish with the next one
				}
				if a.Flush() == asleep {
					t.Fatalf("%s: asleep %v, and Flush says the same of awake", where, asleep)
				}
				if asleep {
					a.Signal()
					signals++
				}
				asleep = false
			case 1:
				if b.CheckRead() != (latest != nil) {
					t.Fatalf("%s: CheckRead %v", where, latest == nil)
				}
				asleep = asleep || latest == nil
			case 2:
				got, ok := take(b)
				if ok != (latest != nil) || ok && (!bytes.Equal(got.data, latest.data) || got.ref != latest.ref) {
					t.Fatalf("%s: %v, %v, want %v", where, got, ok, latest)
				}
				asleep = asleep || latest == nil
				latest = nil
			}
			if l.held() > 1 || toB.reads != signals || toA.writes != 0 {
				t.Fatalf("%s: %d bodies held, %d signals, want %d", where, l.held(), toB.reads, signals)
			}
		}
		a.CloseWrite()
		b.CloseRead()
		l.close(t, fmt.Sprint("seed ", seed))
	}
}
