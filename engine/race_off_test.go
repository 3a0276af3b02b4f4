// SPDX-License-Identifier: MPL-2.0

//go:build !race

package engine

const raced = false
