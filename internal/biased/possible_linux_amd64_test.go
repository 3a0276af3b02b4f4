// SPDX-License-Identifier: MPL-2.0

//go:build !race

package biased

import "runtime"

// possible asks for the barrier, waits for the answer and returns it.
func possible() bool {
	able()
	for offer.Load() == asking {
		runtime.Gosched()
	}
	return able()
}
