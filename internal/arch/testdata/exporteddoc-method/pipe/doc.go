// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

// Pipe is a fixture.
type Pipe struct{}

func (p *Pipe) Close() {}

type end struct{}

func (end) Close() {}
