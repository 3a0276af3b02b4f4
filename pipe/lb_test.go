// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// sinkhole is a pipe of a load balancer with what the model knows of it.
type sinkhole struct {
	w, r                *Pipe
	hwm                 int
	written, told, read int      // messages
	queue               []string // sent to it and not read
	refused             bool     // the reader has gone
}

// room is the model's opinion, from the rules of credit.
func (s *sinkhole) room() bool { return !s.refused && s.written-s.told < s.hwm }

// lbRig is a load balancer and its model: a list of messages for each pipe.
type lbRig struct {
	t        *testing.T
	where    string
	l        LoadBalancer
	sink     setSink
	set      []*sinkhole
	to       *sinkhole // who gets the message that is half sent
	half     string
	open     bool // a message is half sent
	dropping bool // to nobody
	serial   int
	dropped  int // messages
	bodies   ledger
}

func newLBRig(t *testing.T) *lbRig {
	r := &lbRig{t: t}
	r.sink.write = r.l.Activated
	return r
}

func (r *lbRig) attach(hwm int) {
	s := &sinkhole{hwm: hwm}
	s.w, s.r, _, _ = pair(Options{HWM: s.hwm}, Options{})
	s.w.SetSink(&r.sink)
	r.set = append(r.set, s)
	r.l.Attach(s.w)
}

func (r *lbRig) find(p *Pipe) *sinkhole {
	for _, s := range r.set {
		if s.w == p {
			return s
		}
	}
	r.t.Fatalf("%s: a pipe that is not in the set", r.where)
	return nil
}

func (r *lbRig) remove(s *sinkhole) {
	r.l.Remove(s.w)
	r.l.Remove(s.w)
	r.l.Activated(s.w) // a signal that was under way
	s.w.CloseWrite()
	r.set = slices.DeleteFunc(r.set, func(o *sinkhole) bool { return o == s })
	if r.open && r.to == s {
		r.to, r.dropping = nil, true
	}
}

// send sends one part and checks where it went.
func (r *lbRig) send(more, ref bool) {
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
	p, ok := r.l.Send(&part)
	if ok == (part.Body != nil) && ref {
		r.t.Fatalf("%s: sent %v, body still ours %v", r.where, ok, part.Body != nil)
	}
	part.Drop()
	if p != nil && !more && !p.Flush() {
		p.Signal()
	}
	switch {
	case p != nil:
		r.sent(r.find(p), text, more)
	case !ok:
		if r.open {
			r.t.Fatalf("%s: no room in the middle of a message", r.where)
		}
		for _, s := range r.set {
			if s.room() {
				r.t.Fatalf("%s: no room, though a pipe has %d of %d", r.where, s.written-s.told, s.hwm)
			}
		}
	default:
		if !r.open || !r.dropping && !r.to.refused {
			r.t.Fatalf("%s: a part was dropped without need", r.where)
		}
		if r.to != nil && r.to.w.MoreOut() {
			r.t.Fatalf("%s: the parts before it are kept", r.where)
		}
		r.dropping, r.open = more, more
		if !more {
			r.to, r.half = nil, ""
			r.dropped++
		}
	}
}

// sent notes a part that went to s.
func (r *lbRig) sent(s *sinkhole, text string, more bool) {
	if r.open && (r.dropping || s != r.to) {
		r.t.Fatalf("%s: a message is torn between pipes", r.where)
	}
	if !r.open && !s.room() {
		r.t.Fatalf("%s: a message went beyond the mark or to nobody", r.where)
	}
	if !r.open {
		r.to, r.half, r.open = s, "", true
	}
	r.half += text
	if !more {
		s.queue = append(s.queue, r.half)
		s.written++
		r.to, r.half, r.open = nil, "", false
	}
}

