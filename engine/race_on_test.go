// SPDX-License-Identifier: MPL-2.0

//go:build race

package engine

// raced: the race detector makes everything several times slower.
const raced = true
