// SPDX-License-Identifier: MPL-2.0

//go:build !linux || !amd64 || race

package biased

func possible() bool { return false }
