// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// subscriber is a pipe of a distributor with what the model knows of it.
type subscriber struct {
	w, r                *Pipe
	hwm                 int
	written, told, read int // messages
	queue               []string
	refused             bool // the reader has gone

	eligible, active, matched bool
	half                      string // of the message under way
}

func (s *subscriber) room() bool { return s.half != "" || s.written-s.told < s.hwm }

// distRig is a distributor and its model.
type distRig struct {
	t      *testing.T
	where  string
	d      Distributor
	sink   setSink
	set    []*subscriber
	more   bool
	serial int
	bodies ledger
	missed int // messages that a matching pipe had no room for
}

func newDistRig(t *testing.T) *distRig {
	r := &distRig{t: t}
	r.sink.write = func(p *Pipe) {
		r.d.Activated(p)
		for _, s := range r.set {
			if s.w == p {
				s.eligible = true
				s.active = s.active || !r.more
			}
		}
	}
	return r
}

func (r *distRig) attach(hwm int) *subscriber {
	s := &subscriber{hwm: hwm, eligible: true, active: !r.more}
	s.w, s.r, _, _ = pair(Options{HWM: hwm}, Options{})
	s.w.SetSink(&r.sink)
	r.set = append(r.set, s)
	r.d.Attach(s.w)
	return s
}

func (r *distRig) remove(s *subscriber) {
	r.d.Remove(s.w)
	r.d.Remove(s.w)
	r.d.Activated(s.w) // a signal that was under way
	s.w.CloseWrite()
	s.r.CloseRead()
	r.set = slices.DeleteFunc(r.set, func(o *subscriber) bool { return o == s })
}

// choose matches pipes for the next message, in one of the ways there are.
func (r *distRig) choose(rng *rand.Rand) {
	r.d.Unmatch()
	for _, s := range r.set {
		s.matched = false
	}
	if rng.IntN(3) == 0 {
		r.d.MatchAll()
		for _, s := range r.set {
			s.matched = s.active
		}
		return
	}
	for _, s := range r.set {
		if rng.IntN(2) == 0 {
			r.d.Match(s.w)
			r.d.Match(s.w)
			s.matched = s.active
		}
	}
	if rng.IntN(3) == 0 {
		r.d.Reverse()
		for _, s := range r.set {
			s.matched = s.active && !s.matched
		}
	}
}

// hasRoom compares HasRoom with the model.
func (r *distRig) hasRoom() {
	want := true
	for _, s := range r.set {
		want = want && (!s.matched || s.refused || s.room())
	}
	if got := r.d.HasRoom(); got != want {
		r.t.Fatalf("%s: HasRoom %v", r.where, got)
	}
}

// send sends one part and signals whoever must be.
func (r *distRig) send(more, ref bool) {
	r.serial++
	text := fmt.Sprintf("%d;", r.serial)
	part := msg.Part{Data: []byte(text)}
	if more {
		part.Flags = msg.More
	}
	if ref {
		part.Data = append(make([]byte, 0, msg.RefBytesMin), text...)[:msg.RefBytesMin]
		part.Body = r.bodies.body(part.Data)
	}
	r.d.Send(&part)
	if part.Body != nil {
		r.t.Fatalf("%s: the body is still ours", r.where)
	}
	for _, p := range r.d.Asleep {
		p.Signal()
	}
	r.d.Asleep = r.d.Asleep[:0]
	for _, s := range r.set {
		if !s.matched {
			continue
		}
		if s.refused || !s.room() {
			s.matched, s.active, s.eligible, s.half = false, false, false, ""
			r.missed++
			continue
		}
		s.half += text
		if !more {
			s.queue, s.half = append(s.queue, s.half), ""
			s.written++
		}
	}
	r.more = more
	if !more {
		for _, s := range r.set {
			s.active = s.eligible
		}
	}
}

