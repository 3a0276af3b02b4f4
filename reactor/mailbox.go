// SPDX-License-Identifier: MPL-2.0

// Previous: engine (a pipe's Sink). Next: loop.go.

package reactor

import (
	"sync"
	"sync/atomic"
)

// Mailbox is the queue of commands to one loop: many writers, one reader
// (libzmq mailbox_t). The lock is a leaf, held for an append or a swap.
//
// Its length is bounded by the objects that address the loop: each has at most
// one command of a kind under way.
type Mailbox struct {
	mu sync.Mutex
	// +checklocks:mu
	in     []Command
	asleep bool

	// shared; atomic: in is not empty. Lets the reader look without locking.
	filled atomic.Bool

	// reader only
	out []Command
}

// Send appends c. It returns true when the reader was asleep: then the caller
// must wake it, and no other sender will.
func (m *Mailbox) Send(c Command) (wake bool) {
	m.mu.Lock()
	m.in = append(m.in, c)
	m.filled.Store(true)
	wake = m.asleep
	m.asleep = false
	m.mu.Unlock()
	return wake
}

// Filled reports whether there is a command. Runs on the reader.
func (m *Mailbox) Filled() bool { return m.filled.Load() }

// Take returns all commands in the order of sending; valid until the next Take.
// Runs on the reader.
func (m *Mailbox) Take() []Command {
	if !m.filled.Load() {
		return nil
	}
	clear(m.out)
	m.mu.Lock()
	m.out, m.in = m.in, m.out[:0]
	m.filled.Store(false)
	m.mu.Unlock()
	return m.out
}

// Sleep marks the reader asleep, unless there is a command: then it returns
// false. Runs on the reader.
func (m *Mailbox) Sleep() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.in) > 0 {
		return false
	}
	m.asleep = true
	return true
}

// Awake takes Sleep back after a park that no sender ended. Runs on the reader.
func (m *Mailbox) Awake() {
	m.mu.Lock()
	m.asleep = false
	m.mu.Unlock()
}
