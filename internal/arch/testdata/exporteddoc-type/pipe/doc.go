// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

type Pipe struct{}
