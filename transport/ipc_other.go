// SPDX-License-Identifier: MPL-2.0

//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package transport

// hasAbstract says that there is no abstract name space: "@name" is refused
// instead of becoming a file of that name, which no Linux peer would mean.
const hasAbstract = false
