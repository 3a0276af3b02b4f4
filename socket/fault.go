// SPDX-License-Identifier: MPL-2.0

//go:build libzmq_fault

package socket

import "github.com/zeroloop/zmq/internal/option"

// Broken returns a socket that has no pattern and no context: most of what it is
// asked for panics, some of it while a lock is held. For the test of cmd/libzmq.
func Broken() *Base {
	b := &Base{kind: &kind{}, opts: option.Defaults(option.Pair)}
	b.rmu = &b.rown
	return b
}
