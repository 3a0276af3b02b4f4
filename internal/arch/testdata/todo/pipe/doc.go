// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

var n int // TODO: count
