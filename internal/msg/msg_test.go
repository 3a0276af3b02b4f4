// SPDX-License-Identifier: MPL-2.0

package msg

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
)

// ledger hands bodies out and keeps a reference to each, so that one given up
// too often shows as well as one never given up.
type ledger struct {
	bodies []*buf.Body
	freed  int
}

func (l *ledger) body(data []byte) *buf.Body {
	b := buf.WrapBody(bytes.Clone(data), func() { l.freed++ })
	b.Retain(1)
	l.bodies = append(l.bodies, b)
	return b
}

// held returns how many references others have, one for each body at most.
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
}

// check compares a message with the frames that it should have.
func check(t *testing.T, where string, m *Msg, want [][]byte) {
	t.Helper()
	size := 0
	if m.Len() != len(want) {
		t.Fatalf("%s: %d frames, want %d", where, m.Len(), len(want))
	}
	frames := m.Frames()
	for i, w := range want {
		size += len(w)
		p := m.Part(i)
		if !bytes.Equal(m.Frame(i), w) || !bytes.Equal(frames[i], w) || !bytes.Equal(p.Data, w) {
			t.Fatalf("%s: frame %d is %.20q, want %.20q", where, i, m.Frame(i), w)
		}
		if p.HasMore() != (i+1 < len(want)) || p.Flags&^More != 0 {
			t.Fatalf("%s: frame %d of %d has flags %x", where, i, len(want), p.Flags)
		}
	}
	if m.Size() != size || m.Frame(-1) != nil || m.Frame(len(want)) != nil {
		t.Fatalf("%s: size %d, want %d; or frames beyond the ends", where, m.Size(), size)
	}
	if len(want) == 0 && m.Bytes() != nil || len(want) > 0 && !bytes.Equal(m.Bytes(), want[0]) {
		t.Fatalf("%s: Bytes is %.20q", where, m.Bytes())
	}
	if data, ok := m.Small(); ok && (len(want) != 1 || !bytes.Equal(data, want[0]) || len(data) >= RefBytesMin || m.Part(0).Body != nil) {
		t.Fatalf("%s: Small is %.20q of %d frames", where, data, len(want))
	}
}

// rig is a message and its model, a list of frames.
type rig struct {
	t      *testing.T
	where  string
	rng    *rand.Rand
	m      Msg
	frames [][]byte
	l      ledger
	clones []Msg
	copies [][][]byte
}

func (r *rig) data() []byte {
	n := r.rng.IntN(1 << r.rng.IntN(9))
	if r.rng.IntN(6) == 0 {
		n = RefBytesMin - 1 + r.rng.IntN(3)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.rng.Uint32())
	}
	return b
}

// grow adds a frame in one of the ways there are.
func (r *rig) grow() {
	d := r.data()
	switch r.rng.IntN(5) {
	case 0:
		r.m.Append(d)
	case 1:
		own := bytes.Clone(d)
		r.m.AppendCopy(own)
		clear(own)
	case 2:
		r.m.AppendBody(r.l.body(d))
	case 3:
		b := r.l.body(d)
		p := Part{Data: b.Bytes(), Body: b}
		if r.m.AppendPart(&p); p.Body != nil {
			r.t.Fatalf("%s: the reference is still the part's", r.where)
		}
	case 4:
		own := bytes.Clone(d)
		r.m.AppendPart(&Part{Data: own})
		clear(own)
	}
	r.frames = append(r.frames, d)
}

// restart makes the message something else.
func (r *rig) restart() {
	r.frames = nil
	switch d := r.data(); r.rng.IntN(5) {
	case 0:
		if b := r.m.Init(len(d)); copy(b, d) != len(d) || len(b) != len(d) {
			r.t.Fatalf("%s: Init gave %d bytes, want %d", r.where, len(b), len(d))
		}
		r.frames = [][]byte{d}
	case 1:
		r.m.Copy(d, nil)
		r.frames = [][]byte{bytes.Clone(d)}
		clear(d)
	case 2:
		r.m.Close()
		r.m.Close()
	case 3:
		// As a socket sends: each body goes to a pipe, which drops it here.
		for i := range r.m.Len() {
			p := r.m.Part(i)
			p.Drop()
			r.m.Taken(i)
		}
		r.m.Sent()
	case 4:
		// Sending fails half way: what has not gone is still ours.
		for i := range r.m.Len() / 2 {
			p := r.m.Part(i)
			p.Drop()
			r.m.Taken(i)
		}
		r.m.Close()
	}
}

