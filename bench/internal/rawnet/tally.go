// SPDX-License-Identifier: MPL-2.0

package rawnet

import (
	"sync"
	"sync/atomic"
)

// Tally adds up bytes from many goroutines for one that waits for a sum.
type Tally struct {
	sum    atomic.Int64
	target atomic.Int64 // 0 while nobody waits
	mu     sync.Mutex
	cond   *sync.Cond
}

// NewTally returns a Tally of zero.
func NewTally() *Tally {
	t := &Tally{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

// Add may be called by any goroutine.
func (t *Tally) Add(n int64) {
	sum := t.sum.Add(n) // pairs with the Load in Wait, which follows its store of target
	if target := t.target.Load(); target == 0 || sum < target {
		return
	}
	t.mu.Lock()
	t.cond.Broadcast()
	t.mu.Unlock()
}

// Wait returns when the sum is at least target, which must be positive. One
// goroutine waits at a time.
func (t *Tally) Wait(target int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.target.Store(target) // before the first Load of sum: no Add between them is missed
	for t.sum.Load() < target {
		t.cond.Wait()
	}
	t.target.Store(0)
}
