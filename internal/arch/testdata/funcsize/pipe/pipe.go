// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

// Pipe is a fixture.
type Pipe[T any] struct{ n int }

func (p *Pipe[T]) read() {
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
	p.n++
}
