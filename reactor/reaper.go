// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"context"
	"sync"
)

// Reaper waits for the end of objects that close in the background (libzmq
// reaper_t, without a thread of its own: each object reports its end itself).
// The zero value has nothing to wait for.
type Reaper struct {
	mu sync.Mutex
	// +checklocks:mu
	open int
	idle chan struct{} // closed when open falls to 0; nil while nobody waits
}

// Add counts one more object.
func (r *Reaper) Add() {
	r.mu.Lock()
	r.open++
	r.mu.Unlock()
}

// Reaped counts one out.
func (r *Reaper) Reaped() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if r.open == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// Open returns how many objects have not ended.
func (r *Reaper) Open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

// Wait returns when every object has ended, or with the context's error.
func (r *Reaper) Wait(ctx context.Context) error {
	r.mu.Lock()
	if r.open == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.idle == nil {
		r.idle = make(chan struct{})
	}
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
