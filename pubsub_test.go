// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"fmt"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestSubscribedAtOnce: over inproc a subscription made before a message is sent
// counts for that message, without anybody waiting.
func TestSubscribedAtOnce(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.PUB, zmq.XPUB} {
		t.Run(typ.String(), func(t *testing.T) {
			w := newWorld(t)
			pub, ep := w.bound(typ, "inproc://at once")
			sub := w.connected(zmq.SUB, ep)
			for i := range 1000 {
				topic := fmt.Sprint(i, ".")
				if err := sub.Subscribe(topic); err != nil {
					t.Fatal(err)
				}
				w.send(pub, topic)
				w.want(sub, topic)
			}
		})
	}
}
