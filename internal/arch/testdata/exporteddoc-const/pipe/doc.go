// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

// Explained is a fixture.
const Explained = 1

const (
	Words    = 1 // explained
	BytesMax = 2
)
