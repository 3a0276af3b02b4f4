// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"path/filepath"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// TestCloseBeforeConnected: what was sent goes out although the socket is closed
// before its connection is there, or its peer (edge cases 103 and 108).
func TestCloseBeforeConnected(t *testing.T) {
	for _, order := range []string{"bind first", "bind last"} {
		t.Run(order, func(t *testing.T) {
			for range 20 {
				w := newWorld(t)
				endpoint := "ipc://" + filepath.Join(t.TempDir(), "s")
				pull := w.socket(zmq.PULL)
				bind := func() {
					if err := pull.Bind(endpoint); err != nil {
						t.Fatal(err)
					}
				}
				if order == "bind first" {
					endpoint = "tcp://127.0.0.1:*"
					bind()
					endpoint = pull.LastEndpoint()
				}
				push := w.connected(zmq.PUSH, endpoint, zmq.WithReconnectInterval(time.Millisecond))
				w.send(push, "one")
				w.send(push, "two")
				if err := push.Close(); err != nil {
					t.Fatal(err)
				}
				if order == "bind last" {
					bind()
				}
				w.want(pull, "one")
				w.want(pull, "two")
			}
		})
	}
}
