// SPDX-License-Identifier: MPL-2.0

package reactor

// Pool is the fixed set of loops of one context.
type Pool struct {
	loops []*Loop
}

// NewPool starts n loops; n may be 0.
func NewPool(n int) (*Pool, error) {
	p := &Pool{}
	for i := range n {
		l, err := newLoop(i)
		if err != nil {
			p.Stop()
			return nil, err
		}
		p.loops = append(p.loops, l)
	}
	return p, nil
}

// Choose returns the least loaded loop among those whose bit is set in
// affinity, or among all where it is 0; nil where there is none (libzmq
// ctx_t::choose_io_thread). Any goroutine.
func (p *Pool) Choose(affinity uint64) *Loop {
	var best *Loop
	for i, l := range p.loops {
		if affinity != 0 && (i >= 64 || affinity&(1<<i) == 0) {
			continue
		}
		if best == nil || l.load.Load() < best.load.Load() {
			best = l
		}
	}
	return best
}

// Loops returns the loops; the slice must not be changed.
func (p *Pool) Loops() []*Loop { return p.loops }

// Stop ends all loops and waits for them. Nothing may be registered any more.
func (p *Pool) Stop() {
	for _, l := range p.loops {
		l.Send(Command{Op: opStop, To: l})
	}
	for _, l := range p.loops {
		<-l.done
	}
}
