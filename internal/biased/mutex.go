// SPDX-License-Identifier: MPL-2.0

package biased

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// biasAfter is how many times in a row a goroutine must have taken the lock to get the
// bias: so many plain locks cost what it costs another one to take it away again.
const biasAfter = 128

// Mutex is a sync.Mutex with a bias; see the package's comment. Its zero value is
// unlocked. It must not be copied. All methods may be called from any goroutine.
type Mutex struct {
	// The assembler knows the places of these two.
	owner atomic.Uintptr // the goroutine that has the bias; 0 is none; the holder of mu writes
	busy  atomic.Uint32  // the owner is inside, or about to look whether it may; the owner writes

	plain bool // the lock is held by way of mu; its holder's

	// under mu
	inRow int32   // times that last has taken the lock
	last  uintptr // who was the last to do so by way of mu

	mu sync.Mutex
}

// Lock waits for the lock and takes it. A goroutine that has it already waits for ever.
func (m *Mutex) Lock() {
	if !enter(m) {
		m.lockPlain()
	}
}

func (m *Mutex) lockPlain() {
	m.mu.Lock()
	m.entered()
}

// TryLock takes the lock where nobody else has it. Where another goroutine has the bias
// it may wait as long as that is inside.
func (m *Mutex) TryLock() bool {
	if enter(m) {
		return true
	}
	if !m.mu.TryLock() {
		return false
	}
	m.entered()
	return true
}

// entered makes the holder of mu the holder of the lock.
func (m *Mutex) entered() {
	if m.owner.Load() != 0 {
		m.revoke()
	}
	m.plain = true
	if me := goroutine(); me != m.last {
		m.last, m.inRow = me, 0
	}
	m.inRow++
}

// revoke takes the bias away and waits until its owner is outside. Runs on the holder
// of mu.
func (m *Mutex) revoke() {
	m.owner.Store(0)
	m.last = 0 // who had it starts anew
	barrier()
	for tries := 0; m.busy.Load() != 0; tries++ {
		if tries < yields {
			runtime.Gosched()
		} else {
			time.Sleep(pause)
		}
	}
}

// The owner is inside for less than a microsecond, unless the system has taken its
// thread away.
const (
	yields = 16
	pause  = 50 * time.Microsecond
)

// Unlock gives the lock up. Only its holder may call it.
func (m *Mutex) Unlock() {
	if !m.plain {
		leave(m)
		return
	}
	m.unlockPlain()
}

func (m *Mutex) unlockPlain() {
	m.plain = false
	if m.inRow >= biasAfter && able() {
		m.owner.Store(m.last)
		m.inRow = 0
	}
	m.mu.Unlock()
}

// Biased reports whether some goroutine has the bias just now, for tests.
func (m *Mutex) Biased() bool { return m.owner.Load() != 0 }
