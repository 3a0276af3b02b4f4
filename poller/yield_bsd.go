// SPDX-License-Identifier: MPL-2.0

//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poller

import "runtime"

// Yield lets others run. There is no call for it but C's on these systems, so it is Go's
// own way, which is about goroutines.
func Yield() { runtime.Gosched() }
