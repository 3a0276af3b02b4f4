// SPDX-License-Identifier: MPL-2.0

//go:build amd64 && !purego

package salsa8

import "golang.org/x/sys/cpu"

var usable = cpu.X86.HasAVX2

// xor does the work for a number of chunks that is not 0, and advances the counter
// in s.
//
//go:noescape
func xor(out, in *byte, chunks int, s *State)
