// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// TestWhoWaitsForRoomPaces: a sender of large bodies that is far ahead of the connection
// paces, if it would wait for room, and if there is no other peer.
func TestWhoWaitsForRoomPaces(t *testing.T) {
	const size, many = 1 << 20, 40
	for _, typ := range []int{option.Push, option.Dealer, option.Pair} {
		for _, peers := range []int{1, 2} {
			for _, block := range []bool{true, false} {
				c := NewCtx()
				b, err := c.New(typ, nil)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _, _ = b.Close(), c.Term(context.Background()) })
				for range peers {
					p, q := pipe.NewPair(pipe.Options{}, pipe.Options{})
					q.SetSink(deaf{})
					b.attach(p, true)
					p.SetSink(deaf{})
				}
				noted := false
				for range many {
					m := msg.New(make([]byte, size))
					if err := b.Send(t.Context(), &m, block); err != nil {
						t.Fatal(err)
					}
					noted = noted || b.far.Load() != nil
				}
				// One that paces has forgotten it when Send returns.
				if want := !block && (peers == 1 || typ == option.Pair); noted != want {
					t.Errorf("type %d, %d peers, block %v: noted as far ahead %v", typ, peers, block, noted)
				}
			}
		}
	}
}
