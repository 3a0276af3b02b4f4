// SPDX-License-Identifier: MPL-2.0

package biased

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"
)

// biasAfter is how many times in a row a goroutine must have taken the lock to get the
// bias: so many plain locks cost what it costs another one to take it away again.
const biasAfter = 128

// Mutex is a sync.Mutex with a bias; see the package's comment. Its zero value is
// unlocked. It must not be copied. All methods may be called from any goroutine.
type Mutex struct {
	// The assembler knows the place of the first.
	owner atomic.Pointer[grant] // the bias, and who has it; nil is none; the holder of mu writes
	given *grant                // the last bias that was given; the holder of mu writes, when inside

	plain bool // the lock is held by way of mu; its holder's

	// under mu
	inRow int32   // times that last has taken the lock
	last  uintptr // who was the last to do so by way of mu

	mu sync.Mutex
}

// grant is a bias. Each owner has one of its own: an earlier one may still be about to
// store busy, and to take that back. It reads a grant in assembler alone, where the
// collector does not stop it, so that the memory is not another grant's meanwhile.
type grant struct {
	to   uintptr       // the goroutine
	busy atomic.Uint32 // it is inside, or about to look whether it may; it alone writes
	_    cpu.CacheLinePad
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

// TryLock takes the lock where nobody has it. Where another goroutine has the bias, and
// comes in just then, it waits until that is out again.
func (m *Mutex) TryLock() bool {
	if enter(m) {
		return true
	}
	if g := m.owner.Load(); g != nil && g.busy.Load() != 0 {
		return false
	}
	if !m.mu.TryLock() {
		return false
	}
	m.entered()
	return true
}

// entered makes the holder of mu the holder of the lock.
func (m *Mutex) entered() {
	if m.owner.Load() != nil {
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
	m.owner.Store(nil)
	m.last = 0 // who had it starts anew
	barrier()
	for tries := 0; m.given.busy.Load() != 0; tries++ {
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
		if m.given == nil || m.given.to != m.last {
			m.given = &grant{to: m.last}
		}
		m.owner.Store(m.given)
		m.inRow = 0
	}
	m.mu.Unlock()
}

// Biased reports whether some goroutine has the bias just now, for tests.
func (m *Mutex) Biased() bool { return m.owner.Load() != nil }
