// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestHerdGetsIn: many more clients than may be in their handshake at a time come at
// once, and all of them get in.
func TestHerdGetsIn(t *testing.T) {
	const clients = 1000
	needsDescriptors(t, 3*clients)
	w := newWorld(t)
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", zmq.WithMaxHandshakes(20), zmq.WithBacklog(2*clients))
	for range clients {
		w.send(w.connected(zmq.DEALER, ep), "in")
	}
	for range clients {
		w.recv(router)
	}
}
