// SPDX-License-Identifier: MPL-2.0

// Package invariant states what must hold unless this module itself is wrong.
//
// The checks exist only in a build with the tag "invariants", which tests and
// fuzzers use. In any other build every function here is empty, is inlined and
// costs nothing; only the evaluation of its arguments may remain, so an
// argument that costs something belongs under "if invariant.Enabled".
//
// Never use it for what a peer, the kernel or the user can cause: that is an
// error value. All functions are safe to call from any goroutine.
package invariant