func (r *rig) step() {
	switch r.rng.IntN(12) {
	case 0:
		r.restart()
	case 1:
		r.clones = append(r.clones, r.m.Clone())
		r.copies = append(r.copies, append([][]byte(nil), r.frames...))
	case 2:
		r.m.Detach()
		for i := range r.m.Len() {
			if r.m.Part(i).Body != nil {
				r.t.Fatalf("%s: frame %d has a body when detached", r.where, i)
			}
		}
	case 3:
		if i := len(r.clones) - 1; i >= 0 {
			check(r.t, r.where+", clone", &r.clones[i], r.copies[i])
			r.clones[i].Close()
			r.clones, r.copies = r.clones[:i], r.copies[:i]
		}
	default:
		if len(r.frames) < 12 {
			r.grow()
		} else {
			r.restart()
		}
	}
	check(r.t, r.where, &r.m, r.frames)
}

// TestMsgModel drives a message, used again and again, and a list of frames with
// the same random steps; clones stay what they were, and no body is lost.
func TestMsgModel(t *testing.T) {
	for seed := range uint64(300) {
		r := &rig{t: t, rng: rand.New(rand.NewPCG(seed, 90))}
		for step := range 200 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step()
		}
		r.m.Close()
		for i := range r.clones {
			check(t, r.where+", clone", &r.clones[i], r.copies[i])
			r.clones[i].Close()
		}
		if n := r.l.held(); n != 0 {
			t.Fatalf("seed %d: %d bodies are held", seed, n)
		}
		r.l.close(t, r.where)
	}
}

// TestNew refers to its frames.
func TestNew(t *testing.T) {
	a := []byte("a")
	m := New(a, nil, []byte("c"))
	check(t, "new", &m, [][]byte{[]byte("a"), {}, []byte("c")})
	a[0] = 'x'
	if string(m.Bytes()) != "x" {
		t.Error("New copies")
	}
	none := New()
	check(t, "none", &none, nil)
}

// TestSmall: one frame, below the size from which bodies travel by reference,
// and none of them.
func TestSmall(t *testing.T) {
	var l ledger
	m := New(make([]byte, RefBytesMin-1))
	if _, ok := m.Small(); !ok {
		t.Error("one small frame is not small")
	}
	body := Msg{}
	body.AppendBody(l.body([]byte("small, but a body")))
	for i, m := range []Msg{{}, New(make([]byte, RefBytesMin)), New(nil, nil), body} {
		if _, ok := m.Small(); ok {
			t.Errorf("case %d is small", i)
		}
	}
	body.Close()
	body.Copy([]byte("x"), nil)
	if _, ok := body.Small(); !ok {
		t.Error("a message that had a body can not be small again")
	}
}

// TestInitSizes: small memory is the message's own, large is a body.
func TestInitSizes(t *testing.T) {
	var m Msg
	for _, n := range []int{0, 1, RefBytesMin - 1, RefBytesMin, RefBytesMin + 1, 10, 0} {
		if b := m.Init(n); len(b) != n || m.Size() != n || m.Len() != 1 {
			t.Errorf("%d bytes: got %d, size %d, %d frames", n, len(b), m.Size(), m.Len())
		}
		if p := m.Part(0); (p.Body != nil) != (n >= RefBytesMin) || p.HasMore() {
			t.Errorf("%d bytes: body %v", n, p.Body != nil)
		}
	}
}

