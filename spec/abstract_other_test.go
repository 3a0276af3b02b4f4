// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package spec

const abstract = false
