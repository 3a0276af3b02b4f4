// SPDX-License-Identifier: MPL-2.0

//go:build !invariants

package invariant

// Enabled says whether the checks are compiled in (build tag "invariants").
const Enabled = false

// Check panics with "BUG: " and msg unless cond holds; empty in this build.
func Check(cond bool, msg string) {}

// Poison overwrites b, whose owner gives it back and must not read it again;
// empty in this build.
func Poison(b []byte) {}

// Mark records that execution came by here; empty in this build.
func Mark(name string) {}

// Marks returns how often Mark was called with name; 0 in a build without the
// checks.
func Marks(name string) int { return 0 }
