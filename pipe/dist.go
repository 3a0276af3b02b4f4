// SPDX-License-Identifier: MPL-2.0

// Previous: the pattern's send. Next: pipe.go.

package pipe

import (
	"time"

	"github.com/zeroloop/zmq/internal/msg"
)

// Distributor copies each message to the pipes that were matched for it
// (libzmq dist_t). All methods run under the owner's send lock. Its zero value
// is empty.
//
// The set is ordered: [0,matching) get the current message, [0,active) take
// part in sending, [active,eligible) may join at the next message boundary, the
// rest are full.
type Distributor struct {
	pipes    []*Pipe
	matching int
	active   int
	eligible int
	more     bool   // in the middle of a message
	serial   uint64 // of the message that is matched
	stage    stage

	// Asleep collects the pipes whose readers must be signalled, until the owner
	// has unlocked and does so.
	Asleep []*Pipe

	// StagePatience is added to the distance that messages may have for the stage to
	// open, for tests that must not depend on how quick they are.
	StagePatience time.Duration
}

// Attach adds a pipe; one that comes in the middle of a message waits for the
// next.
func (d *Distributor) Attach(p *Pipe) {
	d.CloseStage()
	p.dist = len(d.pipes)
	d.pipes = append(d.pipes, p)
	d.swap(p.dist, d.eligible)
	d.eligible++
	if !d.more {
		d.swap(p.dist, d.active)
		d.active++
	}
}

// Remove takes p out.
func (d *Distributor) Remove(p *Pipe) {
	if p.dist < 0 {
		return
	}
	d.CloseStage()
	if p.dist < d.matching {
		d.matching--
		d.swap(p.dist, d.matching)
	}
	if p.dist < d.active {
		d.active--
		d.swap(p.dist, d.active)
	}
	if p.dist < d.eligible {
		d.eligible--
		d.swap(p.dist, d.eligible)
	}
	last := len(d.pipes) - 1
	d.swap(p.dist, last)
	d.pipes[last] = nil
	d.pipes = d.pipes[:last]
	p.dist = -1
}

// Activated lets a pipe that was full join again, at once or at the next
// message boundary.
func (d *Distributor) Activated(p *Pipe) {
	if p.dist < d.eligible {
		return
	}
	d.CloseStage()
	d.swap(p.dist, d.eligible)
	d.eligible++
	if !d.more {
		d.swap(p.dist, d.active)
		d.active++
	}
}

// Match lets p get the current message.
func (d *Distributor) Match(p *Pipe) {
	if p.dist < d.matching {
		return
	}
	if p.dist >= d.active {
		d.miss(p)
		return
	}
	d.swap(p.dist, d.matching)
	d.matching++
}

// miss counts a message that p does not get, once.
func (d *Distributor) miss(p *Pipe) {
	if p.missed != d.serial {
		p.missed = d.serial
		p.Dropped++
	}
}

// MatchAll lets every active pipe get the current message.
func (d *Distributor) MatchAll() {
	d.CloseStage()
	d.matching = d.active
	d.serial++
}

// Reverse makes the matching pipes those that did not match.
func (d *Distributor) Reverse() {
	n := d.matching
	d.matching = 0
	for i := n; i < d.active; i++ {
		d.swap(i, d.matching)
		d.matching++
	}
	for _, p := range d.pipes[d.active:] {
		if p.missed == d.serial {
			p.Dropped-- // counted by Match, and now it is not meant
			p.missed = 0
		} else {
			d.miss(p)
		}
	}
}

// Unmatch forgets the matches.
func (d *Distributor) Unmatch() {
	d.CloseStage()
	d.matching = 0
	d.serial++
}

// HasRoom reports whether no matching pipe is full. One that is closing counts
// for nothing: it takes no message, but nobody has to wait for it.
func (d *Distributor) HasRoom() bool {
	for _, p := range d.pipes[:d.matching] {
		if !p.CheckWrite() && !p.emptied() && p.Full() {
			return false
		}
	}
	return true
}

// Len returns how many pipes there are.
func (d *Distributor) Len() int { return len(d.pipes) }

// Send writes a part to the matching pipes, large bodies by reference, and
// drops it for those that are full. It consumes the part's body.
func (d *Distributor) Send(f *msg.Part) {
	d.more = f.HasMore()
	body := f.Body
	if body != nil && d.matching > 0 {
		body.Retain(d.matching)
	}
	for i := 0; i < d.matching; {
		f.Body = body
		p := d.pipes[i]
		if p.Write(f) || p.emptied() && p.Write(f) {
			i++
			continue
		}
		if body != nil {
			body.Release()
		}
		d.full(p)
	}
	if body != nil {
		body.Release()
		f.Body = nil
	}
	if !d.more {
		d.flush()
	}
}

// SendSmall sends a message of one part that is shorter than msg.RefBytesMin to
// the matching pipes. Precondition: not in the middle of a message.
func (d *Distributor) SendSmall(data []byte) {
	for i := 0; i < d.matching; {
		p := d.pipes[i]
		awake, ok := p.WriteSmall(data)
		if !ok {
			f := msg.Part{Data: data}
			if !p.Write(&f) && !(p.emptied() && p.Write(&f)) {
				d.full(p)
				continue
			}
			awake = p.Flush()
		}
		if !awake {
			d.Asleep = append(d.Asleep, p)
		}
		i++
	}
	d.active = d.eligible
}

// emptied has the reader of a pipe that is full of what has gathered write it now,
// and reports whether there is room then. Runs on the writer; the signal is a leaf
// call (P2).
func (p *Pipe) emptied() bool {
	if !p.Press() {
		return false
	}
	p.Signal()
	return p.CheckWrite()
}

// full takes a pipe without room out until Activated.
func (d *Distributor) full(p *Pipe) {
	p.Rollback()
	if p.Full() {
		d.miss(p)
	}
	d.matching--
	d.swap(p.dist, d.matching)
	d.active--
	d.swap(p.dist, d.active)
	d.eligible--
	d.swap(p.dist, d.eligible)
}

// flush publishes the message everywhere and lets the waiting pipes in.
func (d *Distributor) flush() {
	for _, p := range d.pipes[:d.matching] {
		if !p.Flush() {
			d.Asleep = append(d.Asleep, p)
		}
	}
	d.active = d.eligible
}

func (d *Distributor) swap(i, j int) {
	a, b := d.pipes[i], d.pipes[j]
	d.pipes[i], d.pipes[j] = b, a
	a.dist, b.dist = j, i
}
