// SPDX-License-Identifier: MPL-2.0

// Package quic is a fixture.
package quic
