// SPDX-License-Identifier: MPL-2.0

package main

import (
	"sync"

	"github.com/zeroloop/zmq"
)

const maxSockets = 4096

// sharedContext is the one context of the process: with one I/O thread, as in
// the libzmq driver, and room for the widest fan-out.
var sharedContext = sync.OnceValues(func() (*zmq.Context, error) {
	return zmq.NewContext(zmq.WithIOThreads(1), zmq.WithMaxSockets(maxSockets))
})