// read takes a whole message out at the far end.
func (r *distRig) read(s *subscriber) {
	if s.refused {
		return
	}
	want, got := "", ""
	if len(s.queue) > 0 {
		want, s.queue = s.queue[0], s.queue[1:]
		s.read++
		if lwm := (s.hwm + 1) / 2; s.read%lwm == 0 {
			s.told = s.read
		}
	}
	var part msg.Part
	for s.r.Read(&part) {
		got += string(part.Data[:slices.Index(part.Data, ';')+1])
		part.Drop()
		if !part.HasMore() {
			break
		}
	}
	if got != want {
		r.t.Fatalf("%s: read %q, want %q", r.where, got, want)
	}
}

func (r *distRig) step(rng *rand.Rand) {
	var s *subscriber
	if len(r.set) > 0 {
		s = r.set[rng.IntN(len(r.set))]
	}
	switch op := rng.IntN(24); {
	case op == 0 || s == nil && op < 12:
		r.attach(1 + rng.IntN(4))
	case op == 1:
		r.remove(s)
	case op == 2 && rng.IntN(2) == 0:
		s.refused, s.queue = true, nil
		s.r.CloseRead()
	case op == 3:
		r.hasRoom()
	case op < 12 && s != nil:
		r.read(s)
	default:
		if !r.more {
			r.choose(rng)
		}
		r.send(rng.IntN(3) == 0, rng.IntN(4) == 0)
	}
	r.check()
}

// check compares the order of the set with the model's sets.
func (r *distRig) check() {
	d := &r.d
	if d.Len() != len(r.set) {
		r.t.Fatalf("%s: %d pipes, want %d", r.where, d.Len(), len(r.set))
	}
	for i, p := range d.pipes {
		if p.dist != i {
			r.t.Fatalf("%s: the pipe at %d thinks it is at %d", r.where, i, p.dist)
		}
	}
	for _, s := range r.set {
		if s.w.MoreOut() != (s.half != "") {
			r.t.Fatalf("%s: a message is open: %v, want %v", r.where, s.w.MoreOut(), s.half != "")
		}
		i := s.w.dist
		if i < d.eligible != s.eligible || i < d.active != s.active || r.more && i < d.matching != s.matched {
			r.t.Fatalf("%s: a pipe stands at %d of %d, %d, %d: eligible %v, active %v, matched %v", r.where,
				i, d.matching, d.active, d.eligible, s.eligible, s.active, s.matched)
		}
	}
}

// TestDistributorModel: each pipe that was matched and had room gets the message
// whole, nobody else gets any of it, and bodies are shared, not lost.
func TestDistributorModel(t *testing.T) {
	missed := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 32))
		r := newDistRig(t)
		for step := range 300 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step(rng)
		}
		for _, s := range slices.Clone(r.set) {
			for len(s.queue) > 0 {
				r.read(s)
			}
			r.remove(s)
		}
		r.bodies.close(t, r.where)
		missed += r.missed
	}
	if missed < 1000 {
		t.Errorf("only %d messages found no room: the steps prove little", missed)
	}
}

// TestDistributorSharesBodies: a body by reference is one body, however many get
// it.
func TestDistributorSharesBodies(t *testing.T) {
	r := newDistRig(t)
	for range 3 {
		r.attach(10)
	}
	data := make([]byte, msg.RefBytesMin)
	part := msg.Part{Data: data, Body: r.bodies.body(data)}
	r.d.MatchAll()
	r.d.Send(&part)
	for i, s := range r.set {
		var got msg.Part
		if !s.r.Read(&got) || &got.Data[0] != &data[0] {
			t.Fatalf("pipe %d got a copy, or nothing", i)
		}
		got.Drop()
	}
	r.bodies.close(t, "in the end")
}

// TestDistributorToNobody: a message that nobody wants is dropped.
func TestDistributorToNobody(t *testing.T) {
	r := newDistRig(t)
	r.send(true, true)
	late := r.attach(1)
	r.d.MatchAll()
	r.send(false, true)
	if late.r.CheckRead() || r.bodies.held() != 0 {
		t.Errorf("a pipe that came in the middle got something; %d bodies held", r.bodies.held())
	}
	r.d.MatchAll()
	r.send(false, false)
	if !late.r.CheckRead() {
		t.Error("and nothing of the next message")
	}
	r.bodies.close(t, "in the end")
}
