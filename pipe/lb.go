// SPDX-License-Identifier: MPL-2.0

// Previous: the pattern's send. Next: pipe.go.

package pipe

import "github.com/zeroloop/zmq/internal/msg"

// LoadBalancer writes to a set of pipes in turn, message by message (libzmq
// lb_t). All methods run under the owner's send lock. Its zero value is empty.
//
// The pipes before active have room, as far as is known; the others come back
// by Activated.
type LoadBalancer struct {
	pipes    []*Pipe
	active   int
	current  int
	more     bool // in the middle of a message to pipes[current]
	dropping bool // the pipe of a half-sent message is gone; drop the rest of it

	// Press, if set, is called for a pipe that is full and whose reader is to be
	// signalled for that.
	Press func(p *Pipe)
}

// Attach adds a pipe as active.
func (l *LoadBalancer) Attach(p *Pipe) {
	p.lb = len(l.pipes)
	l.pipes = append(l.pipes, p)
	l.Activated(p)
}

// Activated moves a pipe to the active ones.
func (l *LoadBalancer) Activated(p *Pipe) {
	if p.lb >= l.active {
		l.swap(p.lb, l.active)
		l.active++
	}
}

// Remove takes p out. Where a message to it is half sent, the rest of that
// message is dropped.
func (l *LoadBalancer) Remove(p *Pipe) {
	i := p.lb
	if i < 0 {
		return
	}
	if l.more && i == l.current {
		l.dropping = true
	}
	cur := l.pipes[min(l.current, len(l.pipes)-1)]
	if i < l.active {
		l.active--
		l.swap(i, l.active)
		i = l.active
	}
	last := len(l.pipes) - 1
	l.swap(i, last)
	l.pipes[last] = nil
	l.pipes = l.pipes[:last]
	p.lb = -1
	if l.more && !l.dropping {
		l.current = cur.lb
	} else if l.current >= l.active {
		l.current = 0
	}
}

func (l *LoadBalancer) swap(i, j int) {
	a, b := l.pipes[i], l.pipes[j]
	l.pipes[i], l.pipes[j] = b, a
	a.lb, b.lb = j, i
}

// Len returns how many pipes there are.
func (l *LoadBalancer) Len() int { return len(l.pipes) }

// Send writes a part. It returns the pipe; or nil, false where no pipe has
// room; or nil, true where the part was dropped because the pipe of its message
// is gone (libzmq lb_t::sendpipe). The caller flushes after the last part.
func (l *LoadBalancer) Send(f *msg.Part) (p *Pipe, ok bool) {
	if l.dropping {
		l.more = f.HasMore()
		l.dropping = l.more
		f.Drop()
		return nil, true
	}
	for l.active > 0 {
		p = l.pipes[l.current]
		if p.Write(f) {
			l.more = p.moreOut
			if !l.more {
				l.Pass()
			}
			return p, true
		}
		if l.more {
			return nil, l.lose(p, f)
		}
		if l.Press != nil && p.Press() {
			l.Press(p)
		}
		l.sleep()
	}
	return nil, false
}

// Next returns the pipe that Send would try first at the beginning of a message,
// or nil where Send has more to decide. A caller that has written a whole message
// to it goes on with Pass.
func (l *LoadBalancer) Next() *Pipe {
	if l.active == 0 || l.more || l.dropping {
		return nil
	}
	return l.pipes[l.current]
}

// Pass lets the next message go to the next pipe.
func (l *LoadBalancer) Pass() {
	l.current++
	if l.current >= l.active {
		l.current = 0
	}
}

// lose gives up a message whose pipe closed between its parts.
func (l *LoadBalancer) lose(p *Pipe, f *msg.Part) bool {
	p.Rollback()
	l.more = f.HasMore()
	l.dropping = l.more
	l.sleep()
	f.Drop()
	return true
}

// sleep takes the current pipe, which has no room, out of the active ones.
func (l *LoadBalancer) sleep() {
	l.active--
	l.swap(l.current, l.active)
	if l.current >= l.active {
		l.current = 0
	}
}

// HasOut reports whether Send would find room.
func (l *LoadBalancer) HasOut() bool {
	if l.more {
		return true
	}
	for l.active > 0 {
		if l.pipes[l.current].CheckWrite() {
			return true
		}
		l.sleep()
	}
	return false
}
