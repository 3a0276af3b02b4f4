// SPDX-License-Identifier: MPL-2.0

// Package buf holds the memory that messages live in: reference-counted
// bodies in pooled size classes.
//
// A body is written by one goroutine, its first owner, before it is shared.
// From the moment that a second reference exists it is read-only. The last
// Release gives the memory back to its pool, or calls the user's release
// function exactly once, on whichever goroutine dropped the last reference.
package buf
