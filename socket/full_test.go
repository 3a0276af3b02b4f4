// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// deaf is a Sink that never gets its signals.
type deaf struct{}

func (deaf) ReadActivated(*pipe.Pipe)  {}
func (deaf) WriteActivated(*pipe.Pipe) {}
func (deaf) PeerClosed(*pipe.Pipe)     {}

// TestRoomBeforeItsSignal: where the reader has made room and its signal is still on
// its way, or the sender's own look at the pipe has forestalled it, a message that
// would have needed room takes that one; it is not dropped.
func TestRoomBeforeItsSignal(t *testing.T) {
	for _, typ := range []int{option.Push, option.Dealer, option.Pair} {
		c := NewCtx()
		b, err := c.New(typ, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = b.Close(), c.Term(context.Background()) })
		b.whenFull.Store(option.DropOldest)
		p, q := pipe.NewPair(pipe.Options{HWM: 4}, pipe.Options{HWM: 4})
		q.SetSink(deaf{})
		p.Inproc = true
		b.attach(p, true)
		p.SetSink(deaf{})
		send := func(block bool) error {
			m := msg.New([]byte("x"))
			return b.Send(t.Context(), &m, block)
		}
		for range 4 {
			if err := send(true); err != nil {
				t.Fatal(err)
			}
		}
		if b.hasRoom() {
			t.Fatal("the pipe is not full")
		}
		var f msg.Part
		for range 2 {
			if !q.Read(&f) {
				t.Fatal("nothing to read")
			}
		}
		if err := send(true); err != nil || p.Written() != 5 || p.Dropped != 0 {
			t.Errorf("%d: %v, %d written, %d dropped", typ, err, p.Written(), p.Dropped)
		}
	}
}
