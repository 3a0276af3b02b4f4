// SPDX-License-Identifier: MPL-2.0

//go:build invariants

package invariant

import "sync"

// Enabled says whether the checks are compiled in (build tag "invariants").
const Enabled = true

// poisonByte fills memory that nobody may read any more. It is neither text nor
// a valid ZMTP flags byte, so that a stale reader fails early.
const poisonByte = 0xdb

// marksMax bounds the number of different mark names. Names are constants in
// the source; more than this means that somebody builds them at run time.
const marksMax = 1024

// marks counts the visits of each mark.
var marks = struct {
	mu   sync.Mutex
	seen map[string]int // guarded by mu
}{seen: make(map[string]int)}

// Check panics with "BUG: " and msg unless cond holds.
func Check(cond bool, msg string) {
	if !cond {
		panic("BUG: " + msg)
	}
}

// Poison overwrites b, whose owner gives it back and must not read it again.
func Poison(b []byte) {
	for i := range b {
		b[i] = poisonByte
	}
}

// Mark records that execution came by here. Tests read it with Marks to prove
// that they reached a rare path. name must be a constant.
func Mark(name string) {
	marks.mu.Lock()
	defer marks.mu.Unlock()
	if _, known := marks.seen[name]; !known {
		Check(len(marks.seen) < marksMax, "more coverage marks than marksMax: "+name)
	}
	marks.seen[name]++
}

// Marks returns how often Mark was called with name; 0 in a build without the
// checks.
func Marks(name string) int {
	marks.mu.Lock()
	defer marks.mu.Unlock()
	return marks.seen[name]
}