// read takes a whole message out at the far end.
func (r *lbRig) read(s *sinkhole) {
	if s.refused {
		return
	}
	var part msg.Part
	got := ""
	for s.r.Read(&part) {
		text := string(part.Data)
		if part.Body != nil {
			text = text[:slices.Index(part.Data, ';')+1]
		}
		got += text
		part.Drop()
		if !part.HasMore() {
			break
		}
	}
	want := ""
	if len(s.queue) > 0 {
		want, s.queue = s.queue[0], s.queue[1:]
		s.read++
		if lwm := (s.hwm + 1) / 2; s.read%lwm == 0 {
			s.told = s.read
		}
	}
	if got != want {
		r.t.Fatalf("%s: read %q, want %q", r.where, got, want)
	}
}

func (r *lbRig) step(rng *rand.Rand) {
	var s *sinkhole
	if len(r.set) > 0 {
		s = r.set[rng.IntN(len(r.set))]
	}
	switch op := rng.IntN(24); {
	case op == 0 || s == nil && op < 12:
		r.attach(1 + rng.IntN(4))
	case op == 1:
		r.remove(s)
	case op == 2:
		if !s.refused {
			s.refused, s.queue = true, nil
			s.r.CloseRead()
		}
	case op == 3:
		want := r.open
		for _, s := range r.set {
			want = want || s.room()
		}
		if got := r.l.HasOut(); got != want {
			r.t.Fatalf("%s: HasOut %v", r.where, got)
		}
	case op < 12:
		r.read(s)
	default:
		r.send(rng.IntN(3) == 0, rng.IntN(4) == 0)
	}
	if r.l.Len() != len(r.set) {
		r.t.Fatalf("%s: %d pipes, want %d", r.where, r.l.Len(), len(r.set))
	}
	for i, p := range r.l.pipes {
		if p.lb != i {
			r.t.Fatalf("%s: the pipe at %d thinks it is at %d", r.where, i, p.lb)
		}
	}
}

// TestLoadBalancerModel: a message goes whole to one pipe that has room for it,
// is refused only where none has, and is dropped only where its pipe went in the
// middle of it.
func TestLoadBalancerModel(t *testing.T) {
	dropped := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 31))
		r := newLBRig(t)
		for step := range 300 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step(rng)
		}
		for _, s := range r.set {
			for len(s.queue) > 0 {
				r.read(s)
			}
			s.w.CloseWrite()
			s.r.CloseRead()
		}
		dropped += r.dropped
	}
	if dropped < 20 {
		t.Errorf("only %d messages lost their pipe: the steps prove little", dropped)
	}
}

// TestLoadBalancerIsFair: while all have room, each gets one message a round.
func TestLoadBalancerIsFair(t *testing.T) {
	const pipes, rounds = 5, 4
	r := newLBRig(t)
	for range pipes {
		r.attach(rounds)
	}
	for round := range rounds {
		for range pipes {
			r.where = fmt.Sprint("round ", round)
			r.send(true, false)
			r.send(false, true)
		}
		for i, s := range r.set {
			if s.written != round+1 {
				t.Fatalf("round %d: pipe %d has got %d", round, i, s.written)
			}
		}
	}
	r.send(false, false)
	for _, s := range r.set {
		if s.written != rounds {
			t.Error("a message went beyond the mark")
		}
	}
}

// TestLoadBalancerReleasesBodies: also those of dropped parts.
func TestLoadBalancerReleasesBodies(t *testing.T) {
	r := newLBRig(t)
	r.attach(10)
	r.where = "pipe removed"
	r.send(true, true)
	r.remove(r.set[0])
	r.send(true, true)
	r.send(false, true)
	r.attach(10)
	r.where = "reader gone"
	r.send(true, true)
	r.set[0].refused = true
	r.set[0].r.CloseRead()
	r.send(true, true)
	r.send(false, true)
	if r.dropped != 2 {
		t.Errorf("%d messages dropped, want 2", r.dropped)
	}
	r.send(false, true) // no room, and the body stays ours
	r.set[0].w.CloseWrite()
	r.bodies.close(t, "in the end")
}
