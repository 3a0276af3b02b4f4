// SPDX-License-Identifier: MPL-2.0

package poller

import "golang.org/x/sys/unix"

// Yield lets other threads that the kernel has put on this processor run, where there
// are any: unlike runtime.Gosched, which is about goroutines.
func Yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
