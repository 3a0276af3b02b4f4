// SPDX-License-Identifier: MPL-2.0

package reactor

import "sync"

// Own counts the objects that an owner is responsible for: a socket's sessions
// and listeners, a context's sockets (libzmq own_t). An object is adopted
// before it can act and leaves when it has ended; the owner is finished when it
// has been told to close and the last object has left.
//
//	open ──Close──▶ closing ──last Leave──▶ finished (done runs once)
type Own struct {
	mu sync.Mutex
	// +checklocks:mu
	children int
	closing  bool
	done     func()
}

// Adopt counts one more object. It returns false when the owner is closing:
// then the object must not start.
func (o *Own) Adopt() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return false
	}
	o.children++
	return true
}

// Leave counts an object out. It runs done where that was the last one.
func (o *Own) Leave() {
	o.mu.Lock()
	o.children--
	done := o.takeDone()
	o.mu.Unlock()
	if done != nil {
		done()
	}
}

// Close says that no object is adopted any more and that done is to run, on
// whichever goroutine that is, when the last one has left: at once if there is
// none. Only the first call counts.
func (o *Own) Close(done func()) {
	o.mu.Lock()
	if o.closing {
		o.mu.Unlock()
		return
	}
	o.closing = true
	o.done = done
	f := o.takeDone()
	o.mu.Unlock()
	if f != nil {
		f()
	}
}

// +checklocks:o.mu
func (o *Own) takeDone() func() {
	if !o.closing || o.children > 0 {
		return nil
	}
	f := o.done
	o.done = nil
	return f
}
