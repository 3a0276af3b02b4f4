// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// setSink lets a set of pipes hear of its pipes at once.
type setSink struct {
	read, write func(p *Pipe)
	closed      int
}

func (s *setSink) ReadActivated(p *Pipe) {
	if s.read != nil {
		s.read(p)
	}
}

func (s *setSink) WriteActivated(p *Pipe) {
	if s.write != nil {
		s.write(p)
	}
}

func (s *setSink) PeerClosed(*Pipe) { s.closed++ }

// source is a pipe of a fair queue with what the model knows of it.
type source struct {
	w, r   *Pipe
	queue  []string // messages, as their parts one behind the other
	name   int
	closed bool // by the writer
}

// fqRig is a fair queue and its model: a list of messages for each pipe.
type fqRig struct {
	t       *testing.T
	where   string
	q       FairQueue
	sink    setSink
	sources []*source
	ended   []*Pipe
	from    *source // whose message is half read
	half    string
	serial  int
}

func newFQRig(t *testing.T) *fqRig {
	r := &fqRig{t: t}
	r.sink.read = r.q.Activated
	r.q.Ended = func(p *Pipe) { r.ended = append(r.ended, p) }
	return r
}

func (r *fqRig) find(p *Pipe) *source {
	for _, s := range r.sources {
		if s.r == p {
			return s
		}
	}
	r.t.Fatalf("%s: a pipe that is not in the set", r.where)
	return nil
}

func (r *fqRig) drop(s *source) {
	r.sources = slices.DeleteFunc(r.sources, func(o *source) bool { return o == s })
	if r.from == s {
		r.from, r.half = nil, ""
	}
}

func (r *fqRig) attach() {
	r.serial++
	s := &source{name: r.serial}
	s.w, s.r, _, _ = pair(Options{}, Options{})
	s.r.SetSink(&r.sink)
	r.sources = append(r.sources, s)
	r.q.Attach(s.r)
}

// speak writes a message of some parts to a source.
func (r *fqRig) speak(s *source, parts int) {
	if s.closed {
		return
	}
	var text []string
	all := ""
	for i := range parts {
		r.serial++
		text = append(text, fmt.Sprintf("%d.%d.%d;", s.name, r.serial, i))
		all += text[i]
	}
	s.queue = append(s.queue, all)
	send(r.t, s.w, text...)
}

// recv reads a part and checks whose it may be.
func (r *fqRig) recv() {
	var part msg.Part
	p := r.q.Recv(&part)
	r.forgetEnded()
	if p == nil {
		if r.from != nil {
			r.t.Fatalf("%s: nothing in the middle of a message", r.where)
		}
		for _, s := range r.sources {
			if len(s.queue) > 0 {
				r.t.Fatalf("%s: nothing, though source %d has %q", r.where, s.name, s.queue[0])
			}
			if s.closed {
				r.t.Fatalf("%s: source %d has come to its end and stays", r.where, s.name)
			}
		}
		return
	}
	s := r.find(p)
	if r.from != nil && r.from != s {
		r.t.Fatalf("%s: source %d breaks into the message of source %d", r.where, s.name, r.from.name)
	}
	r.from = s
	r.half += string(part.Data)
	if part.HasMore() {
		return
	}
	if len(s.queue) == 0 || r.half != s.queue[0] {
		r.t.Fatalf("%s: source %d gave %q, has %q", r.where, s.name, r.half, s.queue)
	}
	s.queue = s.queue[1:]
	r.from, r.half = nil, ""
}

// forgetEnded checks those that the queue has put out.
func (r *fqRig) forgetEnded() {
	for _, p := range r.ended {
		s := r.find(p)
		if !s.closed || len(s.queue) > 0 {
			r.t.Fatalf("%s: source %d ended, closed %v, with %d messages", r.where, s.name, s.closed, len(s.queue))
		}
		r.drop(s)
	}
	r.ended = nil
}

func (r *fqRig) step(rng *rand.Rand) {
	var s *source
	if len(r.sources) > 0 {
		s = r.sources[rng.IntN(len(r.sources))]
	}
	switch op := rng.IntN(20); {
	case op == 0 || s == nil:
		r.attach()
	case op == 1:
		r.q.Remove(s.r)
		r.q.Remove(s.r)
		r.q.Activated(s.r) // a signal that was under way
		r.drop(s)
	case op == 2:
		s.closed = true
		s.w.CloseWrite()
	case op < 9:
		r.speak(s, 1+rng.IntN(3))
	case op == 9:
		want := r.from != nil
		for _, s := range r.sources {
			want = want || len(s.queue) > 0
		}
		if got := r.q.HasIn(); got != want {
			r.t.Fatalf("%s: HasIn %v", r.where, got)
		}
		r.forgetEnded()
	default:
		r.recv()
	}
	if r.q.Len() != len(r.sources) {
		r.t.Fatalf("%s: %d pipes, want %d", r.where, r.q.Len(), len(r.sources))
	}
	for i, p := range r.q.pipes {
		if p.fq != i {
			r.t.Fatalf("%s: the pipe at %d thinks it is at %d", r.where, i, p.fq)
		}
	}
}

// TestFairQueueModel: messages come whole, in each pipe's order, none is
// overlooked, and a pipe whose stream has ended leaves when it is empty.
func TestFairQueueModel(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 30))
		r := newFQRig(t)
		for step := range 300 {
			r.where = fmt.Sprintf("seed %d, step %d", seed, step)
			r.step(rng)
		}
	}
}

// TestFairQueueIsFair: while all pipes have something, each is read once a
// round, also after one has slept, and whatever the lengths of their messages.
func TestFairQueueIsFair(t *testing.T) {
	const sources, rounds = 5, 4
	r := newFQRig(t)
	for range sources {
		r.attach()
	}
	for range 3 {
		for i, s := range r.sources {
			for range rounds {
				r.speak(s, 1+i%3)
			}
		}
		for round := range rounds {
			seen := map[*Pipe]bool{}
			for len(seen) < sources {
				var part msg.Part
				p := r.q.Recv(&part)
				if p == nil || seen[p] {
					t.Fatalf("round %d: after %d sources: nothing, or one of them again", round, len(seen))
				}
				for part.HasMore() {
					if q := r.q.Recv(&part); q != p {
						t.Fatal("a message is torn")
					}
				}
				seen[p] = true
			}
		}
		if r.q.HasIn() {
			t.Fatal("something is left")
		}
	}
}
