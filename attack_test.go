// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// victim is a server under attack, with a client that was there before.
type victim struct {
	*world
	pair   secured
	router *zmq.Socket
	before *zmq.Socket
	ep     string
}

func newVictim(t *testing.T, p secured, opts ...zmq.Option) *victim {
	t.Helper()
	v := &victim{world: newWorld(t), pair: p}
	zapHandler(v.world, zmq.ROUTER, always(zapReply("200")...))
	v.router, v.ep = v.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, opts...)...)
	v.before = v.connected(zmq.DEALER, v.ep, p.client...)
	askAndAnswer(v.world, v.router, v.before)
	return v
}

// stands shows that who was there before is still served, and who comes now is
// too.
func (v *victim) stands() {
	v.Helper()
	askAndAnswer(v.world, v.router, v.before)
	during := v.connected(zmq.DEALER, v.ep, v.pair.client...)
	askAndAnswer(v.world, v.router, during)
	if err := during.Close(); err != nil {
		v.Error(err)
	}
}

// dial makes a raw connection to the server.
func (v *victim) dial() net.Conn {
	v.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(v.ep, "tcp://"))
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { _ = c.Close() })
	return c
}

// TestHalfOpenFlood: connections that say nothing keep nobody out, and there are
// never more of them than allowed.
func TestHalfOpenFlood(t *testing.T) {
	for _, p := range securedPairs() {
		for _, silent := range []string{"", greeting(p.mechanism)[:11], greeting(p.mechanism)} {
			t.Run(fmt.Sprintf("%s after %d bytes", p.name, len(silent)), func(t *testing.T) {
				const floodCount, max = 500, 20
				v := newVictim(t, p, zmq.WithMaxHandshakes(max))
				events := v.router.Events(v.ctx, failedHandshake)
				for i := range floodCount {
					if _, err := io.WriteString(v.dial(), silent); err != nil {
						t.Log(err) // it is thrown out already
					}
					if i%100 == 0 {
						v.stands()
					}
				}
				v.stands()
				out := 0
				for e := range events {
					if e.Type != zmq.EventHandshakeFailedNoDetail {
						t.Fatalf("%v: %v", e.Type, e.Err)
					}
					if out++; out == floodCount-max {
						return
					}
				}
			})
		}
	}
}
