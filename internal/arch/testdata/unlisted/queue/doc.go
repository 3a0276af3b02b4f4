// SPDX-License-Identifier: MPL-2.0

// Package queue is a fixture.
package queue