// TestFramesDoNotRunOver: appending to one frame leaves the next one alone.
func TestFramesDoNotRunOver(t *testing.T) {
	makers := map[string]func(m *Msg){
		"Init":       func(m *Msg) { m.Init(3) },
		"Copy":       func(m *Msg) { m.Copy([]byte("abc"), nil) },
		"AppendCopy": func(m *Msg) { m.AppendCopy([]byte("abc")) },
	}
	for name, first := range makers {
		var m Msg
		m.Copy(make([]byte, 100), nil) // memory with room to spare
		m.Close()
		first(&m)
		m.AppendCopy([]byte("next"))
		_ = append(m.Frame(0), "XXXX"...)
		if got := string(m.Frame(1)); got != "next" {
			t.Errorf("%s: the next frame became %q", name, got)
		}
	}
}

// TestDetach: what is detached outlives the message and shares with nobody.
func TestDetach(t *testing.T) {
	var l ledger
	var m Msg
	b := l.body([]byte("body"))
	m.AppendCopy([]byte("copy"))
	m.AppendBody(b)
	own := buf.NewBody(RefBytesMin)
	m.AppendBody(own)
	m.Detach()
	if l.held() != 0 {
		t.Error("a body is held")
	}
	copy(b.Bytes(), "XXXX")
	kept := m.Frames()
	m.Close()
	m.Copy([]byte("XXXX"), nil)
	if string(kept[0]) != "copy" || string(kept[1]) != "body" || len(kept[2]) != RefBytesMin {
		t.Errorf("detached frames became %q", kept[:2])
	}
	l.close(t, "in the end")
}

// TestCloneShares bodies, and copies the rest.
func TestCloneShares(t *testing.T) {
	var m Msg
	m.AppendBody(buf.NewBody(RefBytesMin))
	m.AppendCopy([]byte("plain"))
	c := m.Clone()
	if &c.Frame(0)[0] != &m.Frame(0)[0] || &c.Frame(1)[0] == &m.Frame(1)[0] {
		t.Error("a body was copied, or plain memory shared")
	}
	m.Close()
	m.Copy([]byte("OTHER"), nil)
	if string(c.Frame(1)) != "plain" || c.Part(0).Body.Shared() {
		t.Errorf("the clone became %q", c.Frame(1))
	}
	c.Close()
}

// TestClosedMsgHoldsNothing: neither bodies nor more and more memory.
func TestClosedMsgHoldsNothing(t *testing.T) {
	var m Msg
	for range 1000 {
		for range 3 {
			m.AppendCopy(make([]byte, 500))
			m.AppendBody(buf.NewBody(10))
		}
		m.Close()
		for i, p := range append(m.rest[:5:5], m.first) {
			if p.body != nil || i < 5 && p.data != nil {
				t.Fatalf("frame %d is still referred to", i)
			}
		}
	}
	if cap(m.scratch) > 8<<10 {
		t.Errorf("%d bytes of scratch memory for messages of 1500", cap(m.scratch))
	}
}

// TestPart: Drop gives up one reference, once.
func TestPart(t *testing.T) {
	var l ledger
	p := Part{Body: l.body([]byte("x")), Flags: More | Subscribe}
	if !p.HasMore() || (&Part{Flags: Large | Command | Cancel}).HasMore() {
		t.Error("HasMore")
	}
	p.Drop()
	p.Drop()
	if p.Body != nil || l.held() != 0 {
		t.Error("the reference is still there")
	}
	l.close(t, "in the end")
}

// TestReuseAllocatesNothing: a message that is used again, in each way that a
// socket fills or empties it.
func TestReuseAllocatesNothing(t *testing.T) {
	var m Msg
	small, large := []byte("small"), bytes.Repeat([]byte("l"), 1000)
	ways := map[string]func(){
		"Copy": func() { m.Copy(small, nil) },
		"Init": func() { copy(m.Init(100), small) },
		"Init with a body": func() {
			copy(m.Init(RefBytesMin), small)
		},
		"parts": func() {
			m.Close()
			for range 5 {
				m.AppendPart(&Part{Data: large})
			}
		},
		"parts with bodies": func() {
			m.Close()
			m.AppendCopy(small)
			m.AppendPart(&Part{Body: buf.NewBody(RefBytesMin)})
			m.AppendCopy(small)
		},
		"Append": func() {
			m.Append(small)
			m.Append(large)
			m.Sent()
		},
	}
	for name, way := range ways {
		m.Close()
		way()
		if n := testing.AllocsPerRun(100, way); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
