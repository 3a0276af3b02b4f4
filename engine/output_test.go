// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"io"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
)

// TestLargeBodiesAreLeftToTheLoop: who answers writes by himself what is small, and has
// the loop write what is large.
func TestLargeBodiesAreLeftToTheLoop(t *testing.T) {
	o, p, far := connected(t, option.Dealer, "ROUTER")
	e := o.session.stream.Load()
	for _, c := range []struct {
		size   int
		inline bool
	}{{1, true}, {inlineBodyBytesMax - 1, true}, {inlineBodyBytesMax, false}, {1 << 20, false}, {1, true}} {
		body := buf.NewBody(c.size)
		part := &msg.Part{Data: body.Bytes(), Body: body}
		if c.size < msg.RefBytesMin {
			part = &msg.Part{Data: make([]byte, c.size)}
		}
		if !p.Write(part) || p.Flush() {
			t.Fatal("the other end is not asleep")
		}
		e.fresh.Store(true) // as if something had just come
		if got := e.writeInline(false); got != c.inline {
			t.Errorf("%d bytes: written by the sender %v", c.size, got)
		} else if !got {
			o.session.loop.Send(reactor.Command{Op: opActivateRead, To: e})
		}
		if _, err := io.CopyN(io.Discard, far, int64(zmtp.HeaderSize(c.size)+c.size)); err != nil {
			t.Fatal(err)
		}
		onLoop(o, func() {}) // it has gone to sleep again
	}
}
