// SPDX-License-Identifier: MPL-2.0

// Package zmtp is a fixture.
package zmtp
