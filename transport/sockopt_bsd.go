// SPDX-License-Identifier: MPL-2.0

//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package transport

import (
	"syscall"

	"github.com/panjf2000/gnet/v2/pkg/socket"
)

// systemOptions appends nothing: SO_PRIORITY and SO_BUSY_POLL are Linux's.
func systemOptions(ints []socket.Option[int], _ *Options) []socket.Option[int] { return ints }

// setDevice refuses: a user who ties a socket to an interface does not want it
// to use another. libzmq ignores the option here.
func setDevice(int, string) error { return syscall.ENOTSUP }

// unpace does nothing: no system of these has a pacing congestion control as its own.
func unpace(int) {}

// setMaxRT does nothing, as in libzmq: TCP_USER_TIMEOUT is Linux's.
func setMaxRT(int, int) error { return nil }
