// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// shapes are messages by the sizes of their frames: one large body each, with this
// and that before and behind it, and what looks like that and is not.
var shapes = [][]int{
	{64 << 10}, {directBytesMin}, {1 << 20},
	{0, 64 << 10}, {5, 0, 20_000}, {10, 100_000},
	{40, 5, 30_000}, {45, 30_000}, {46, 30_000}, {300, 30_000}, // up to leadBytesMax, and beyond
	{30_000, 30_000}, {10, 30_000, 10}, {30_000, 0}, {5}, {5000},
	{buf4MiB + 1},
}

const buf4MiB = 4 << 20

// TestLargeBodies: whatever comes before and behind large bodies, the same again or
// something else, in pieces that end anywhere, arrives as it was sent.
func TestLargeBodies(t *testing.T) {
	o, p, far := connected(t, option.Pull, "PUSH")
	rnd := rand.New(rand.NewPCG(3, 4))
	filling := make([]byte, buf4MiB+100)
	for i := range filling {
		filling[i] = byte(rnd.Uint32())
	}
	var sent [][]byte
	for range 150 {
		shape := shapes[rnd.IntN(len(shapes))]
		for range 1 + rnd.IntN(4) {
			for _, size := range shape {
				at := rnd.IntN(len(filling) - size)
				sent = append(sent, filling[at:at+size])
			}
			sent = append(sent, nil) // the end of a message
		}
	}
	go func() {
		buf := []byte(nil)
		for i, body := range sent {
			if body == nil {
				continue
			}
			flags := byte(0)
			if sent[i+1] != nil {
				flags = zmtp.FlagMore
			}
			buf = append(zmtp.AppendHeader(buf, flags, len(body)), body...)
			for n := 1 + rnd.IntN(1<<(4+rnd.IntN(18))); len(buf) >= n; n = 1 + rnd.IntN(1<<(4+rnd.IntN(18))) {
				far.say(buf[:n])
				buf = buf[:copy(buf, buf[n:])]
			}
		}
		far.say(buf)
	}()
	for i, want := range sent {
		if want == nil {
			continue
		}
		var f msg.Part
		for !p.Read(&f) {
			select {
			case <-o.awake:
			case <-time.After(30 * time.Second):
				t.Fatalf("nobody woke the reader, who waits for frame %d", i)
			}
		}
		if !bytes.Equal(f.Data, want) || f.HasMore() != (sent[i+1] != nil) {
			t.Fatalf("frame %d: %d bytes, more %v, where %d were sent", i, len(f.Data), f.HasMore(), len(want))
		}
		f.Drop()
	}
}

// TestForesee: the place of the next large body is known from that of the last,
// unless a message has ended in between, or too much lies there.
func TestForesee(t *testing.T) {
	for _, c := range []struct {
		lead   uint64
		apart  bool
		size   int
		expect int
	}{
		{9, false, 1 << 16, 1 << 16}, {leadBytesMax, false, 1 << 16, 1 << 16}, {leadBytesMax + 1, false, 1 << 16, 0},
		{9, true, 1 << 16, 0}, {9, false, buf4MiB, buf4MiB}, {9, false, buf4MiB + 1, 0},
	} {
		l := large{from: 1000, size: 5000, apart: c.apart}
		l.foresee(6000+c.lead, c.size)
		if l.expect != c.expect || c.expect > 0 && l.lead != int(c.lead) || l.apart || l.from != 6000+c.lead || l.size != c.size {
			t.Errorf("%+v: %+v", c, l)
		}
	}
}
