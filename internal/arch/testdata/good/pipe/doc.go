// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

import "sync/atomic"

// Pipe is a fixture.
type Pipe struct{ n atomic.Int64 }

// Close is a fixture.
func (p *Pipe) Close() { p.n.Add(1) }

// The group is explained; mktemp's XXXXXX and a TODOs list are no marks.
const (
	A = 1
	B = 2
)
