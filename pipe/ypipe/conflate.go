// SPDX-License-Identifier: MPL-2.0

package ypipe

import (
	"sync"

	"github.com/zeroloop/zmq/internal/buf"
)

// Conflate is the queue of a conflating pipe: it holds the latest frame only
// (libzmq's ypipe_conflate_t and dbuffer_t). The lock is held for the exchange
// of one value; writer and reader never wait for each other's work.
type Conflate struct {
	mu sync.Mutex
	// +checklocks:mu
	data  []byte
	body  *buf.Body
	flags byte
	full  bool
	eof   bool
	sleep bool
}

// Put replaces the value. It takes over the reference to body, or copies data
// where body is nil. It returns false when the reader was asleep.
func (c *Conflate) Put(data []byte, body *buf.Body, flags byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.body != nil {
		c.body.Release()
	}
	if body == nil {
		c.data = append(c.data[:0], data...)
	}
	c.body, c.flags, c.full = body, flags, true
	awake := !c.sleep
	c.sleep = false
	return awake
}

// Take returns the value and empties the queue; scratch is the memory to copy
// a small value into. The caller owns body.
func (c *Conflate) Take(scratch []byte) (data []byte, body *buf.Body, flags byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.full {
		return scratch[:0], nil, 0, false
	}
	c.full = false
	body, c.body = c.body, nil
	if body == nil {
		scratch = append(scratch[:0], c.data...)
	}
	return scratch, body, c.flags, true
}

// Ready reports whether there is a value.
func (c *Conflate) Ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.full
}

// Sleep marks the reader asleep unless there is something for it.
func (c *Conflate) Sleep() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full || c.eof {
		return false
	}
	c.sleep = true
	return true
}

// Close marks the end of the stream; a value that is still there can be taken.
// It returns false when the reader was asleep.
func (c *Conflate) Close() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	awake := !c.sleep
	c.eof, c.sleep = true, false
	return awake
}

// EOF reports whether the queue is closed and empty.
func (c *Conflate) EOF() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eof && !c.full
}

// Discard drops the value.
func (c *Conflate) Discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.body != nil {
		c.body.Release()
		c.body = nil
	}
	c.full = false
}
