// SPDX-License-Identifier: MPL-2.0

// Previous: pipe.go (the session flushed). Next: the pattern's recv.

package pipe

import "github.com/zeroloop/zmq/internal/msg"

// FairQueue reads from a set of pipes in turn, message by message (libzmq
// fq_t). All methods run under the owner's receive lock. Its zero value is
// empty.
//
// The pipes before active have something to read, as far as is known; the
// others are asleep and come back by Activated.
type FairQueue struct {
	pipes   []*Pipe
	active  int
	current int
	more    bool // in the middle of a message from pipes[current]

	// Ended, if set, is called for a pipe that has reached its end of stream and
	// was taken out.
	Ended func(p *Pipe)
}

// Attach adds a pipe as active.
func (q *FairQueue) Attach(p *Pipe) {
	p.fq = len(q.pipes)
	q.pipes = append(q.pipes, p)
	q.Activated(p)
}

// Activated moves a pipe to the active ones.
func (q *FairQueue) Activated(p *Pipe) {
	if p.fq >= q.active {
		q.swap(p.fq, q.active)
		q.active++
	}
}

// Remove takes p out; a message half read from it is over.
func (q *FairQueue) Remove(p *Pipe) {
	i := p.fq
	if i < 0 {
		return
	}
	if q.more && i == q.current {
		q.more = false
	}
	cur := q.pipes[min(q.current, len(q.pipes)-1)]
	if i < q.active {
		q.active--
		q.swap(i, q.active)
		i = q.active
	}
	last := len(q.pipes) - 1
	q.swap(i, last)
	q.pipes[last] = nil
	q.pipes = q.pipes[:last]
	p.fq = -1
	// A half-read message keeps its pipe as the current one.
	if q.more {
		q.current = cur.fq
	} else if q.current >= q.active {
		q.current = 0
	}
}

func (q *FairQueue) swap(i, j int) {
	a, b := q.pipes[i], q.pipes[j]
	q.pipes[i], q.pipes[j] = b, a
	a.fq, b.fq = j, i
}

// Len returns how many pipes there are.
func (q *FairQueue) Len() int { return len(q.pipes) }

// Recv reads the next part and returns the pipe that it came from, or nil where
// there is nothing (libzmq fq_t::recvpipe).
func (q *FairQueue) Recv(f *msg.Part) *Pipe {
	for q.active > 0 {
		p := q.pipes[q.current]
		if p.Read(f) {
			q.more = f.HasMore()
			if !q.more {
				q.Pass()
			}
			return p
		}
		q.sleep(p)
	}
	return nil
}

// Next returns the pipe that Recv would try first at the beginning of a message,
// or nil where Recv has more to decide. A caller that has read a whole message
// from it goes on with Pass.
func (q *FairQueue) Next() *Pipe {
	if q.active == 0 || q.more {
		return nil
	}
	return q.pipes[q.current]
}

// Only returns the pipe where there is but one, and nothing of a message of it has been
// read; nil else.
func (q *FairQueue) Only() *Pipe {
	if len(q.pipes) != 1 {
		return nil
	}
	return q.Next()
}

// Pass takes the next message from the next pipe.
func (q *FairQueue) Pass() {
	q.current++
	if q.current >= q.active {
		q.current = 0
	}
}

// HasIn reports whether Recv would return something.
func (q *FairQueue) HasIn() bool {
	if q.more {
		return true
	}
	for q.active > 0 {
		p := q.pipes[q.current]
		if p.CheckRead() {
			return true
		}
		q.sleep(p)
	}
	return false
}

// sleep takes the current pipe, which has nothing to read, out of the active
// ones, or out of the set where its stream has ended.
func (q *FairQueue) sleep(p *Pipe) {
	q.more = false
	if p.EOF() {
		q.Remove(p)
		if q.Ended != nil {
			q.Ended(p)
		}
		return
	}
	q.active--
	q.swap(q.current, q.active)
	if q.current >= q.active {
		q.current = 0
	}
}
