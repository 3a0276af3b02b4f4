// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

import . "sync/atomic"

var n int64

func count() { AddInt64(&n, 1) }
