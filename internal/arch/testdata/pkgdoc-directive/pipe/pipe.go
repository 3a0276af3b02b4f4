// SPDX-License-Identifier: MPL-2.0

//go:build linux

//go:generate true
package pipe
