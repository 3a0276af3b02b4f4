// SPDX-License-Identifier: MPL-2.0

//go:build !amd64

package pipe

// prefetchWrite does nothing; see prefetch_amd64.go.
func prefetchWrite(*byte) {}
